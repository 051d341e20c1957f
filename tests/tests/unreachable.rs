//! When no connection can be made, calls end together, however many wait for one.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::Dialect;
use rpc_core::error::IoErrorKind;
use rpc_core::transport::Address;
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub};
use tests::{Model, run};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

const CALLS: i64 = 40;

/// How long a client tries to connect: the calls together far less than one after another would.
const PATIENCE: Duration = Duration::from_secs(1);
const TOGETHER: Duration = Duration::from_secs(15);

/// What has come to be at the address of a server.
#[derive(Debug, Clone, Copy)]
enum There {
    /// Nobody; the operating system says so.
    Nobody,
    /// Somebody whose queue is full, so that who connects is not even refused.
    Silence,
}

impl There {
    /// Takes the place of a server that has stopped; what is returned keeps it.
    fn begin(self, address: &Address) -> Option<(TcpListener, Vec<TcpStream>)> {
        if matches!(self, Self::Nobody) {
            return None;
        }
        let address = address.socket_addr().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(1).unwrap().into_std().unwrap();
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let queue: Vec<_> = (0..64).map_while(connect).collect();
        assert!(queue.len() < 64, "the queue is full");
        Some((listener, queue))
    }
}

/// No connection was made, and nothing has run.
fn assert_unreachable(outcome: Result<i64, Error>) {
    let error = outcome.unwrap_err();
    let is_connect = matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect);
    assert!(is_connect && !error.may_have_run(), "{error}");
}

fn from_threads(client: &RpcClient) {
    thread::scope(|scope| {
        for n in 0..CALLS {
            scope.spawn(move || assert_unreachable(client.add(n, 0).call()));
        }
    });
}

fn in_a_batch(client: &RpcClient) {
    let calls = client
        .batch_outcomes(|calls| (0..CALLS).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
    calls.into_iter().for_each(assert_unreachable);
}

async fn from_tasks(client: AsyncRpcClient) {
    let mut tasks = JoinSet::new();
    for n in 0..CALLS {
        tasks.spawn(client.add(n, 0).call());
    }
    tasks.join_all().await.into_iter().for_each(assert_unreachable);
}

async fn in_an_asynchronous_batch(client: AsyncRpcClient) {
    let calls = client
        .batch_outcomes(|calls| (0..CALLS).map(|n| calls.add(n, 0).call()).collect::<Vec<_>>());
    calls.await.into_iter().for_each(assert_unreachable);
}

/// Makes calls of a server that has gone in every way, and sees that they end together.
fn end_together(there: There, scheme: &str, dialect: Dialect) {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address();
    let url = format!("{scheme}://{address}");
    let builder = RpcClient::builder().dialect(dialect).connect_timeout(PATIENCE);
    let client = builder.connect(&url).unwrap();
    run(async {
        let asynchronous = builder.connect_async(&url).await.unwrap();
        server.stop();
        server.wait().unwrap();
        let _place = there.begin(&address);
        let mut begun = Instant::now();
        let mut assert_together = |way| {
            let took = begun.elapsed();
            assert!(took < TOGETHER, "{there:?}, {scheme}, {way}: {took:?}");
            begun = Instant::now();
        };
        from_tasks(asynchronous.clone()).await;
        assert_together("from tasks");
        in_an_asynchronous_batch(asynchronous).await;
        assert_together("in an asynchronous batch");
        from_threads(&client);
        assert_together("from threads");
        in_a_batch(&client);
        assert_together("in a batch");
    });
}

#[test]
fn calls_that_wait_for_a_connection_in_vain_end_together() {
    thread::scope(|scope| {
        for there in [There::Nobody, There::Silence] {
            for (scheme, dialect) in [
                ("tcp", Dialect::Native),
                ("ws", Dialect::Native),
                ("http", Dialect::JsonRpc),
                ("http", Dialect::XmlRpc),
            ] {
                scope.spawn(move || end_together(there, scheme, dialect));
            }
        }
    });
}

#[test]
fn a_call_waits_for_a_connection_no_longer_than_it_may() {
    let server = Model::EventLoop.start(RpcServer::exported());
    let address = server.address();
    let builder = RpcClient::builder().connect_timeout(Duration::from_secs(120));
    let client = builder.connect(&address).unwrap();
    server.stop();
    server.wait().unwrap();
    let _place = run(async { There::Silence.begin(&address) });
    thread::scope(|scope| {
        // One tries to connect, and others wait for it.
        for _ in 0..3 {
            scope.spawn(|| {
                let begun = Instant::now();
                let call = client.within(Duration::from_millis(300)).add(1, 2).call();
                assert!(!call.unwrap_err().may_have_run());
                assert!(begun.elapsed() < TOGETHER, "{:?}", begun.elapsed());
            });
        }
    });
}

#[test]
fn a_server_that_was_never_there_is_not_waited_for() {
    // Long enough that the test would not end.
    let builder = RpcClient::builder().connect_timeout(Duration::from_secs(600));
    for dialect in [Dialect::JsonRpc, Dialect::XmlRpc] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let builder = builder.clone().dialect(dialect);
        let begun = Instant::now();
        // Over HTTP the first call connects.
        assert_unreachable(builder.connect(&url).unwrap().add(1, 2).call());
        run(async {
            let client = builder.connect_async(&url).await.unwrap();
            assert_unreachable(client.add(1, 2).call().await);
        });
        assert!(begun.elapsed() < TOGETHER, "{:?}", begun.elapsed());
    }
}
