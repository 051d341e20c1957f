//! Runs calls as those of whoever calls, where the server asks who that is.

use std::time::Duration;

use crate::dialect::{Dialect, Incoming, Rare, Request, read_element};
#[cfg(feature = "http")]
use crate::error::Misuse;
use crate::protocol::{Fault, code};
#[cfg(feature = "http")]
use crate::registry::FunctionRegistry;
use crate::registry::{
    Authenticate, CallContext, Credentials, Dispatch, Identity, Unauthenticated,
};

#[cfg(feature = "http")]
use super::hook::Hook;
use super::identify::{Asking, Asks, GREETING, Look, Refusal, Who, said_in};
use super::layer::JsonRpc;
use super::session::Session;

impl<D: Dispatch> JsonRpc<D> {
    /// Asks `authenticator` who calls: see [`TcpServer::authenticate`](crate::TcpServer::authenticate).
    #[must_use]
    pub fn authenticate(self, authenticator: impl Authenticate) -> Self {
        self.asking(|asks| asks.asking(authenticator))
    }

    /// Asks a future who calls: see [`TcpServer::authenticate_async`](crate::TcpServer::authenticate_async).
    #[must_use]
    pub fn authenticate_async<F>(
        self,
        authenticator: impl Fn(Credentials<'static>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Identity, Unauthenticated>> + Send + 'static,
    {
        self.asking(|asks| asks.waiting(authenticator))
    }

    /// Remembers other callers than 1024 of the last minute: see
    /// [`TcpServer::remember_callers`](crate::TcpServer::remember_callers).
    #[must_use]
    pub fn remember_callers(self, count: usize, time: Duration) -> Self {
        self.asking(|asks| asks.remembering(count, time))
    }

    /// Lets other than 10 wrong credentials a minute come from an address: see
    /// [`TcpServer::slow_failed_logins`](crate::TcpServer::slow_failed_logins).
    #[must_use]
    pub fn slow_failed_logins(self, count: u32, time: Duration) -> Self {
        self.asking(|asks| asks.slowing(count, time))
    }

    /// Shows who is asked this cookie, too. What keeps pages from having browsers send it stands before this, in HTTP.
    #[cfg(feature = "http")]
    pub(crate) fn cookie_credentials(mut self, name: &str) -> Self {
        let hook = self.hook.unwrap_or_default();
        self.hook = Some(hook.asking(|asks| asks.with_cookie(name)));
        self
    }

    /// Refuses cookies about which nobody is asked.
    #[cfg(feature = "http")]
    pub(super) fn check_cookies(&self) -> Result<(), Misuse> {
        let is_vain = self.hook.as_ref().is_some_and(Hook::asks_nobody_about_cookies);
        let is_known = self.dispatch.registry().is_some_and(FunctionRegistry::identifies);
        if is_vain && !is_known {
            let asks = "`cookie_credentials` is for callers who are known".into();
            return Err(Misuse::NobodyIsKnown { asks });
        }
        Ok(())
    }

    fn asking(mut self, change: impl FnOnce(Asks) -> Asks) -> Self {
        self.hook = Some(self.hook.unwrap_or_default().asking(change));
        if let Some(registry) = self.dispatch.registry() {
            registry.identify();
        }
        self
    }

    /// Tells of a message that is refused before it comes to a call. A greeting has failed then as any other.
    #[cold]
    pub(super) fn tell_uncalled(
        &self,
        context: &CallContext,
        dialect: Dialect,
        (method, id): (&str, Option<&str>),
        fault: &Fault,
    ) {
        if method == GREETING && self.asks().is_some() {
            fail_greeting(context);
        }
        self.tell_refused(context, dialect.name(), (method, id), fault);
    }

    /// What is asked who calls.
    pub(super) fn asks(&self) -> Option<&Asks> {
        self.hook.as_ref()?.asks()
    }
}

/// As what a call is run.
pub(super) enum As {
    /// One of this session, in which it is said who calls.
    Call(Box<Session>),
    /// None: it fails with this.
    Refused(Fault),
    /// A greeting, which is answered with this name: of this session, in which it is said whose it is.
    Greeting(String, Box<Session>),
    /// Who calls is found out first.
    Later(Asking),
}

/// Finds out who makes a call.
pub(super) fn identify(asks: &Asks, request: &Request<'_>, session: &Session) -> As {
    if request.call.method() == GREETING {
        return greet(asks, request, session).unwrap_or_else(As::Refused);
    }
    identify_caller(asks, request.call.method(), session)
}

/// Finds out who has sent a message, for what is called `method` in it.
pub(super) fn identify_caller(asks: &Asks, method: &str, session: &Session) -> As {
    match asks.look(&session.context, session.found.as_deref()) {
        Look::Now(Who::Refused(refusal)) => {
            if !session.is_part {
                refusal.answer_as(asks.takes_basic(), &session.context);
            }
            As::Refused(refusal.fault(method))
        }
        Look::Now(who) => As::Call(Box::new(session.of(&who, asks.takes_basic()))),
        Look::Asks(asking) => As::Later(asking),
    }
}

/// Takes note of a greeting that cannot be read: it has failed, and whoever has greeted before does not go on.
fn fail_greeting(context: &CallContext) {
    if Asks::can_be_greeted(context) {
        Asks::greeted(context, &Who::Refused(Refusal::wrong("the greeting could not be read")));
    }
}

/// Takes a greeting.
fn greet(asks: &Asks, request: &Request<'_>, session: &Session) -> Result<As, Fault> {
    let context = &session.context;
    let said = said_in(&request.call).inspect_err(|_| fail_greeting(context))?;
    if !Asks::can_be_greeted(context) {
        return Err(Fault::new(
            code::INVALID_REQUEST,
            format!(
                "`{GREETING}` is for connections that are one caller's; here each request says who calls, \
                 in its header `Authorization`"
            ),
        ));
    }
    let who = match asks.look_at_greeting(&said, context, session.found.as_deref()) {
        Look::Now(who) => who,
        Look::Asks(asking) => return Ok(As::Later(asking)),
    };
    Asks::greeted(context, &who);
    match &who {
        Who::Somebody(known) => {
            let name = known.identity().name().to_owned();
            Ok(As::Greeting(name, Box::new(session.of(&who, asks.takes_basic()))))
        }
        Who::Refused(refusal) => Err(refusal.fault(GREETING)),
        Who::Nobody => Err(Fault::new(code::INTERNAL_ERROR, "nobody is asked who calls")),
    }
}

/// Finds out, before the first call of a batch runs, who makes them, where that takes time; over HTTP it says that all
/// of them are refused. `None` where they can run.
#[cold]
pub(super) fn identify_batch(asks: &Asks, texts: &[&str], session: &Session) -> Option<Asking> {
    let found = session.found.as_deref();
    let mut waiting = Vec::new();
    match asks.look(&session.context, found) {
        Look::Now(Who::Refused(refusal)) => {
            refusal.answer_as(asks.takes_basic(), &session.context);
        }
        Look::Now(_) => {}
        Look::Asks(asking) => waiting.push(asking),
    }
    if asks.takes_time() {
        waiting.extend(texts.iter().filter_map(|text| waits_for(asks, text, session)));
    }
    (!waiting.is_empty()).then(|| Asking::for_all(waiting))
}

/// What a call of a batch waits for besides.
fn waits_for(asks: &Asks, text: &str, session: &Session) -> Option<Asking> {
    let mut request = Request::default();
    let saying: CallContext;
    let (found, mut context) = (session.found.as_deref(), &session.context);
    match read_element(text, &session.limits, &mut request) {
        Ok(Incoming::Call) => {}
        Ok(Incoming::Rare(Rare::CallWith { metadata: Some(metadata), .. })) => {
            saying = context.saying(metadata);
            context = &saying;
        }
        _ => return None,
    }
    let look = if request.call.method() == GREETING {
        asks.look_at_greeting(&said_in(&request.call).ok()?, context, found)
    } else if std::ptr::eq(context, &raw const session.context) {
        return None;
    } else {
        asks.look(context, found)
    };
    match look {
        Look::Asks(asking) => Some(asking),
        Look::Now(_) => None,
    }
}
