//! A call that has ended, as it is told.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::protocol::{Fault, OneLine, seen};
use crate::registry::{CallContext, DateTime, Ended, Identity};

/// A call that has ended, as [`on_call`](crate::TcpServer::on_call) is told of it: who called what, from where, when, and
/// how it ended.
///
/// Its `Display` form is a line for a log: `add (json-rpc from 127.0.0.1:40112) returned in 12µs`. Of a
/// call that failed it shows the fault and the errors behind it ([`Fault::because`]), of which its caller
/// is told nothing; but no argument that cannot be understood, which the fault shows the caller.
///
/// It serialises as a record for an audit log. That has neither result nor sentence of a fault, because functions choose
/// them, and of the arguments what is [kept](crate::TcpServer::keep_arguments):
///
/// ```json
/// {"began":"2026-11-29T09:30:00.000127Z","duration_us":412,"function":"withdraw","protocol":"json-rpc","id":7,
///  "identity":"ada","peer":"127.0.0.1:40112","caller_address":"127.0.0.1","outcome":"returned",
///  "arguments":"{\"account\":\"savings\",\"sum\":50}"}
/// ```
///
/// What is not known or does not apply is left out. Of names and ids 256 characters are written, and `…` behind them; an id
/// that is neither a text nor a whole number of 64 bits is written as the text that it came as. Characters that nobody
/// sees, or that turn text round, stand as `\u202e` does in JSON. A call that failed has its `code`, and `may_have_run`.
///
/// ```standalone_crate
/// use std::sync::{Arc, Mutex};
///
/// use rpc_core::server::KeptArguments;
/// use rpc_core::{RpcClient, RpcServer, call, rpc_export};
///
/// #[rpc_export]
/// fn withdraw(account: &str, pin: &str, sum: u64) -> u64 {
///     100 - sum
/// }
///
/// let log = Arc::new(Mutex::new(Vec::new())); // or a file
/// let file = Arc::clone(&log);
/// let server = RpcServer::exported()
///     .keep_arguments(KeptArguments::of(["withdraw"]).withhold(["pin"]))
///     .on_call(move |call| {
///         if let (Ok(line), Ok(mut file)) = (serde_json::to_string(call), file.lock()) {
///             file.push(line);
///         }
///     })
///     .start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
/// call!(client.withdraw("savings", "1234", 50))?;
///
/// let lines = log.lock().unwrap();
/// assert!(lines[0].contains(r#""function":"withdraw""#) && !lines[0].contains("1234"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FinishedCall<'e> {
    pub(super) method: &'e str,
    pub(super) id: Option<&'e str>,
    pub(super) context: &'e CallContext,
    pub(super) arguments: Option<&'e str>,
    pub(super) ended: Ended<'e>,
    pub(super) began: SystemTime,
    pub(super) duration: Duration,
}

impl FinishedCall<'_> {
    /// The name that was called, whether or not a function has it. Empty where a message was refused of which no call
    /// could be read; of a tool of MCP that there is none of, it is the tool's name.
    pub fn method(&self) -> &str {
        self.method
    }

    /// The dialect the call came in: `native`, `ping`, `json-rpc` or `xml-rpc`, or `mcp`.
    pub fn protocol(&self) -> &'static str {
        self.context.protocol()
    }

    /// The id that the caller gave the call, as JSON text; `None` where it gave none, or the call is one of a
    /// `system.multicall`.
    pub fn id(&self) -> Option<&str> {
        self.id
    }

    /// Who has called, where the server has found that out; of the greeting, who has greeted.
    pub fn identity(&self) -> Option<&Identity> {
        self.context.identity()
    }

    /// The address at the other end of the connection, a proxy's if one is there.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.context.peer()
    }

    /// The caller's address: the peer's, or the one that a proxy names which is
    /// [believed](crate::TcpServer::trusted_proxies).
    pub fn caller_address(&self) -> Option<IpAddr> {
        self.context.caller_address()
    }

    /// The context that the call was made with, before layers have added to it.
    pub fn context(&self) -> &CallContext {
        self.context
    }

    /// The arguments as the JSON text of an object, by the names of their parameters, where they are
    /// [kept](crate::TcpServer::keep_arguments).
    pub fn arguments(&self) -> Option<&str> {
        self.arguments
    }

    /// How the call ended: what its caller is told, or that nobody waits for it any more.
    pub fn ended(&self) -> Ended<'_> {
        self.ended
    }

    /// The same in a word: `returned`, `failed`, `refused` (it has failed and has certainly not run) or `cancelled`.
    pub fn outcome(&self) -> &'static str {
        match self.ended {
            Ended::Returned(_) => "returned",
            Ended::Failed(_) if self.may_have_run() => "failed",
            Ended::Failed(_) => "refused",
            Ended::Cancelled => "cancelled",
        }
    }

    /// Whether the function has run, or may have. `false` is certain: the call was refused by the server before the function
    /// began, because of its caller, its name, its arguments or a limit. Of a call that a layer refuses that is not known.
    pub fn may_have_run(&self) -> bool {
        !self.ended.fault().is_some_and(Fault::is_refusal)
    }

    /// When its message had been read, by the clock of this machine.
    pub fn began_at(&self) -> SystemTime {
        self.began
    }

    /// How long it took from then on, layers included.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Display for FinishedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, duration, .. } = self;
        // Callers and errors choose some of the words.
        let mut line = OneLine(f);
        write!(line, "{} ({}", cut(method), self.protocol())?;
        if let Some(peer) = self.peer() {
            write!(line, " from {peer}")?;
        }
        match self.ended {
            Ended::Returned(_) => write!(line, ") returned in {duration:?}"),
            Ended::Failed(fault) => {
                write!(line, ") failed in {duration:?}: {}", fault.for_log())?;
                causes(fault, &mut line)
            }
            Ended::Cancelled => write!(line, ") was cancelled after {duration:?}"),
        }
    }
}

