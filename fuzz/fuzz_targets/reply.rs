//! Whatever bytes a server sends, a client ends every call, and gives none another's reply.

#![no_main]

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use rpc_core::client::{Dialect, Invocation, Pipelined};
use rpc_core::protocol::{Arguments, Framing, Limits};
use rpc_core::transport::{Stream, Transport};
use rpc_core::{Error, RpcClient};
use rpc_core_fuzz::cut;
use serde_json::value::RawValue;

const CALLS: usize = 4;

fuzz_target!(|input: &[u8]| {
    let Some((&options, input)) = input.split_first() else { return };
    let (sizes, bytes) = cut(input);
    let framing = match (options & 1, options & 32) {
        (0, 0) => Framing::LengthPrefix,
        (_, 0) => Framing::Raw,
        _ => Framing::Header,
    };
    let dialect = match options >> 1 & 3 {
        0 => Dialect::Native,
        1 => Dialect::JsonRpc,
        2 => Dialect::NativeWithoutIds,
        _ => Dialect::Ping,
    };
    let backwards = options & 8 != 0;
    let server = Server { bytes: bytes.to_vec(), sizes, falls_silent: options & 16 != 0 };
    let client = RpcClient::builder()
        .framing(framing)
        .dialect(dialect)
        .limits(Limits { max_message_bytes: 1 << 16, ..Limits::default() })
        .call_timeout(Duration::from_millis(5))
        .connect_over(server)
        .expect("this transport always connects");

    let start = |_| client.start::<_, Box<RawValue>, Error>(Invocation::of("f", NoArguments));
    let mut calls: Vec<_> = (0..CALLS).map(start).enumerate().collect();
    if backwards {
        calls.reverse();
    }
    for (number, call) in calls {
        let Ok(call) = call else { continue };
        if let Ok(result) = call.wait() {
            let said = said(bytes, framing, dialect, number);
            assert!(
                said.iter().any(|said| said.get() == result.get()),
                "call {number} got {result}, which no reply gave it"
            );
        }
    }
});

/// The results that the bytes hold for a call, found in another way.
fn said(bytes: &[u8], framing: Framing, dialect: Dialect, call: usize) -> Vec<Box<RawValue>> {
    let messages: Vec<HashMap<String, Box<RawValue>>> = match framing {
        Framing::LengthPrefix => {
            let mut rest = bytes;
            let mut messages = Vec::new();
            while let Some((prefix, after)) = rest.split_first_chunk()
                && let Some((body, after)) =
                    after.split_at_checked(u32::from_le_bytes(*prefix) as usize)
            {
                messages.extend(serde_json::from_slice(body).ok());
                rest = after;
            }
            messages
        }
        Framing::Header => {
            let mut rest = bytes;
            let mut messages = Vec::new();
            while let Some((length, after)) = header(rest)
                && let Some((body, after)) = after.split_at_checked(length)
            {
                messages.extend(serde_json::from_slice(body).ok());
                rest = after;
            }
            messages
        }
        _ => {
            serde_json::Deserializer::from_slice(bytes).into_iter().map_while(Result::ok).collect()
        }
    };
    let result = match dialect {
        Dialect::Ping | Dialect::JsonRpc => "result",
        _ => "res",
    };
    let has_ids = matches!(dialect, Dialect::Native | Dialect::JsonRpc);
    let mine = |(place, message): (usize, HashMap<String, Box<RawValue>>)| {
        let id = message.get("id").map(|id| id.get().to_owned());
        let is_mine = if has_ids { id == Some(call.to_string()) } else { place == call };
        is_mine.then(|| message.get(result).cloned()).flatten()
    };
    messages.into_iter().enumerate().filter_map(mine).collect()
}

/// The length that a header announces, and what stands behind it.
fn header(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let header = String::from_utf8_lossy(&bytes[..end]);
    let length = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Content-Length").then(|| value.trim().parse().ok())?
    })?;
    Some((length, &bytes[end + 4..]))
}

struct NoArguments;

impl Arguments for NoArguments {
    fn write_positional(
        &self,
        _: &mut rpc_core::protocol::ArrayWriter<'_>,
    ) -> Result<(), rpc_core::protocol::ArgumentError> {
        Ok(())
    }
    fn write_keyword(
        &self,
        _: &mut rpc_core::protocol::ObjectWriter<'_>,
    ) -> Result<(), rpc_core::protocol::ArgumentError> {
        Ok(())
    }
    fn write_named(
        &self,
        _: &mut rpc_core::protocol::ObjectWriter<'_>,
    ) -> Result<(), rpc_core::protocol::ArgumentError> {
        Ok(())
    }
    fn write_in_order(
        &self,
        _: &mut rpc_core::protocol::ArrayWriter<'_>,
    ) -> Result<(), rpc_core::protocol::ArgumentError> {
        Ok(())
    }
}

/// A server that says what it says, whatever it is asked.
struct Server {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
    falls_silent: bool,
}

struct Wire {
    rest: Mutex<(Vec<u8>, usize)>,
    sizes: Vec<usize>,
    falls_silent: bool,
}

impl Transport for Server {
    type Stream = Wire;

    fn connect(&self, _: Duration) -> io::Result<Wire> {
        let rest = Mutex::new((self.bytes.clone(), 0));
        Ok(Wire { rest, sizes: self.sizes.clone(), falls_silent: self.falls_silent })
    }

    fn peer(&self) -> String {
        "a fuzzer".to_owned()
    }
}

impl Wire {
    /// How much the next read or write takes.
    fn size(&self, turn: usize) -> usize {
        self.sizes.get(turn % self.sizes.len().max(1)).copied().unwrap_or(usize::MAX)
    }
}

impl Stream for Wire {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        let (rest, turn) = &mut *self.rest.lock().expect("nothing panics meanwhile");
        *turn += 1;
        let count = self.size(*turn).min(room.len()).min(rest.len());
        if count == 0 && self.falls_silent {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        room[..count].copy_from_slice(&rest[..count]);
        rest.drain(..count);
        Ok(count)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.size(bytes.len()).min(bytes.len()))
    }

    fn set_read_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn set_write_timeout(&self, _: Option<Duration>) -> io::Result<()> {
        Ok(())
    }

    fn shutdown(&self, _: Shutdown) -> io::Result<()> {
        Ok(())
    }

    fn is_ended(&self) -> bool {
        !self.is_quiet()
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn peer(&self) -> Option<SocketAddr> {
        None
    }
}
