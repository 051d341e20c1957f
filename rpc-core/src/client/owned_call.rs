//! A call as a value, to be kept, sent again and sent elsewhere.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::protocol::Arguments;
use crate::registry::Signature;

use super::by_name::ByName;
use super::owned::OwnedArguments;
use super::{Args, Invocation, Kwargs};

/// A call that is not bound to a client: a function's name, its arguments as JSON text, and how it is
/// to be sent. Clones share the arguments.
///
/// ```standalone_crate
/// use rpc_core::client::OwnedCall;
/// use rpc_core::{RpcClient, RpcServer, args, kwargs, rpc_export};
///
/// #[rpc_export]
/// fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
///
/// let call = OwnedCall::new("add", args![1, 2], kwargs! { c: 3 })?;
/// assert_eq!(format!("{call}"), r#"add([1,2], {"c":3})"#);
/// let sum: i64 = call.send(&client)?;
/// let again: i64 = call.send(&client)?;
/// assert_eq!((sum, again), (6, 6));
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// [`Prepare`](crate::client::Prepare) makes one of a typed stub's call.
#[derive(Debug, Clone)]
pub struct OwnedCall {
    method: Cow<'static, str>,
    signature: Option<&'static Signature>,
    arguments: Arc<OwnedArguments>,
    idempotent: bool,
    timeout: Option<Duration>,
    metadata: Vec<(String, String)>,
}

impl OwnedCall {
    /// Creates a call by name.
    ///
    /// # Errors
    ///
    /// Where an argument has no JSON form.
    pub fn new(method: &str, args: impl Args, kwargs: impl Kwargs) -> Result<Self, Error> {
        Invocation::of(method, ByName { args, kwargs }).to_owned_call()
    }

    /// Returns the function's name.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the arguments given by position, as a JSON array.
    pub fn args(&self) -> Cow<'_, str> {
        self.arguments.array()
    }

    /// Returns the arguments given by name, as a JSON object.
    pub fn kwargs(&self) -> Cow<'_, str> {
        self.arguments.object()
    }

    /// Returns how long the result is waited for, where the call says.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Sets how long the result is waited for.
    pub fn set_timeout(&mut self, timeout: impl Into<Option<Duration>>) {
        self.timeout = timeout.into();
    }

    /// Whether the function may safely be run twice.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// Says whether the function may safely be run twice.
    pub fn set_idempotent(&mut self, idempotent: bool) {
        self.idempotent = idempotent;
    }

    /// Returns the signature of the function, where a typed stub made the call.
    pub fn signature(&self) -> Option<&'static Signature> {
        self.signature
    }

    /// Returns what is said beside the arguments, as names and values in order. It travels with the call.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// Returns the value of a name in the metadata. The case of ASCII letters makes no difference.
    pub fn metadata_value(&self, name: &str) -> Option<&str> {
        let mut metadata = self.metadata.iter();
        metadata
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Sets a value in the metadata, in the place of one of the same name.
    pub fn set_metadata(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        let is_same = |(known, _): &&mut (String, String)| known.eq_ignore_ascii_case(&name);
        match self.metadata.iter_mut().find(is_same) {
            Some(known) => known.1 = value,
            None => self.metadata.push((name, value)),
        }
    }

    /// Borrows the call as what a [`Stub`](crate::Stub) carries.
    pub fn invocation(&self) -> Invocation<'_, impl Arguments> {
        let method = match self.method {
            // So that it is known for an exported function's name.
            Cow::Borrowed(method) => method,
            Cow::Owned(ref method) => method,
        };
        Invocation {
            method,
            signature: self.signature,
            arguments: &*self.arguments,
            idempotent: self.idempotent,
            timeout: self.timeout,
            metadata: &self.metadata,
            unsubscribe: None,
            owned: Some(&self.arguments),
        }
    }
}

/// The call as people read it: `add([1,2], {"c":3})`.
impl fmt::Display for OwnedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", self.method, self.args())?;
        match &*self.kwargs() {
            "{}" => f.write_str(")"),
            kwargs => write!(f, ", {kwargs})"),
        }
    }
}

impl<A: Arguments> Invocation<'_, A> {
    /// Makes a call that outlives its caller.
    ///
    /// # Errors
    ///
    /// Where an argument has no JSON form.
    pub fn to_owned_call(&self) -> Result<OwnedCall, Error> {
        let arguments = match self.owned {
            Some(arguments) => Arc::clone(arguments),
            None => Arc::new(OwnedArguments::of(self)?),
        };
        Ok(OwnedCall {
            method: self.name(),
            signature: self.signature,
            arguments,
            idempotent: self.idempotent,
            timeout: self.timeout,
            metadata: self.metadata.to_vec(),
        })
    }
}
