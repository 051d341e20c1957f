//! A call can be kept, sent again and sent elsewhere, and a stub can be kept beside its client.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use examples::{add, echo, greet};
use rpc_core::client::{
    AsyncBatching, AsyncStub, At, Batching, Blocking, BlockingStub, Dialect, FromError, Invocation,
    Notify, OwnedCall, Pipelined, Prepare, Prepared, RawJson, Within,
};
use rpc_core::protocol::{Arguments, Framing};
use rpc_core::types::Bytes;
use rpc_core::{
    AsyncRpcClient, CallError, Error, FunctionRegistry, RpcClient, RpcServer, State, Stub, args,
    call, kwargs, rpc_export,
};
use serde::de::DeserializeOwned;
use tests::{
    EVERY_FRAMING, Fake, Gate, Model, Refusal, pass_gate, pass_gate_later, process_id, run,
    withdraw,
};

/// Counts its calls.
#[rpc_export(idempotent)]
fn tally(count: State<AtomicU64>) -> u64 {
    count.fetch_add(1, Ordering::Relaxed) + 1
}

/// Takes some of everything.
#[rpc_export]
fn describe_all(data: Bytes<'_>, #[default(1)] factor: i64, note: Option<&str>) -> String {
    format!("{:?}, {factor}, {note:?}", &*data)
}

/// Joins its arguments.
#[rpc_export(name = "text.join")]
fn join(#[args] parts: Vec<String>, #[default(",")] separator: &str) -> String {
    parts.join(separator)
}

fn server() -> rpc_core::server::ServerHandle {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    Model::EventLoop.start(RpcServer::of(registry))
}

fn in_dialect(server: &rpc_core::server::ServerHandle, dialect: Dialect) -> RpcClient {
    let url = match dialect {
        Dialect::XmlRpc => format!("http://{}/", server.address()),
        _ => server.address().to_string(),
    };
    RpcClient::builder().dialect(dialect).connect(url).unwrap()
}

const NAMED: [Dialect; 3] = [Dialect::Native, Dialect::JsonRpc, Dialect::XmlRpc];

#[test]
fn a_call_is_sent_again_and_elsewhere() {
    let (here, there) = (server(), server());
    let tally = call!(Prepare.tally()).unwrap();
    for dialect in NAMED {
        let (here, there) = (in_dialect(&here, dialect), in_dialect(&there, dialect));
        let before = tally.send(&here).unwrap();
        assert_eq!(tally.send(&here).unwrap(), before + 1);
        assert_eq!(tally.clone().send(&there).unwrap(), before);
        // As many calls for both.
        there.tally().call().unwrap();
    }
}

#[test]
fn a_kept_call_has_all_its_arguments_whatever_it_is_sent_in() {
    let server = server();
    let bytes = Bytes::from(vec![0, 1, 255]);
    let typed = call!(Prepare.describe_all(bytes.clone(), note = "x", factor = 2)).unwrap();
    let short = call!(Prepare.describe_all(bytes.clone())).unwrap();
    let joined = call!(Prepare.join("a".to_owned(), "b".to_owned())).unwrap();
    let by_name = OwnedCall::new("describe_all", args![&bytes], kwargs! { note: "x", factor: 2 });
    let by_name = by_name.unwrap();
    let check = |typed: String, short: String, by_name: String| {
        assert_eq!(typed, "[0, 1, 255], 2, Some(\"x\")");
        assert_eq!(short, "[0, 1, 255], 1, None");
        assert_eq!(by_name, typed);
    };
    for dialect in NAMED {
        let client = in_dialect(&server, dialect);
        let named: String = by_name.send(&client).unwrap();
        check(typed.send(&client).unwrap(), short.send(&client).unwrap(), named);
        let nowhere = joined.send(&client.at("text")).unwrap_err();
        assert!(nowhere.to_string().contains("text.text.join"), "{nowhere}");
        assert_eq!(joined.send(&client).unwrap(), "a,b");
        run(async {
            let url = match dialect {
                Dialect::XmlRpc => format!("http://{}/", server.address()),
                _ => server.address().to_string(),
            };
            let client = RpcClient::builder().dialect(dialect).connect_async(url).await.unwrap();
            let named: String = by_name.send(&client).await.unwrap();
            let typed = typed.send(&client).await.unwrap();
            check(typed, short.send(&client).await.unwrap(), named);
        });
    }
    // In the same process, too.
    let registry = FunctionRegistry::exported();
    let named: String = by_name.send(&registry).unwrap();
    check(typed.send(&registry).unwrap(), short.send(&registry).unwrap(), named);
}

