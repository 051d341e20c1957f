//! What stands between a stub and its connection is written once, and serves both clients.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};

use examples::{add, greet};
use rpc_core::client::{
    Admission, AnyAsyncClient, AnyClient, Attempt, Layered, Policy, RawJson, Verdict,
};
use rpc_core::error::LayerError;
use rpc_core::server::ServerHandle;
use rpc_core::{
    AsyncRpcClient, CallError, Error, Fault, FunctionRegistry, RpcClient, RpcServer, State, Stub,
    args, call, rpc_export,
};
use tests::{Gate, Model, Refusal, pass_gate_later, remember, remembers, run, until, withdraw};
use tokio::task::JoinSet;

/// Fails as often as it was told to, then says how often it has been called.
#[rpc_export(idempotent)]
fn shaky(calls: State<AtomicU64>, failures: u64) -> Result<u64, Fault> {
    let call = calls.fetch_add(1, Ordering::Relaxed) + 1;
    if call <= failures { Err(Fault::new(7, format!("failure {call}"))) } else { Ok(call) }
}

fn server() -> ServerHandle {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    Model::EventLoop.start(RpcServer::of(registry))
}

fn blocking(server: &ServerHandle) -> RpcClient {
    RpcClient::connect(server.address()).unwrap()
}

async fn asynchronous(server: &ServerHandle) -> AsyncRpcClient {
    AsyncRpcClient::connect(server.address()).await.unwrap()
}

/// Notes what it sees, in a list that policies share.
#[derive(Clone, Default)]
struct Notes {
    who: &'static str,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Notes {
    fn of(&self, who: &'static str) -> Self {
        Self { who, ..self.clone() }
    }

    fn note(&self, line: impl std::fmt::Display) {
        self.lines.lock().unwrap().push(format!("{}{line}", self.who));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

impl Policy for Notes {
    fn admit(&self, attempt: &mut Attempt<'_>, _: &Waker) -> Admission {
        self.note(format_args!("asks {} {}", attempt.number(), attempt.call()));
        Admission::Go
    }

    fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        assert!(attempt.elapsed() < Duration::from_secs(60));
        match outcome {
            Ok(result) => self.note(format_args!("has {result}")),
            Err(error) => self.note(format_args!("has {error}")),
        }
        Verdict::Return
    }

    fn ended(&self, _: u64) {
        self.note("ends");
    }
}

/// Calls again what may be run twice.
struct Retry {
    attempts: u32,
    wait: Duration,
}

impl Policy for Retry {
    fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        match outcome {
            Err(error)
                if attempt.number() < self.attempts
                    && (attempt.call().is_idempotent() || !error.may_have_run()) =>
            {
                Verdict::Retry(self.wait)
            }
            _ => Verdict::Return,
        }
    }
}

const THRICE: Retry = Retry { attempts: 3, wait: Duration::from_millis(1) };

#[test]
fn a_policy_sees_each_call_and_what_it_came_to() {
    let server = server();
    let notes = Notes::default();
    let seen = [
        r#"asks 1 add([1,2], {"c":3})"#,
        "has 6",
        "ends",
        r#"asks 1 greet(["Ada"])"#,
        r#"has "Hello, Ada.""#,
        "ends",
        "asks 1 withdraw([130])",
        "has 30 is missing (code 1)",
        "ends",
    ];
    let client = blocking(&server).with(notes.clone());
    assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
    let words: String = client.call("greet", args!["Ada"], ()).unwrap();
    assert_eq!(words, "Hello, Ada.");
    let refusal = client.withdraw(130).call().unwrap_err();
    assert!(matches!(refusal, CallError::Function(Refusal::Missing(30))), "{refusal}");
    assert_eq!(notes.take(), seen);
    run(async {
        let client = asynchronous(&server).await.with(notes.clone());
        assert_eq!(tokio::spawn(call!(client.add(1, 2, c = 3))).await.unwrap().unwrap(), 6);
        let words: String = client.call("greet", args!["Ada"], ()).await.unwrap();
        assert_eq!(words, "Hello, Ada.");
        let refusal = client.withdraw(130).call().await.unwrap_err();
        assert!(matches!(refusal, CallError::Function(Refusal::Missing(30))), "{refusal}");
        assert_eq!(notes.take(), seen);
    });
}

