//! Whoever decides who a caller is.

use std::fmt;
use std::sync::Arc;

use crate::error::Misuse;
use crate::protocol::Fault;

use super::{Credentials, Identity};

/// Says a line to those who operate the server: what [`Authenticate::log_to`] is given.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// What has to be done beside calls for as long as a server serves: what [`Authenticate::upkeep`] names. It returns when there is nothing
/// to do any more; where processes serve, it may be begun anew in another one.
pub type Upkeep = Arc<dyn Fn() + Send + Sync>;

/// Decides who a caller is. Closures of this form do, and what is ready-made.
///
/// ```
/// use rpc_core::identity::{Authenticate, Credentials, Identity, Unauthenticated};
///
/// /// Knows everybody whose name begins with a letter.
/// struct Trusting;
///
/// impl Authenticate for Trusting {
///     fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
///         match credentials.bearer() {
///             Some(name) if name.starts_with(char::is_alphabetic) => Ok(Identity::new(name)),
///             _ => Err(Unauthenticated::new("a name begins with a letter")),
///         }
///     }
/// }
///
/// let ada = Trusting.authenticate(&Credentials::said("Bearer ada"))?;
/// assert_eq!(ada.name(), "ada");
/// # Ok::<(), Unauthenticated>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who calls",
    label = "this must decide who a caller is",
    note = "write a closure: `|credentials: &Credentials<'_>| …`, which returns \
            `Result<Identity, Unauthenticated>`; for an `async` one there is `authenticate_async`"
)]
pub trait Authenticate: Send + Sync + 'static {
    /// Says who shows these credentials.
    ///
    /// It is asked where a call comes, so it should be quick. It is asked once for each connection and what was said
    /// there; over HTTP what it says is remembered for a while. It is not asked about callers who show nothing.
    ///
    /// # Errors
    ///
    /// Where the credentials are wrong, have expired, or are of another kind than is understood here. If the caller
    /// said something, their calls are refused; if they did not (a Unix socket shows who connected by itself), they
    /// are nobody.
    fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated>;

    /// Whether it understands a name and a password ([`Credentials::basic`]): browsers then ask their users for them.
    fn takes_basic(&self) -> bool {
        false
    }

    /// Says, before a server starts, what would keep it from deciding.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to do about it.
    fn check(&self) -> Result<(), Misuse> {
        Ok(())
    }

    /// Is given, before a server serves, what says lines to those who operate it: its
    /// [log](crate::TcpServer::log). It is for what goes wrong on this side, and not for callers who are refused.
    fn log_to(&self, log: &Log) {
        let _ = log;
    }

    /// Says what has to be done beside calls so that it can decide: keys that are fetched again and again, say. A server asks for it
    /// once, before it serves, and does each on a thread of its own; where a model makes processes, in one process for all of them.
    ///
    /// An authenticator around another one passes it on.
    fn upkeep(&self) -> Vec<Upkeep> {
        Vec::new()
    }

    /// Asks `other` about those whom this one does not know.
    ///
    /// ```
    /// use rpc_core::identity::{Authenticate, Credentials, Identity, Unauthenticated};
    ///
    /// let of_token = |credentials: &Credentials<'_>| match credentials.bearer() {
    ///     Some("s3cret") => Ok(Identity::new("ada")),
    ///     _ => Err(Unauthenticated::new("no such token")),
    /// };
    /// let of_user = |credentials: &Credentials<'_>| match credentials.peer_credentials() {
    ///     Some(peer) if peer.uid == 0 => Ok(Identity::new("root")),
    ///     _ => Err(Unauthenticated::new("not this user")),
    /// };
    /// let either = of_token.or(of_user);
    /// assert!(either.authenticate(&Credentials::said("Bearer s3cret")).is_ok());
    /// ```
    fn or<B: Authenticate>(self, other: B) -> Or<Self, B>
    where
        Self: Sized,
    {
        Or { first: self, second: other }
    }

    /// Says that it understands a name and a password, for a closure that does.
    fn taking_basic(self) -> TakingBasic<Self>
    where
        Self: Sized,
    {
        TakingBasic(self)
    }
}

impl<F> Authenticate for F
where
    F: Fn(&Credentials<'_>) -> Result<Identity, Unauthenticated> + Send + Sync + 'static,
{
    fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
        self(credentials)
    }
}

/// One authenticator, and another for those whom it does not know: made by [`Authenticate::or`].
#[derive(Debug, Clone)]
pub struct Or<A, B> {
    first: A,
    second: B,
}

impl<A: Authenticate, B: Authenticate> Authenticate for Or<A, B> {
    fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
        self.first.authenticate(credentials).or_else(|first| {
            // Which of them was meant is not known, but by one that knows more than that they are not its own.
            self.second.authenticate(credentials).map_err(|second| {
                if first.knows_more() && !second.knows_more() { first } else { second }
            })
        })
    }

    fn takes_basic(&self) -> bool {
        self.first.takes_basic() || self.second.takes_basic()
    }

    fn check(&self) -> Result<(), Misuse> {
        self.first.check()?;
        self.second.check()
    }

    fn log_to(&self, log: &Log) {
        self.first.log_to(log);
        self.second.log_to(log);
    }

    fn upkeep(&self) -> Vec<Upkeep> {
        let mut upkeep = self.first.upkeep();
        upkeep.extend(self.second.upkeep());
        upkeep
    }
}

/// One that says of itself that it understands a name and a password: made by [`Authenticate::taking_basic`].
#[derive(Debug, Clone)]
pub struct TakingBasic<A>(A);

impl<A: Authenticate> Authenticate for TakingBasic<A> {
    fn authenticate(&self, credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
        self.0.authenticate(credentials)
    }

    fn takes_basic(&self) -> bool {
        true
    }

    fn check(&self) -> Result<(), Misuse> {
        self.0.check()
    }

    fn log_to(&self, log: &Log) {
        self.0.log_to(log);
    }

    fn upkeep(&self) -> Vec<Upkeep> {
        self.0.upkeep()
    }
}

/// Why a caller is not known.
///
/// Callers are told the sentence, so it says nothing that they are not to know. Made of a [`Fault`], it is that fault
/// that their calls fail with, now: where who they are cannot be found out, say. Then nothing is remembered of it.
#[derive(Debug, Clone)]
pub struct Unauthenticated {
    reason: String,
    expired: bool,
    fault: Option<Fault>,
}

impl Unauthenticated {
    /// What is wrong with the credentials, in a few words for the caller: `no such token`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), expired: false, fault: None }
    }

    /// The credentials were right once, and have expired: callers are told `{"expired":true}`, so that a client
    /// can come again with fresh ones.
    pub fn expired() -> Self {
        Self { expired: true, ..Self::new("the credentials have expired") }
    }

    /// What is wrong.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether the credentials have expired.
    pub fn is_expired(&self) -> bool {
        self.expired
    }

    /// The fault that this was made of.
    pub(crate) fn into_fault(self) -> Option<Fault> {
        self.fault
    }

    fn knows_more(&self) -> bool {
        self.expired || self.fault.is_some()
    }
}

impl From<Fault> for Unauthenticated {
    fn from(fault: Fault) -> Self {
        Self { fault: Some(fault.clone()), ..Self::new(fault.message()) }
    }
}

impl fmt::Display for Unauthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Unauthenticated {}
