//! Decides who calls, by what they said and where they said it.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::error::Misuse;
#[cfg(feature = "http")]
use crate::registry::cookies;
use crate::registry::{
    Authenticate, CallContext, ConnectionValues, Credentials, Identity, Known, Log,
    Unauthenticated, Upkeep, caught, panicked,
};

use super::asking::{Asking, Found};
use super::guesses::{Guesses, Turn};
use super::key::{Key, Keys};
use super::known::KnownCallers;
use super::who::{Refusal, Who};

/// Under which name what a caller says of themselves stands in headers and metadata.
const AUTHORIZATION: &str = "authorization";

/// What is asked who calls, and how.
#[derive(Clone)]
pub(in crate::json_rpc) struct Asks {
    authenticator: Option<Authenticator>,
    /// Whom requests of HTTP came from is remembered: how many, and for how long.
    remembered: (usize, Duration),
    /// So many wrong credentials may come from an address, within a time.
    failed: (u32, Duration),
    /// The cookies that say who calls.
    #[cfg(feature = "http")]
    cookies: Vec<String>,
    state: Arc<State>,
}

#[derive(Clone)]
enum Authenticator {
    Plain(Arc<dyn Authenticate>),
    Waiting { ask: Arc<Ask> },
}

type Ask = dyn Fn(Credentials<'static>) -> Answering + Send + Sync;
type Answering = Pin<Box<dyn Future<Output = Result<Identity, Unauthenticated>> + Send>>;

/// What is shared by all connections of a server.
struct State {
    keys: Keys,
    known: KnownCallers,
    guesses: Arc<Guesses>,
}

/// What a connection keeps of who is at its other end.
struct Login {
    /// What its last greeting came to.
    greeted: Option<Who>,
    /// What came of asking about what it shows by itself: a header of the request that opened it, a peer's user.
    shown: Option<(Key, Who)>,
}

/// Who calls, or that it takes time to say so.
pub(in crate::json_rpc) enum Look {
    Now(Who),
    Asks(Asking),
}

impl Default for Asks {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        let (remembered, failed) = ((1024, MINUTE), (10, MINUTE));
        Self {
            authenticator: None,
            remembered,
            failed,
            #[cfg(feature = "http")]
            cookies: Vec::new(),
            state: State::new(remembered, failed),
        }
    }
}

impl State {
    fn new(remembered: (usize, Duration), failed: (u32, Duration)) -> Arc<Self> {
        Arc::new(Self {
            keys: Keys::default(),
            known: KnownCallers::new(remembered.0, remembered.1),
            guesses: Arc::new(Guesses::new(failed.0, failed.1)),
        })
    }
}

impl Asks {
    /// Knows nobody yet, since it asks in another way now.
    fn anew(self) -> Self {
        Self { state: State::new(self.remembered, self.failed), ..self }
    }

    /// Shows the authenticator this cookie, too.
    #[cfg(feature = "http")]
    pub(in crate::json_rpc) fn with_cookie(mut self, name: &str) -> Self {
        self.cookies.push(name.to_owned());
        self
    }

    /// Whether cookies were to say who calls, and nobody is asked about them.
    #[cfg(feature = "http")]
    pub(in crate::json_rpc) fn ask_nobody_about_cookies(&self) -> bool {
        !self.cookies.is_empty() && self.authenticator.is_none()
    }

    /// Asks this one.
    pub(in crate::json_rpc) fn asking(mut self, authenticator: impl Authenticate) -> Self {
        self.authenticator = Some(Authenticator::Plain(Arc::new(authenticator)));
        self.anew()
    }

