//! The calls, and the bytes of them and of their replies.

use crate::subject::Protocol;

/// A kind of traffic.
pub struct Traffic {
    /// Its name in the file.
    pub name: &'static str,
    /// What is called.
    pub call: Call,
    /// How many calls are sent before the first is answered.
    pub in_flight: usize,
}

/// Every kind of traffic.
pub const TRAFFIC: &[Traffic] = &[
    Traffic { name: "add", call: Call::Add, in_flight: 1 },
    Traffic { name: "echo-64-B", call: Call::Echo(SHORT), in_flight: 1 },
    Traffic { name: "echo-4-KiB", call: Call::Echo(LONG), in_flight: 1 },
    // The last, for protocols that have one call in flight do without it.
    Traffic { name: "add-64-in-flight", call: Call::Add, in_flight: 64 },
];

const SHORT: usize = 64;
const LONG: usize = 4096;

/// What is called.
#[derive(Clone, Copy)]
pub enum Call {
    /// `add(1, 2, c=3)`
    Add,
    /// `echo` with so many bytes of text.
    Echo(usize),
}

impl Call {
    /// Text of this size that stands in JSON as it is.
    pub fn text(size: usize) -> &'static str {
        const TEXT: &[u8; LONG] = &[b'x'; LONG];
        str::from_utf8(&TEXT[..size]).unwrap_or_default()
    }

    /// The message, as our clients write it.
    pub fn message(self, protocol: Protocol, id: usize) -> Vec<u8> {
        let message = match (protocol, self) {
            (Protocol::Native, Self::Add) => format!(
                r#"{{"method_name":"add","method_args":[1,2],"method_kwargs":{{"c":3}},"id":{id}}}"#
            ),
            (Protocol::Native, Self::Echo(size)) => format!(
                r#"{{"method_name":"echo","method_args":["{}"],"method_kwargs":{{}},"id":{id}}}"#,
                Self::text(size)
            ),
            (_, Self::Add) => format!(
                r#"{{"jsonrpc":"2.0","method":"add","params":{{"a":1,"b":2,"c":3}},"id":{id}}}"#
            ),
            (_, Self::Echo(size)) => format!(
                r#"{{"jsonrpc":"2.0","method":"echo","params":["{}"],"id":{id}}}"#,
                Self::text(size)
            ),
        };
        message.into_bytes()
    }

    /// The call that a message is, and its id.
    pub fn of(message: &[u8]) -> Option<(Self, usize)> {
        let (_, end) = str::from_utf8(message).ok()?.rsplit_once(r#""id":"#)?;
        let id = end.trim_end_matches('}').parse().ok()?;
        let call = match message {
            _ if message.windows(5).any(|part| part == br#""add""#) => Self::Add,
            _ if message.len() > LONG => Self::Echo(LONG),
            _ => Self::Echo(SHORT),
        };
        Some((call, id))
    }

    /// What its reply holds as its result.
    pub fn result(self) -> String {
        match self {
            Self::Add => "6".to_owned(),
            Self::Echo(size) => format!(r#""{}""#, Self::text(size)),
        }
    }

    /// The reply, as our servers write it.
    pub fn reply(self, protocol: Protocol, id: usize) -> Vec<u8> {
        let result = self.result();
        let reply = match protocol {
            Protocol::Native => format!(r#"{{"res":{result},"id":{id}}}"#),
            _ => format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#),
        };
        reply.into_bytes()
    }
}

/// The call that ends a stretch of counting.
pub fn mark(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Native => br#"{"method_name":"mark","id":1}"#,
        _ => br#"{"jsonrpc":"2.0","method":"mark","id":1}"#,
    }
}
