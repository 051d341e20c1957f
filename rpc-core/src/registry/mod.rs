//! The functions that can be called, and how a call becomes one.
//!
//! A [`Dispatch`] runs calls: it knows names and values, never bytes. [`FunctionRegistry`] is the
//! one at the end of every stack; layers stand before it and are `Dispatch` themselves.

mod allow;
mod answer;
mod authenticate;
mod bind;
mod bytes;
mod caller;
#[cfg(feature = "tls")]
mod certificate;
mod closure;
mod closures;
mod connection_values;
mod context;
#[cfg(feature = "http")]
pub(crate) mod cookies;
mod credentials;
mod date_time;
#[cfg_attr(not(feature = "schema"), path = "without_described.rs")]
mod described;
#[cfg(feature = "schema")]
pub(crate) mod description;
#[cfg(feature = "schema")]
mod discovered;
mod dispatch;
mod entry;
mod export;
mod functions;
mod identity;
mod inlet;
mod interface;
mod into_bytes;
pub(crate) mod items;
mod kept_text;
mod library_types;
mod metadata;
mod name_hash;
mod nearest;
mod outcome;
mod outlet;
mod panics;
mod permissions;
mod policy;
mod reply;
mod returned;
mod run;
mod shown;
mod signature;
mod state;
mod stats;
mod subscriptions;
mod system;
mod text;
#[cfg(feature = "auth")]
mod tokens;
mod unsubscribing;
mod uploaded;
mod whence;
mod written;
mod xml_types;

pub use allow::Allow;
pub use authenticate::{Authenticate, Log, Or, TakingBasic, Unauthenticated, Upkeep};
pub use bind::Bound;
#[cfg(feature = "mcp")]
pub(crate) use bind::shorten;
pub(crate) use bind::{problem, problem_at};
pub use bytes::Bytes;
pub use caller::PeerCredentials;
pub(crate) use caller::ResponseForm;
pub(crate) use caller::{Caller, Connected, Trace, Whence};
#[cfg(feature = "tls")]
pub use certificate::PeerCertificate;
pub use closure::{Function, Written};
pub use connection_values::ConnectionValues;
pub use context::CallContext;
pub(crate) use context::Known;
pub use credentials::Credentials;
pub use date_time::{DateTime, DateTimeOutOfRange, InvalidDateTime};
pub use described::Described;
#[cfg(feature = "schema")]
pub use described::{
    DescribedParameter, Example, NoJson, NoSchema, SchemaFn, SchemaOf, SchemaProbe, Shape, Shown,
    Table, ValueFn,
};
pub use dispatch::Dispatch;
pub(crate) use entry::late_to_begin;
pub use export::{Export, Handler, Instance, Method, MethodHandler, Scope};
pub use functions::FunctionRegistry;
pub use identity::Identity;
pub(crate) use inlet::Inlet;
pub use interface::{Interface, MoreMethods};
pub use into_bytes::{BytesProbe, IntoBytes, NoBytes, Sent};
pub use library_types::{LibraryContext, LibraryState, Standard};
#[cfg(feature = "mcp")]
pub(crate) use nearest::nearest;
pub use outcome::{Deferred, Ended, Outcome};
pub(crate) use outcome::{Job, Progress, Rest, Source};
pub use outlet::Outlet;
pub(crate) use panics::{caught, panicked, tell as tell_of_panic, watch as watch_panics};
pub use reply::{Reply, to_text};
pub use returned::{
    ErrorProbe, NoError, NoText, Otherwise, OwnedError, Probe, Returned, StandardResult, TextProbe,
    Travels, is_plain, travels,
};
#[cfg(feature = "mcp")]
pub(crate) use shown::AskedForTools;
pub use signature::{Parameter, ParameterKind, Signature, SignatureOptions};
pub use state::{State, StateKey, StateType};
pub(crate) use stats::{Statistics, Tally, TallyAside};
pub(crate) use subscriptions::Subscription;
pub(crate) use system::MULTICALL;
pub use text::Text;
#[cfg(feature = "auth")]
pub use tokens::{InvalidTokenHash, Tokens};
pub use uploaded::{FromUpload, ItemStream, Items};
pub use written::DescribedClosure;
