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
    /// Whether they are one message, a batch.
    pub is_batch: bool,
}

/// The kinds of traffic on a connection that has many calls in flight.
pub const SHARED: &[Traffic] = &[ADD, ECHO_SHORT, ECHO_LONG, ADD_IN_FLIGHT];
/// The kinds of traffic on a connection that has one request in flight.
pub const ONE_BY_ONE: &[Traffic] = &[ADD, ECHO_SHORT, ECHO_LONG, ADD_IN_BATCH];

const ADD: Traffic = one("add", Call::Add);
const ECHO_SHORT: Traffic = one("echo-64-B", Call::Echo(SHORT));
const ECHO_LONG: Traffic = one("echo-4-KiB", Call::Echo(LONG));
const ADD_IN_FLIGHT: Traffic =
    Traffic { name: "add-64-in-flight", call: Call::Add, in_flight: 64, is_batch: false };
const ADD_IN_BATCH: Traffic =
    Traffic { name: "add-batch-of-64", call: Call::Add, in_flight: 64, is_batch: true };

const fn one(name: &'static str, call: Call) -> Traffic {
    Traffic { name, call, in_flight: 1, is_batch: false }
}

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

    /// The reply to a message, a call or a batch.
    pub fn answer(protocol: Protocol, message: &[u8]) -> Option<Vec<u8>> {
        let Some(batch) = message.strip_prefix(b"[") else {
            let (call, id) = Self::of(message)?;
            return Some(call.reply(protocol, id));
        };
        // No call of ours has a brace in its text.
        let calls = str::from_utf8(batch).ok()?.trim_end_matches(']').split("},{");
        let replies = calls.map(|call| Self::answer(protocol, call.as_bytes()));
        Some(array(&replies.collect::<Option<Vec<_>>>()?))
    }

    /// The call that a message is, and its id.
    fn of(message: &[u8]) -> Option<(Self, usize)> {
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
    fn reply(self, protocol: Protocol, id: usize) -> Vec<u8> {
        let result = self.result();
        let reply = match protocol {
            Protocol::Native => format!(r#"{{"res":{result},"id":{id}}}"#),
            _ => format!(r#"{{"jsonrpc":"2.0","result":{result},"id":{id}}}"#),
        };
        reply.into_bytes()
    }
}

/// Messages as one.
pub fn array(messages: &[Vec<u8>]) -> Vec<u8> {
    [&b"["[..], &messages.join(&b','), b"]"].concat()
}

/// The call that ends a stretch of counting.
pub fn mark(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Native => br#"{"method_name":"mark","id":1}"#,
        _ => br#"{"jsonrpc":"2.0","method":"mark","id":1}"#,
    }
}
