//! The functions that can be called, and how a call becomes one.
//!
//! A [`Dispatch`] runs calls: it knows names and values, never bytes. [`FunctionRegistry`] is the
//! one at the end of every stack; layers stand before it and are `Dispatch` themselves.

mod answer;
mod bind;
mod bytes;
mod caller;
mod closure;
mod closures;
mod connection_values;
mod context;
mod date_time;
mod dispatch;
mod entry;
mod export;
mod functions;
mod interface;
mod into_bytes;
mod library_types;
mod metadata;
mod name_hash;
mod nearest;
mod outcome;
mod panics;
mod reply;
mod returned;
mod run;
mod signature;
mod state;
mod system;
mod text;
mod xml_types;

pub use bind::Bound;
pub(crate) use bind::without_place;
pub use bytes::Bytes;
pub use caller::PeerCredentials;
pub(crate) use caller::{Caller, Connected};
pub use closure::Function;
pub use connection_values::ConnectionValues;
pub use context::CallContext;
pub use date_time::{DateTime, DateTimeOutOfRange, InvalidDateTime};
pub use dispatch::Dispatch;
pub use export::{Export, Handler, Instance, Method, MethodHandler, Scope};
pub use functions::FunctionRegistry;
pub use interface::{Interface, MoreMethods};
pub use into_bytes::{BytesProbe, IntoBytes, NoBytes, Sent};
pub use library_types::{LibraryContext, LibraryState, Standard};
pub use outcome::{Deferred, Ended, Outcome};
pub(crate) use outcome::{Job, Progress, Rest};
pub(crate) use panics::{caught, panicked, tell as tell_of_panic, watch as watch_panics};
pub use reply::{Reply, to_text};
pub use returned::{
    ErrorProbe, NoError, NoText, Otherwise, OwnedError, Probe, Returned, StandardResult, TextProbe,
    Travels, is_plain, travels,
};
pub use signature::{Parameter, ParameterKind, Signature, SignatureOptions};
pub use state::{State, StateKey, StateType};
pub(crate) use system::MULTICALL;
pub use text::Text;