/// What a client sends for one call.
fn sent(dialect: Dialect, make: impl Fn(&RpcClient)) -> String {
    let (received, messages) = channel();
    let fake = match dialect {
        Dialect::XmlRpc => Fake::start_http(move |mut peer| {
            // Ends without an answer.
            let _ = received.send(peer.receive_request());
        }),
        _ => Fake::start(Framing::LengthPrefix, move |mut peer| {
            let _ = received.send(peer.receive());
        }),
    };
    let url = match dialect {
        Dialect::XmlRpc => format!("http://{}/", fake.address()),
        _ => fake.address().to_string(),
    };
    let client = RpcClient::builder().dialect(dialect).connect(url).unwrap();
    make(&client);
    let message = messages.recv().unwrap();
    message.unwrap()
}

#[test]
fn a_kept_call_is_written_as_one_that_is_made_at_once() {
    for dialect in [
        Dialect::Native,
        Dialect::NativeWithoutIds,
        Dialect::Ping,
        Dialect::JsonRpc,
        Dialect::XmlRpc,
    ] {
        let plain = sent(dialect, |client| drop(client.add(1, 2).call()));
        let kept = sent(dialect, |client| drop(call!(Prepare.add(1, 2)).unwrap().send(client)));
        assert_eq!(kept, plain, "{dialect:?}");
        let plain = sent(dialect, |client| drop(call!(client.add(1, 2, c = 3))));
        let kept =
            sent(dialect, |client| drop(call!(Prepare.add(1, 2, c = 3)).unwrap().send(client)));
        assert_eq!(kept, plain, "{dialect:?}");
        let plain = sent(dialect, |client| drop(call!(client.echo("[{\"a\": 1},"))));
        let kept =
            sent(dialect, |client| drop(call!(Prepare.echo("[{\"a\": 1},")).unwrap().send(client)));
        assert_eq!(kept, plain, "{dialect:?}");
        let timed = |stub: &RpcClient| drop(stub.within(Duration::from_secs(9)).add(1, 2).call());
        let plain = sent(dialect, timed);
        let kept = call!(Prepare.within(Duration::from_secs(9)).add(1, 2)).unwrap();
        assert_eq!(sent(dialect, |client| drop(kept.send(client))), plain, "{dialect:?}");
    }
    let data = Bytes::from(vec![1, 2, 3]);
    let plain = sent(Dialect::XmlRpc, |client| drop(client.describe_all(data.clone()).call()));
    let kept = call!(Prepare.describe_all(data.clone())).unwrap();
    assert!(plain.contains("base64"), "{plain}");
    assert_eq!(sent(Dialect::XmlRpc, |client| drop(kept.send(client))), plain);
}

