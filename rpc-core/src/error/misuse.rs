//! What this side asked for and cannot have.

use crate::protocol::ArgumentError;
use crate::proxy::InvalidProxy;

/// Something asked for on this side that cannot be.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// An argument has no form that can be sent.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// Two functions have one name.
    #[error(
        "two functions are called `{name}`; give one of them another: #[rpc_export(name = \"…\")]"
    )]
    RegisteredTwice {
        /// The name.
        name: String,
    },
    /// Two exported functions have one name, in crates or modules that are linked together.
    #[error(
        "two functions are called `{name}`: {} and {}; give one of them another name, #[rpc_export(name = \"…\")], or choose by `FunctionRegistry::exported_where`",
        places[0],
        places[1]
    )]
    ExportedTwice {
        /// The name.
        name: String,
        /// Where they are.
        places: Box<[String; 2]>,
    },
    /// A function has the name by which subscriptions to the items of one are ended.
    #[error(
        "`{name}` ends the subscriptions to `{function}`, and is a function's name too; give the former another: #[rpc_export(…, unsubscribe = \"…\")]"
    )]
    UnsubscribeTaken {
        /// The name.
        name: String,
        /// The function that is subscribed to.
        function: String,
    },
    /// A function asks for shared state that the server was not given.
    #[error(
        "`{function}` needs a shared `{ty}`; give the server one with `.share(…)` before it starts"
    )]
    StateMissing {
        /// The function.
        function: String,
        /// The type of the state.
        ty: String,
    },
    /// A call is larger than a message may be.
    #[error(
        "the call of `{method}` takes {size} bytes, over the limit of {limit}; send less, or raise `Limits::max_message_bytes` on both sides"
    )]
    CallTooLarge {
        /// The function.
        method: String,
        /// Bytes of the call.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// As many calls are in flight as may be.
    #[error(
        "{limit} calls are in flight on this connection, as many as may be; wait for some, or raise `Limits::max_calls_in_flight`"
    )]
    TooManyInFlight {
        /// The limit in calls.
        limit: usize,
    },
    /// A server's timeout is zero, in which nobody can do anything.
    #[error(
        "`{setting}` is zero, which would close every connection at once; give it some time, or `Duration::MAX` to wait for ever"
    )]
    NoTime {
        /// The setting.
        setting: &'static str,
    },
    /// State was to be shared with functions, and there are none at the end of the stack.
    #[error(
        "`{ty}` is shared with nobody: no `FunctionRegistry` is found at the end of the stack; have each layer's `inner` say what it is around"
    )]
    NobodyToShareWith {
        /// The type of the state.
        ty: &'static str,
    },
    /// A function cannot be a tool for language models as it is (feature `mcp`).
    #[error("`{function}` cannot be a tool for language models: {problem}")]
    Tool {
        /// The function.
        function: String,
        /// Why not, and what to do.
        problem: Box<str>,
    },
    /// A server is to offer tools to language models, and has none (feature `mcp`).
    #[error("no function is a tool for language models: {problem}")]
    NoTools {
        /// Why not, and what to do.
        problem: &'static str,
    },
    /// Who may call a function cannot be said in this way.
    #[error("`{function}` cannot be allowed so: {problem}")]
    Permission {
        /// The function.
        function: String,
        /// Why not, and what to do.
        problem: Box<str>,
    },
    /// Something is for callers who are known, and the server does not find out who calls.
    #[error(
        "{asks}, and nothing here finds out who calls; give the server `.authenticate(…)`, or `.identities_by_layer()` where a layer does"
    )]
    NobodyIsKnown {
        /// What asks, and for what.
        asks: Box<str>,
    },
    /// Calls are limited for each identity, and the server does not find out who calls.
    #[error(
        "`{setting}` is for callers who are known before their call goes through the layers, and nobody is asked who calls; give the server `.authenticate(…)`, or limit addresses"
    )]
    NoIdentities {
        /// The setting.
        setting: &'static str,
    },
    /// The arguments of a function were to be kept that there is none of.
    #[error(
        "the arguments of `{function}` are to be kept, and no function of that name has been added; name the functions in `KeptArguments::of` as callers do"
    )]
    KeptArguments {
        /// The name.
        function: String,
    },
    /// A parameter was to be withheld that none of the functions has whose arguments are kept.
    #[error(
        "`{parameter}` is to be withheld, and no function whose arguments are kept has a parameter of that name; name it in `KeptArguments::withhold` as the function does, or a member of objects in `withhold_within`"
    )]
    Withheld {
        /// The name.
        parameter: String,
    },
    /// Web pages cannot be let in as the server was told (feature `http`).
    #[error("`{setting}` cannot be: {problem}")]
    WebPages {
        /// What was said.
        setting: Box<str>,
        /// Why not, and what to do.
        problem: &'static str,
    },
    /// A header was set that is none, or that is not for the caller to set.
    #[error("`{name}` is no header that can be set here; a name has letters, digits and hyphens")]
    Header {
        /// The name.
        name: String,
    },
    /// A client was given headers to send, and connects to where there are none.
    #[error(
        "header `{name}` cannot be sent to {address}; connect to an http:// or ws:// address, or say it with `metadata`"
    )]
    NoHeader {
        /// The header.
        name: String,
        /// What the client connects to.
        address: String,
    },
    /// Metadata cannot travel by the way that a call takes.
    #[error("metadata `{name}` cannot be sent: {problem}")]
    Metadata {
        /// The name.
        name: String,
        /// Why not.
        problem: String,
    },
    /// Credentials cannot be said by the way that a client's calls take, or not these.
    #[error("the client cannot say who it is: {problem}")]
    Credential {
        /// Why not, and what to do.
        problem: Box<str>,
    },
    /// Credentials would travel in plain text to another machine, and whoever is between could read them.
    #[error(
        "a credential would travel in plain text to {address}, which is not this machine; connect by `tls://`, `https://` or `wss://`, through a tunnel of your own, or say `.allow_plain_credentials()`"
    )]
    PlainCredential {
        /// Where to.
        address: Box<str>,
    },
    /// TLS cannot be spoken as it was set up.
    #[error("TLS cannot be spoken so: {problem}")]
    Tls {
        /// Why not, and what to do.
        problem: Box<str>,
    },
    /// JSON Web Tokens cannot be checked as it was set up (feature `jwt`).
    #[error("JSON Web Tokens cannot be checked so: {problem}")]
    Jwt {
        /// Why not, and what to do.
        problem: Box<str>,
    },
    /// A server was told of proxies to believe, by a text that names none.
    #[error(transparent)]
    Proxy(Box<InvalidProxy>),
    /// A server was to take the PROXY protocol, from nobody.
    #[error(
        "`.proxy_protocol()` believes what proxies say before the first byte, so it must know them; name them by `.trusted_proxies([…])`"
    )]
    NoProxies,
    /// An asynchronous client was to connect where no tokio runtime runs.
    #[error(
        "an asynchronous client works in a tokio runtime, and none runs here; await it in one (`#[tokio::main]`, `Runtime::block_on`), or use `RpcClient`, which needs none"
    )]
    NoRuntime,
    /// A process with several threads cannot be copied: the copy would lack all but one of them, and
    /// what the others were at would stay half done in it.
    #[error(
        "a server model that forks needs a process with one thread, and this one has {threads}; start the server before anything makes a thread"
    )]
    ForkWithThreads {
        /// How many threads there are.
        threads: usize,
    },
    /// A server model that forks was to run on another thread.
    #[error(
        "the server model `{model}` forks, which needs a process with one thread, and `start` makes another; use `serve_with`"
    )]
    ForkOnThread {
        /// The model's name.
        model: &'static str,
    },
}
