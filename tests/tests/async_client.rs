//! The asynchronous client calls like the blocking one, from any number of tasks.

#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::net::TcpListener;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use examples::{add, echo, greet};
use rpc_core::client::Dialect;
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, CallError, Error, RpcServer, Stub, args, call, kwargs, rpc_export};
use serde_json::Value;
use tests::{
    DIALECTS, EVERY_FRAMING, Fake, Gate, Model, Refusal, pass_gate_later, run, same, withdraw,
};
use tokio::task::JoinSet;

/// Lets others run for some time, then answers with the number.
#[rpc_export]
async fn number_after_ms(ms: u64, number: u64) -> u64 {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    number
}

#[test]
fn stubs_macro_and_names_are_those_of_the_blocking_client() {
    for model in Model::CONCURRENT {
        let server = model.start(RpcServer::exported());
        run(async {
            for framing in EVERY_FRAMING {
                for dialect in DIALECTS {
                    let builder = AsyncRpcClient::builder().framing(framing).dialect(dialect);
                    let client = builder.connect_async(server.address()).await.unwrap();
                    assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
                    assert_eq!(call!(client.add(1, c = 3, b = 2)).await.unwrap(), 6);
                    assert_eq!(
                        client.greet("Ada").excited(true).call().await.unwrap(),
                        "Hello, Ada!"
                    );
                    let both = client.call::<i64>("add", args![1, 2], kwargs! { c: 3 }).await;
                    match dialect {
                        Dialect::Ping => assert!(
                            both.unwrap_err().to_string().contains("by position or by name")
                        ),
                        _ => assert_eq!(both.unwrap(), 6),
                    }
                    let unknown = client.call::<Value>("ad", args![1], ()).await.unwrap_err();
                    assert!(unknown.to_string().contains("did you mean `add`?"), "{unknown}");
                    let Err(CallError::Function(refusal)) = client.withdraw(120).call().await
                    else {
                        panic!("there was money");
                    };
                    assert_eq!(refusal, Refusal::Missing(20));
                }
            }
        });
    }
}

#[test]
fn a_call_is_made_when_it_is_awaited_and_a_started_one_at_once() {
    let (received, calls) = channel();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        while let Some(call) = peer.receive_call() {
            received.send(call.argument.as_u64().unwrap()).unwrap();
            peer.echo(&call);
        }
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let first = client.call::<u64>("same", [1], ());
        let second = client.same(2.into()).start().unwrap();
        assert_eq!(client.call::<u64>("same", [3], ()).await.unwrap(), 3);
        assert_eq!(second.await.unwrap(), 2);
        assert_eq!(first.await.unwrap(), 1);
        drop(client.call::<u64>("same", [4], ()));
    });
    drop(server);
    assert_eq!(calls.into_iter().collect::<Vec<_>>(), [2, 3, 1]);
}

#[test]
fn tasks_that_share_a_client_get_their_own_replies_in_whatever_order_they_come() {
    let server = Model::EventLoop.start(RpcServer::exported());
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for task in 0..50_u64 {
            let client = client.clone();
            tasks.spawn(async move {
                for n in 0..20 {
                    let number = task * 1000 + n;
                    // Later calls are answered sooner.
                    let ms = (50 - task) % 17 * 10;
                    assert_eq!(client.number_after_ms(ms, number).call().await.unwrap(), number);
                    let text = number.to_string();
                    assert_eq!(client.echo(&text).call().await.unwrap(), text);
                }
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
        }
        // One after another they would take eighty seconds.
        assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    });
}

#[test]
fn what_is_queued_leaves_in_one_write() {
    const CALLS: usize = 200;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut room = vec![0; 1 << 20];
        let count = stream.read(&mut room).unwrap();
        let text = String::from_utf8_lossy(&room[..count]);
        text.matches("method_name").count()
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = AsyncRpcClient::connect(address).await.unwrap();
        // Nobody else runs on this thread until these are awaited.
        let calls: Vec<_> = (0..CALLS).map(|_| client.echo("x").start().unwrap()).collect();
        for call in calls {
            call.await.unwrap_err();
        }
    });
    assert_eq!(server.join().unwrap(), CALLS, "calls in the first read");
}

#[test]
fn the_connection_closes_when_the_last_clone_and_the_last_call_are_gone() {
    let (closed, is_closed) = channel();
    let server = Fake::start(Framing::LengthPrefix, move |mut peer| {
        peer.echo_all();
        closed.send(()).unwrap();
    });
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let clone = client.clone();
        assert_eq!(client.call::<u64>("same", [1], ()).await.unwrap(), 1);
        drop(client);
        assert_eq!(clone.call::<u64>("same", [2], ()).await.unwrap(), 2);
        assert!(is_closed.try_recv().is_err());
        let call = clone.same_later();
        drop(clone);
        assert_eq!(call.await.unwrap(), 3);
        tokio::task::spawn_blocking(move || {
            is_closed.recv_timeout(Duration::from_secs(30)).unwrap();
        })
        .await
        .unwrap();
    });
}

/// A call that is made and not awaited yet.
trait SameLater {
    fn same_later(&self) -> impl Future<Output = Result<u64, Error>> + 'static;
}

impl SameLater for AsyncRpcClient {
    fn same_later(&self) -> impl Future<Output = Result<u64, Error>> + 'static {
        self.call::<u64>("same", [3], ())
    }
}

#[test]
fn what_cannot_be_sent_fails_alone() {
    let server = Model::EventLoop.start(RpcServer::exported());
    run(async {
        let client = AsyncRpcClient::connect(server.address()).await.unwrap();
        let error = client.call::<Value>("same", args![f64::NAN], ()).await.unwrap_err();
        assert!(matches!(error, Error::Misuse(_)) && !error.may_have_run(), "{error}");
        let large = "x".repeat(11 << 20);
        let error = client.echo(&large).call().await.unwrap_err();
        assert!(matches!(error, Error::Misuse(_)) && !error.may_have_run(), "{error}");
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
    });
}

#[test]
fn a_runtime_that_ends_ends_the_connections_on_it_and_nothing_else() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let [open, closed] = [Gate::closed(), Gate::closed()];
    open.open();
    for sent in [true, false] {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (client, call) = runtime.block_on(async {
            let client = AsyncRpcClient::connect(server.address()).await.unwrap();
            let gate = if sent { &closed } else { &open };
            let call = client.pass_gate_later(gate.number(), 1).start().unwrap();
            if sent {
                assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
            }
            (client, call)
        });
        drop(runtime);
        run(async {
            match call.await {
                Err(error) => {
                    assert!(sent && error.may_have_run());
                    assert!(error.to_string().contains("the connection was lost"), "{error}");
                }
                // Nothing had been sent, so it was sent over the next connection.
                Ok(number) => assert!(!sent && number == 1),
            }
            assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
        });
    }
}