/// Shows neither arguments nor what came of the call.
impl fmt::Debug for FinishedCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishedCall")
            .field("method", &self.method)
            .field("id", &self.id)
            .field("context", &self.context)
            .field("outcome", &self.outcome())
            .field("began", &self.began)
            .field("duration", &self.duration)
            .finish_non_exhaustive()
    }
}

/// Writes the errors behind a fault, of which callers are told nothing. One that says what the fault
/// itself says is left out.
fn causes(fault: &Fault, line: &mut impl fmt::Write) -> fmt::Result {
    let mut said = fault.message().to_owned();
    for cause in std::iter::successors(fault.source(), |&cause| cause.source()) {
        let words = cause.to_string();
        if words != said {
            write!(line, "; cause: {words}")?;
        }
        said = words;
    }
    Ok(())
}

/// So many characters are written of a name or an id, which callers choose.
const WRITTEN: usize = 256;

/// As much of a text as is written.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(WRITTEN) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

/// The id of a call as records have it: a whole number of 64 bits, `null`, or a text.
fn id_in_record(id: &str) -> Value {
    match serde_json::from_str(id) {
        Ok(Value::String(text)) => seen(&cut(&text)).into(),
        Ok(Value::Null) => Value::Null,
        Ok(Value::Number(number)) if number.is_i64() || number.is_u64() => number.into(),
        _ => seen(&cut(id)).into(),
    }
}

/// A time as RFC 3339 has it, in UTC.
fn in_utc(time: &DateTime) -> String {
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let micros = time.nanosecond() / 1000;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

impl Serialize for FinishedCall<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_map(None)?;
        if let Ok(began) = DateTime::try_from(self.began) {
            record.serialize_entry("began", &in_utc(&began))?;
        }
        let took = u64::try_from(self.duration.as_micros()).unwrap_or(u64::MAX);
        record.serialize_entry("duration_us", &took)?;
        record.serialize_entry("function", &seen(&cut(self.method)))?;
        record.serialize_entry("protocol", self.protocol())?;
        if let Some(id) = self.id {
            record.serialize_entry("id", &id_in_record(id))?;
        }
        if let Some(identity) = self.identity() {
            record.serialize_entry("identity", &seen(identity.name()))?;
        }
        if let Some(peer) = self.peer() {
            record.serialize_entry("peer", &peer)?;
        }
        if let Some(address) = self.caller_address() {
            record.serialize_entry("caller_address", &address)?;
        }
        record.serialize_entry("outcome", self.outcome())?;
        if let Some(fault) = self.ended.fault() {
            record.serialize_entry("code", &fault.code())?;
            record.serialize_entry("may_have_run", &self.may_have_run())?;
        }
        if let Some(arguments) = self.arguments {
            // In JSON they stand in texts alone, where they may be escaped.
            record.serialize_entry("arguments", &seen(arguments))?;
        }
        record.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{WRITTEN, cut, id_in_record};

    #[test]
    fn an_id_is_a_whole_number_or_a_text_and_not_long() {
        for (id, written) in [
            ("7", json!(7)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("18446744073709551615", json!(u64::MAX)),
            ("18446744073709551616", json!("18446744073709551616")),
            ("1.50", json!("1.50")),
            ("1e999", json!("1e999")),
            ("null", json!(null)),
            (r#""x\u202e""#, json!("x\\u202e")),
        ] {
            assert_eq!(id_in_record(id), written, "{id}");
        }
        let cut_off = format!("{}…", "ä".repeat(WRITTEN));
        assert_eq!(id_in_record(&format!("\"{}\"", "ä".repeat(300))), json!(cut_off));
        assert_eq!(id_in_record(&"1".repeat(300)), json!(format!("{}…", "1".repeat(WRITTEN))));
        assert_eq!(cut(&"ä".repeat(WRITTEN)), "ä".repeat(WRITTEN));
    }
}