    /// Asks this one, which takes time.
    pub(in crate::json_rpc) fn waiting<F>(
        mut self,
        ask: impl Fn(Credentials<'static>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Identity, Unauthenticated>> + Send + 'static,
    {
        let ask = Arc::new(move |credentials| Box::pin(ask(credentials)) as Answering);
        self.authenticator = Some(Authenticator::Waiting { ask });
        self.anew()
    }

    pub(in crate::json_rpc) fn remembering(mut self, count: usize, time: Duration) -> Self {
        self.remembered = (count, time);
        self.anew()
    }

    pub(in crate::json_rpc) fn slowing(mut self, count: u32, time: Duration) -> Self {
        self.failed = (count, time);
        self.anew()
    }

    /// Whether there is somebody to ask.
    pub(in crate::json_rpc) fn is_set(&self) -> bool {
        self.authenticator.is_some()
    }

    /// Whether asking may take time.
    pub(in crate::json_rpc) fn takes_time(&self) -> bool {
        matches!(self.authenticator, Some(Authenticator::Waiting { .. }))
    }

    /// Says what would keep it from finding out who calls.
    pub(in crate::json_rpc) fn check(&self) -> Result<(), Misuse> {
        match &self.authenticator {
            Some(Authenticator::Plain(authenticator)) => authenticator.check(),
            _ => Ok(()),
        }
    }

    /// Has the authenticator say lines by `log`.
    pub(in crate::json_rpc) fn log_to(&self, log: &Log) {
        if let Some(Authenticator::Plain(authenticator)) = &self.authenticator {
            authenticator.log_to(log);
        }
    }

    /// What the authenticator has to have done beside calls.
    pub(in crate::json_rpc) fn upkeep(&self) -> Vec<Upkeep> {
        match &self.authenticator {
            Some(Authenticator::Plain(authenticator)) => authenticator.upkeep(),
            _ => Vec::new(),
        }
    }

    /// Whether a name and a password are understood.
    pub(in crate::json_rpc) fn takes_basic(&self) -> bool {
        match &self.authenticator {
            Some(Authenticator::Plain(authenticator)) => authenticator.takes_basic(),
            _ => false,
        }
    }

    /// Who calls. `found` is what was asked for this message before.
    pub(in crate::json_rpc) fn look(&self, context: &CallContext, found: Option<&Found>) -> Look {
        if has_odd_header(context) {
            let reason = "the header `Authorization` stands there once, and is UTF-8";
            return Look::Now(Who::Refused(Refusal::wrong(reason)));
        }
        if let Some(said) = context.metadata(AUTHORIZATION) {
            return self.look_at_call(Credentials::of(context, Some(said)), found);
        }
        let connection = context.connection();
        let login = connection.and_then(ConnectionValues::get::<Login>);
        if let Some(Login { greeted: Some(who), .. }) = login.as_deref() {
            return Look::Now(who.clone().now());
        }
        // That of the request that opened a WebSocket: others have been looked at.
        let credentials = Credentials::of(context, context.header(AUTHORIZATION));
        #[cfg(feature = "http")]
        let credentials = match self.with_cookies(credentials, context) {
            Ok(credentials) if credentials.cookies().is_empty() => credentials,
            Ok(credentials) if is_of_request(context) => {
                return self.look_at_call(credentials, found);
            }
            Ok(credentials) => credentials,
            Err(refusal) => return Look::Now(Who::Refused(refusal)),
        };
        if !credentials.show_something() {
            return Look::Now(Who::Nobody);
        }
        let key = self.state.keys.of(&credentials);
        if let Some(Login { shown: Some((known, who)), .. }) = login.as_deref()
            && *known == key
        {
            return Look::Now(who.clone().now());
        }
        let look = self.ask(key, credentials, found, false);
        if let (Look::Now(who), Some(connection)) = (&look, connection)
            && who.is_lasting()
        {
            connection.insert(Login { greeted: None, shown: Some((key, who.clone())) });
        }
        look
    }

    /// Who said this with their call: over a connection others may call, too.
    fn look_at_call(&self, credentials: Credentials<'_>, found: Option<&Found>) -> Look {
        let key = self.state.keys.of(&credentials);
        if let Some(known) = self.state.known.get(key, Instant::now()) {
            return Look::Now(Who::Somebody(known));
        }
        let look = self.ask(key, credentials, found, true);
        if let Look::Now(Who::Somebody(known)) = &look {
            self.state.known.insert(key, known.clone(), Instant::now());
        }
        look
    }

    /// The same credentials with the cookies of the request, where nothing else was said.
    #[cfg(feature = "http")]
    fn with_cookies<'c>(
        &self,
        mut credentials: Credentials<'c>,
        context: &CallContext,
    ) -> Result<Credentials<'c>, Refusal> {
        let request = context.caller().and_then(|caller| caller.request());
        if let Some(request) = request.filter(|_| credentials.authorization().is_none()) {
            for name in &self.cookies {
                let value = cookies::one(&request.headers, name).map_err(|()| {
                    Refusal::wrong(&format!("the cookie `{name}` stands there once, and is UTF-8"))
                })?;
                if let Some(value) = value {
                    credentials.add_cookie(name, value);
                }
            }
        }
        Ok(credentials)
    }

    /// Who greets so.
    pub(in crate::json_rpc) fn look_at_greeting(
        &self,
        said: &str,
        context: &CallContext,
        found: Option<&Found>,
    ) -> Look {
        let credentials = Credentials::of(context, Some(said));
        self.ask(self.state.keys.of(&credentials), credentials, found, false)
    }

    /// Whether there is a connection that is one caller's.
    pub(in crate::json_rpc) fn can_be_greeted(context: &CallContext) -> bool {
        !is_of_request(context) && context.connection().is_some()
    }