#[test]
fn the_policy_that_is_put_on_last_decides_first() {
    let server = server();
    let notes = Notes::default();
    let seen = [
        "outer asks 1 shaky([1])",
        "inner asks 1 shaky([1])",
        "inner has failure 1 (code 7)",
        "inner ends",
        "inner asks 1 shaky([1])",
        "inner has 2",
        "inner ends",
        "outer has 2",
        "outer ends",
    ];
    let inner = blocking(&server).with(notes.of("inner "));
    let client = inner.with(THRICE).with(notes.of("outer "));
    assert_eq!(client.shaky(1).call().unwrap(), 2);
    assert_eq!(notes.take(), seen);
    let server = self::server();
    run(async {
        let inner = asynchronous(&server).await.with(notes.of("inner "));
        let client = inner.with(THRICE).with(notes.of("outer "));
        assert_eq!(client.shaky(1).call().await.unwrap(), 2);
        assert_eq!(notes.take(), seen);
    });
}

#[test]
fn a_call_is_made_again_only_where_that_is_allowed_and_time_is_left() {
    let server = server();
    let client = blocking(&server).with(THRICE);
    assert_eq!(client.shaky(2).call().unwrap(), 3);
    // `withdraw` says of itself that it has run.
    let notes = Notes::default();
    let client = blocking(&server).with(notes.clone()).with(THRICE);
    client.withdraw(130).call().unwrap_err();
    assert_eq!(notes.take().len(), 3);
    // No time is left for a second attempt, so the first one's error is what comes of it.
    let patient = Retry { attempts: 3, wait: Duration::from_secs(3600) };
    let client = blocking(&server).with(patient);
    let begun = Instant::now();
    let error = client.within(Duration::from_secs(60)).shaky(u64::MAX).call().unwrap_err();
    assert!(error.to_string().contains("failure"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(50));
}

/// Says nothing for the first calls, as a network would.
struct Broken(AtomicU64);

impl Policy for Broken {
    fn outcome(&self, _: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        if outcome.is_err() && self.0.fetch_add(1, Ordering::Relaxed) > 0 {
            return Verdict::Replace(Err(LayerError::new("nobody is there").into()));
        }
        Verdict::Return
    }
}

#[test]
fn an_error_never_says_that_a_call_has_not_run_which_may_have() {
    let server = server();
    let client = blocking(&server).with(Broken(AtomicU64::new(0))).with(THRICE);
    let error = Error::from(client.shaky(u64::MAX).call().unwrap_err());
    assert_eq!(error.to_string(), "nobody is there");
    assert!(matches!(error, Error::Layer(_)) && error.may_have_run());
}

/// Lets a call go at such intervals, after a burst (the generic cell rate algorithm).
struct RateLimit {
    interval: Duration,
    burst: Duration,
    next: Mutex<Option<Instant>>,
}

impl Policy for RateLimit {
    fn admit(&self, attempt: &mut Attempt<'_>, _: &Waker) -> Admission {
        let mut next = self.next.lock().unwrap();
        let due = next.unwrap_or(attempt.now()).max(attempt.now());
        let early = (due - attempt.now()).saturating_sub(self.burst);
        if early.is_zero() {
            *next = Some(due + self.interval);
            return Admission::Go;
        }
        match attempt.time_left() {
            Some(left) if left < early => {
                Admission::Answer(Err(LayerError::new("too many calls").into()))
            }
            _ => Admission::Wait(early),
        }
    }
}

#[test]
fn calls_are_delayed_or_refused() {
    let server = server();
    let interval = Duration::from_millis(30);
    let limit = || RateLimit { interval, burst: interval, next: Mutex::default() };
    let hasty = Duration::from_millis(5);

    let client = blocking(&server).with(limit());
    let begun = Instant::now();
    for _ in 0..5 {
        client.add(1, 2).call().unwrap();
    }
    assert!(begun.elapsed() >= interval * 3, "{:?}", begun.elapsed());
    let refused = client.within(hasty).add(1, 2).call().unwrap_err();
    assert_eq!(refused.to_string(), "too many calls");
    assert!(!refused.may_have_run());

    run(async {
        let client = asynchronous(&server).await.with(limit());
        let begun = Instant::now();
        let mut calls: JoinSet<_> = (0..5).map(|_| client.add(1, 2).call()).collect();
        while let Some(sum) = calls.join_next().await {
            assert_eq!(sum.unwrap().unwrap(), 13);
        }
        assert!(begun.elapsed() >= interval * 3, "{:?}", begun.elapsed());
        let refused = client.within(hasty).add(1, 2).call().await.unwrap_err();
        assert_eq!(refused.to_string(), "too many calls");
    });
}

/// Refuses calls after two failures in a row, until it has rested.
#[derive(Default)]
struct Breaker {
    rest: Duration,
    failures: Mutex<(u32, Option<Instant>)>,
}

impl Policy for Breaker {
    fn admit(&self, attempt: &mut Attempt<'_>, _: &Waker) -> Admission {
        let mut state = self.failures.lock().unwrap();
        match state.1 {
            Some(until) if attempt.now() < until => {
                Admission::Answer(Err(LayerError::new("the circuit is open").into()))
            }
            Some(_) => {
                // This one tries; the others go on being refused.
                state.1 = Some(attempt.now() + self.rest);
                Admission::Go
            }
            None => Admission::Go,
        }
    }

    fn outcome(&self, attempt: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        let mut state = self.failures.lock().unwrap();
        match outcome {
            Ok(_) => *state = (0, None),
            Err(_) => {
                state.0 += 1;
                if state.0 >= 2 {
                    state.1 = Some(attempt.now() + self.rest);
                }
            }
        }
        Verdict::Return
    }
}

#[test]
fn a_breaker_refuses_rests_and_tries_again() {
    let server = server();
    let rest = Duration::from_millis(50);
    let client = blocking(&server).with(Breaker { rest, ..Breaker::default() });
    let says = |expected: &str| {
        let said = client.shaky(2).call().map_or_else(|error| error.to_string(), |n| n.to_string());
        assert_eq!(said, expected);
    };
    says("failure 1 (code 7)");
    says("failure 2 (code 7)");
    let opened = Instant::now();
    while opened.elapsed() < rest / 2 {
        says("the circuit is open");
    }
    until("it tries again", || client.shaky(2).call().is_ok());
    assert!(opened.elapsed() >= rest);
    says("4");
}

/// Answers in place of the server, and in place of its errors.
struct Mock;

impl Policy for Mock {
    fn admit(&self, attempt: &mut Attempt<'_>, _: &Waker) -> Admission {
        match attempt.call().method() {
            "greet" => Admission::Answer(RawJson::of("Hi")),
            _ => Admission::Go,
        }
    }

    fn outcome(&self, _: &Attempt<'_>, outcome: &Result<RawJson, Error>) -> Verdict {
        match outcome {
            Err(_) => Verdict::Replace(RawJson::of(&-1)),
            Ok(_) => Verdict::Return,
        }
    }
}

#[test]
fn a_policy_answers_itself() {
    let server = server();
    let client = blocking(&server).with(Mock);
    assert_eq!(client.greet("Ada").call().unwrap(), "Hi");
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    assert_eq!(client.call::<i64>("no_such", (), ()).unwrap(), -1);
    let mistaken = client.call::<i64>("greet", ["Ada"], ()).unwrap_err();
    assert!(mistaken.to_string().contains("result of `greet`"), "{mistaken}");
    run(async {
        let client = asynchronous(&server).await.with(Mock);
        assert_eq!(client.greet("Ada").call().await.unwrap(), "Hi");
        assert_eq!(client.call::<i64>("no_such", (), ()).await.unwrap(), -1);
    });
}

/// Adds to the metadata of calls, and bounds them.
struct Stamp(&'static str);

impl Policy for Stamp {
    fn admit(&self, attempt: &mut Attempt<'_>, _: &Waker) -> Admission {
        let call = attempt.call_mut();
        let before = call.metadata_value("stamps").unwrap_or_default().to_owned();
        call.set_metadata("stamps", format!("{before}{}", self.0));
        call.set_timeout(Duration::from_millis(100));
        Admission::Go
    }
}

/// Answers with the call's metadata.
struct Tell;

impl Policy for Tell {
    fn admit(&self, attempt: &mut Attempt<'_>, _: &Waker) -> Admission {
        match attempt.call().metadata_value("stamps") {
            Some(stamps) if attempt.call().method() == "greet" => {
                Admission::Answer(RawJson::of(stamps))
            }
            _ => Admission::Go,
        }
    }
}

#[test]
fn a_policy_changes_the_call_that_those_behind_it_see() {
    let server = server();
    let client = AnyClient::new(blocking(&server).with(Tell).with(Stamp("a"))).with(Stamp("b"));
    assert_eq!(client.greet("Ada").call().unwrap(), "ba");
    let gate = Gate::closed();
    let error = client.pass_gate_later(gate.number(), 1).call().unwrap_err();
    assert!(error.to_string().contains("within"), "{error}");
    run(async {
        let inner = AnyAsyncClient::new(asynchronous(&server).await.with(Tell).with(Stamp("a")));
        let client = inner.with(Stamp("b"));
        assert_eq!(client.greet("Ada").call().await.unwrap(), "ba");
        let error = client.pass_gate_later(gate.number(), 1).call().await.unwrap_err();
        assert!(error.to_string().contains("within"), "{error}");
    });
}

#[test]
fn a_notification_passes_policies_too() {
    let server = server();
    let notes = Notes::default();
    let client = blocking(&server).with(notes.clone());
    client.remember("from a policy").notify().unwrap();
    until("it has run", || client.remembers("from a policy").call().unwrap());
    assert_eq!(notes.take()[..3], [r#"asks 1 remember(["from a policy"])"#, "has null", "ends"]);
    run(async {
        let client = asynchronous(&server).await.with(Mock).with(notes.clone());
        client.remember("from another").notify().await.unwrap();
        assert_eq!(notes.take()[1..], ["has null", "ends"]);
    });
}

#[test]
fn a_layered_client_is_shared_and_has_no_type_if_none_is_wanted() {
    /// Puts a policy before any client, of either kind.
    fn sturdy<S: Stub + Send + Sync + 'static>(stub: S) -> Layered<S, Retry> {
        stub.with(THRICE)
    }
    let server = server();
    let client = sturdy(blocking(&server));
    let clients = [AnyClient::new(client.clone()), AnyClient::new(Arc::new(client))];
    for client in &clients {
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
    // Functions of the same process, too.
    assert_eq!(FunctionRegistry::exported().with(Mock).greet("Ada").call().unwrap(), "Hi");
    run(async {
        let client = sturdy(asynchronous(&server).await);
        let math = client.clone().into_at("math");
        let weighed = tokio::spawn(math.call::<i64>("weigh", [1, 2], ()));
        assert_eq!(weighed.await.unwrap().unwrap(), 123);
        let behind = AnyAsyncClient::new(client);
        assert_eq!(behind.add(1, 2).call().await.unwrap(), 13);
    });
}

#[test]
fn an_error_may_be_kept_and_shared() {
    let server = server();
    let address = server.address().to_string();
    drop(server);
    let builder = RpcClient::builder().connect_timeout(Duration::from_millis(50));
    let error = builder.connect(&address).unwrap_err();
    let copy = error.clone();
    assert_eq!(copy.to_string(), error.to_string());
    assert!(std::error::Error::source(&copy).is_some() || matches!(copy, Error::Io(_)));
    let source = std::io::Error::other("the cause");
    let layer = Error::from(LayerError::new("refused").because(source).may_have_run(true));
    assert_eq!(std::error::Error::source(&layer.clone()).unwrap().to_string(), "the cause");
    assert!(layer.may_have_run());
}