#[test]
fn a_kept_call_knows_what_it_says_and_its_functions_errors() {
    let mut kept =
        call!(Prepare.within(Duration::from_secs(7)).at("shop").greet("Ada", excited = true))
            .unwrap();
    kept.call_mut().set_metadata("trace", "1");
    kept.call_mut().set_metadata("trace", "2");
    let call = kept.clone().into_call();
    assert_eq!(call.to_string(), r#"shop.greet(["Ada"], {"excited":true})"#);
    assert_eq!((call.method(), &*call.args()), ("shop.greet", r#"["Ada"]"#));
    assert_eq!(call.kwargs(), r#"{"excited":true}"#);
    assert_eq!((call.timeout(), call.is_idempotent()), (Some(Duration::from_secs(7)), false));
    assert_eq!(call.metadata(), [("trace".to_owned(), "2".to_owned())]);
    assert_eq!((call.metadata_value("trace"), call.metadata_value("none")), (Some("2"), None));
    assert_eq!(call.signature().unwrap().name(), "greet");
    assert!(call!(Prepare.tally()).unwrap().call().is_idempotent());
    assert!(OwnedCall::new("f", [f64::NAN], ()).unwrap_err().to_string().contains("NaN"));

    let server = server();
    let client = RpcClient::connect(server.address()).unwrap();
    let kept: Prepared<u64, CallError<Refusal>> = Prepare.withdraw(130).call().unwrap();
    let refusal = kept.send(&client).unwrap_err();
    assert!(matches!(refusal, CallError::Function(Refusal::Missing(30))), "{refusal}");
    let raw: RawJson = Prepare.greet("Ada").call().unwrap().into_call().send(&client).unwrap();
    assert_eq!(raw.get(), r#""Hello, Ada.""#);
}

fn total<C: BlockingStub>(client: &C) -> Result<i64, Error> {
    let sum = call!(client.add(1, 2, c = 3))?;
    let words: String = client.call("greet", args!["Ada"], ())?;
    Ok(sum + i64::try_from(words.len()).unwrap())
}

async fn total_async<C: AsyncStub>(client: &C) -> Result<i64, Error> {
    let sum = call!(client.add(1, 2, c = 3)).await?;
    let words: String = client.call("greet", args!["Ada"], ()).await?;
    Ok(sum + i64::try_from(words.len()).unwrap())
}

fn spawned<C: AsyncStub + Send + Sync + 'static>(
    client: C,
) -> tokio::task::JoinHandle<Result<i64, Error>> {
    tokio::spawn(async move { total_async(&client).await })
}

#[test]
fn functions_over_any_client_name_no_client() {
    let server = server();
    let client = RpcClient::connect(server.address()).unwrap();
    assert_eq!(total(&client).unwrap(), 17);
    assert_eq!(total(&&client).unwrap(), 17);
    assert_eq!(total(&Arc::new(client.clone())).unwrap(), 17);
    assert_eq!(total(&Box::new(Arc::new(client.clone()))).unwrap(), 17);
    assert_eq!(total(&client.within(Duration::from_secs(60))).unwrap(), 17);
    assert_eq!(total(&Twice(client.into_within(Duration::from_secs(60)))).unwrap(), 17);
    assert_eq!(total(&FunctionRegistry::exported()).unwrap(), 17);
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        assert_eq!(total_async(&client).await.unwrap(), 17);
        assert_eq!(total_async(&&client).await.unwrap(), 17);
        assert_eq!(spawned(Arc::new(client.clone())).await.unwrap().unwrap(), 17);
        assert_eq!(spawned(Box::new(Arc::new(client.clone()))).await.unwrap().unwrap(), 17);
        assert_eq!(
            spawned(client.clone().into_within(Duration::from_secs(60))).await.unwrap().unwrap(),
            17
        );
        // A call outlives the stub it was made on.
        let call = tokio::spawn(client.within(Duration::from_secs(60)).add(1, 2).call());
        assert_eq!(call.await.unwrap().unwrap(), 13);
    });
}

#[test]
fn pointers_start_and_notify_too() {
    fn start<S: Pipelined + Notify>(_: &S) {}
    let server = server();
    let client = Arc::new(RpcClient::connect(server.address()).unwrap());
    assert_eq!(client.add(1, 2).start().unwrap().wait().unwrap(), 13);
    assert_eq!(Box::new(&client).add(1, 2).start().unwrap().wait().unwrap(), 13);
    let before = client.tally().call().unwrap();
    start(&&client);
    client.tally().notify().unwrap();
    Box::new(Arc::clone(&client)).tally().notify().unwrap();
    tests::until("both have run", || client.tally().call().unwrap() >= before + 3);
}

#[test]
fn clones_of_a_client_share_its_connection() {
    let mut registry = FunctionRegistry::exported();
    registry.share(AtomicU64::new(0));
    let server = Model::SingleThread.start(RpcServer::of(registry));
    // This model serves one connection at a time, so a second would wait.
    let client = RpcClient::connect(server.address()).unwrap();
    let clone = client.clone();
    assert_eq!(clone.add(1, 2).call().unwrap(), client.add(1, 2).call().unwrap());
    drop(client);
    assert_eq!(clone.process_id().call().unwrap(), std::process::id());
}

/// A client and what stands before it, side by side.
struct Shop {
    text: At<RpcClient>,
    hasty: Within<At<RpcClient>>,
    client: RpcClient,
}

#[test]
fn a_stub_behind_a_prefix_or_within_a_time_is_kept_beside_its_client() {
    let server = server();
    let client = RpcClient::connect(server.address()).unwrap();
    let shop = Shop {
        text: client.clone().into_at("text"),
        hasty: client.clone().into_at("math").into_within(Duration::from_secs(60)),
        client,
    };
    assert_eq!(shop.text.call::<String>("join", ["a", "b"], ()).unwrap(), "a,b");
    assert_eq!(shop.hasty.call::<i64>("weigh", [1, 2], ()).unwrap(), 123);
    assert_eq!(shop.client.add(1, 2).call().unwrap(), 13);
    let nested = shop.client.clone().into_at("a").into_at("b");
    let refusal = nested.add(1, 2).call().unwrap_err();
    assert!(refusal.to_string().contains("`a.b.add`"), "{refusal}");
    let refusal = shop.client.at("a").at("b").add(1, 2).call().unwrap_err();
    assert!(refusal.to_string().contains("`a.b.add`"), "{refusal}");

    let weigh = |stub: &dyn Fn(i64) -> Result<i64, Error>| stub(1);
    assert_eq!(weigh(&|n| shop.hasty.call("weigh", [n], ())).unwrap(), 103);
}

#[test]
fn what_stands_before_a_client_has_batches() {
    for dialect in [Dialect::Native, Dialect::JsonRpc] {
        let server = server();
        let url = format!("http://{}/", server.address());
        let client = RpcClient::builder().dialect(dialect).connect(&url).unwrap();
        let math = client.clone().into_at("math").into_within(Duration::from_secs(60));
        let weighed = math.batch(|calls| {
            (calls.call::<i64>("weigh", [1], ()), calls.call::<i64>("weigh", [1, 2, 4], ()))
        });
        assert_eq!(weighed.unwrap(), (103, 124));
        let outcomes = client.at("text").batch_outcomes(|calls| {
            ["join", "split"]
                .map(|name| calls.call::<String>(name, ["a"], ()))
                .into_iter()
                .collect::<Vec<_>>()
        });
        assert_eq!(outcomes[0].as_deref().unwrap(), "a");
        assert!(outcomes[1].as_ref().unwrap_err().to_string().contains("text.split"));

        run(async {
            let client =
                AsyncRpcClient::builder().dialect(dialect).connect_async(&url).await.unwrap();
            let math = Arc::new(client.into_at("math").into_within(Duration::from_secs(60)));
            let batch = math.batch(|calls| {
                (calls.call::<i64>("weigh", [1], ()), calls.call::<i64>("weigh", [1, 2, 4], ()))
            });
            assert_eq!(batch.await.unwrap(), (103, 124));
            let task =
                async move { math.batch_outcomes(|calls| calls.call::<i64>("add", [1], ())).await };
            assert!(
                tokio::spawn(task).await.unwrap().unwrap_err().to_string().contains("math.add")
            );
        });
    }
}

#[test]
fn of_several_bounds_the_tightest_counts() {
    let server = server();
    let client = RpcClient::connect(server.address()).unwrap();
    let (long, short) = (Duration::from_secs(300), Duration::from_millis(200));
    // Whether it is the client or the server that is first to notice.
    let is_short = |error: Error| assert!(error.to_string().contains("within 200ms"), "{error}");
    let gate = Gate::closed();
    is_short(
        client.within(long).within(short).pass_gate_later(gate.number(), 1).call().unwrap_err(),
    );
    is_short(
        client.within(short).within(long).pass_gate_later(gate.number(), 1).call().unwrap_err(),
    );
    let kept = client.clone().into_within(short).into_within(long);
    is_short(kept.pass_gate_later(gate.number(), 1).call().unwrap_err());
}

/// Calls again what may be run twice, as somebody would write it who has never seen our layers.
struct Twice<S>(S);

impl<S: BlockingStub> Stub for Twice<S> {
    type Kind = Blocking;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<T, E> {
        let first = self.0.invoke(invocation.borrowed());
        if invocation.is_idempotent() { self.0.invoke(invocation) } else { first }
    }
}

/// Notes what calls say.
struct Notes(std::sync::Mutex<Vec<(bool, Option<Duration>, String)>>);

impl Stub for Notes {
    type Kind = Blocking;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<T, E> {
        let call = invocation.to_owned_call().map_err(E::from_error)?;
        let note = (call.is_idempotent(), call.timeout(), format!("{call:?}"));
        self.0.lock().unwrap().push(note);
        serde_json::from_str("1")
            .map_err(|_| E::from_error(rpc_core::error::LayerError::new("no").into()))
    }
}

#[test]
fn a_decorator_of_ones_own_passes_on_what_a_call_says() {
    let stub = Twice(Notes(std::sync::Mutex::default()));
    assert_eq!(stub.within(Duration::from_secs(5)).tally().call().unwrap(), 1);
    assert_eq!(stub.add(1, 2).call().unwrap(), 1);
    let notes = stub.0.0.lock().unwrap();
    let said: Vec<_> = notes.iter().map(|note| (note.0, note.1)).collect();
    let five = Some(Duration::from_secs(5));
    assert_eq!(said, [(true, five), (true, five), (false, None)]);

    let call = OwnedCall::new("f", [1], ()).unwrap();
    let invocation = call.invocation().within(Duration::from_secs(1));
    assert_eq!(invocation.borrowed().timeout(), invocation.timeout());
    let others = OwnedCall::new("g", [2], ()).unwrap();
    let others = others.invocation();
    let other = invocation.with_arguments(others.arguments());
    assert_eq!((other.method(), other.timeout()), ("f", invocation.timeout()));
}

#[test]
fn a_call_in_every_framing_is_the_same() {
    let server = server();
    let kept = call!(Prepare.add(1, 2, c = 3)).unwrap();
    for framing in EVERY_FRAMING {
        let client = RpcClient::builder().framing(framing).connect(server.address()).unwrap();
        assert_eq!(kept.send(&client).unwrap(), 6);
        let gate = Gate::closed();
        let waiting = client.pass_gate(gate.number(), 1).start().unwrap();
        gate.open();
        assert_eq!(waiting.wait().unwrap(), 1);
    }
}