    /// Takes note of what a greeting has come to, for the calls behind it.
    pub(in crate::json_rpc) fn greeted(context: &CallContext, who: &Who) {
        let Some(connection) = context.connection() else {
            return;
        };
        let who = match who {
            // Whoever greeted must not go on as somebody else, or as nobody.
            Who::Refused(Refusal::TooMany { .. } | Refusal::Fault(_)) => {
                Who::Refused(Refusal::wrong("the greeting was refused"))
            }
            who => who.clone(),
        };
        connection.insert(Login { greeted: Some(who), shown: None });
    }

    /// Asks who shows this; `remembered` says that it may have been found out for somebody else meanwhile.
    fn ask(
        &self,
        key: Key,
        credentials: Credentials<'_>,
        found: Option<&Found>,
        remembered: bool,
    ) -> Look {
        if let Some(who) = found.and_then(|found| found.get(key)) {
            return Look::Now(who.now());
        }
        let shown = Shown::of(&credentials);
        let guesses = &self.state.guesses;
        if let Err(wait) = guesses.left(shown.from) {
            return Look::Now(guesses.too_many(wait));
        }
        match &self.authenticator {
            None => Look::Now(Who::Nobody),
            Some(Authenticator::Plain(authenticator)) => {
                let turn = match guesses.turn_on_this_thread(shown.from) {
                    Ok(turn) => turn,
                    Err(wait) => return Look::Now(guesses.too_many(wait)),
                };
                let answer = caught(|| authenticator.authenticate(&credentials));
                Look::Now(shown.judge(answer, turn))
            }
            Some(Authenticator::Waiting { ask }) => {
                let (ask, state) = (Arc::clone(ask), Arc::clone(&self.state));
                let credentials = credentials.into_owned();
                Look::Asks(Asking::for_one(key, async move {
                    let turn = match state.guesses.turn(shown.from).await {
                        Ok(turn) => turn,
                        Err(wait) => return state.guesses.too_many(wait),
                    };
                    if remembered && let Some(known) = state.known.get(key, Instant::now()) {
                        turn.was_no_guess();
                        return Who::Somebody(known);
                    }
                    let answer = match caught(|| ask(credentials)) {
                        Some(answering) => guarded(answering).await,
                        None => None,
                    };
                    shown.judge(answer, turn)
                }))
            }
        }
    }
}

/// What is to be known of credentials whose answer is judged.
struct Shown {
    /// Whether the caller said something, rather than that something is known of them anyway.
    said: bool,
    /// The address whose guess it may be.
    from: Option<IpAddr>,
}

impl Shown {
    fn of(credentials: &Credentials<'_>) -> Self {
        let said = credentials.are_said();
        Self { said, from: credentials.caller_address().filter(|_| said) }
    }

    /// Makes of an answer what it means; `None` is a panic.
    fn judge(&self, answer: Option<Result<Identity, Unauthenticated>>, turn: Turn) -> Who {
        let who = match answer {
            Some(Ok(identity)) => Who::Somebody(Known::new(identity)).now(),
            Some(Err(unauthenticated)) => Who::Refused(unauthenticated.into()),
            None => Who::Refused(Refusal::Fault(panicked("authenticate"))),
        };
        let is_wrong = matches!(&who, Who::Refused(Refusal::Wrong { expired: false, .. }));
        if !is_wrong {
            turn.was_no_guess();
        }
        match who {
            Who::Refused(Refusal::Wrong { .. }) if !self.said => Who::Nobody,
            who => who,
        }
    }
}

impl Guesses {
    /// Who it is that shows something where too much that was wrong has come from.
    fn too_many(&self, wait: Duration) -> Who {
        Who::Refused(Refusal::TooMany { limit: self.limit(), wait })
    }
}

/// Waits for an answer; `None` where that panics.
async fn guarded(mut answering: Answering) -> Option<Result<Identity, Unauthenticated>> {
    poll_fn(|task| match caught(|| answering.as_mut().poll(task)) {
        Some(answer) => answer.map(Some),
        None => Poll::Ready(None),
    })
    .await
}

/// Whether whoever calls sent one request of HTTP, beside which others come over the same connection.
fn is_of_request(context: &CallContext) -> bool {
    context.caller().is_some_and(|caller| caller.is_of_request())
}

/// Whether a request's header is there twice or no text: something in front of this server may read it otherwise.
#[cfg(feature = "http")]
fn has_odd_header(context: &CallContext) -> bool {
    let Some(request) = context.caller().and_then(|caller| caller.request()) else {
        return false;
    };
    let mut values = request.headers.get_all(AUTHORIZATION).iter();
    let first = values.next();
    first.is_some_and(|value| std::str::from_utf8(value.as_bytes()).is_err())
        || values.next().is_some()
}

#[cfg(not(feature = "http"))]
fn has_odd_header(_: &CallContext) -> bool {
    false
}
