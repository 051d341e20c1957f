//! What clients promise when connections break and servers say odd things.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rpc_core::client::Pending;
use rpc_core::protocol::Framing;
use rpc_core::{AsyncRpcClient, Error, RpcClient};
use tests::{CuttingProxy, Fake, Folder, Received, same};
use tokio::task::JoinSet;

use crate::functions::{note_run, runs};
use crate::model::Model;
use crate::promise::{Client, Effort, Figures, Promise};
use crate::setup::Setup;

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_clients(
        "lost-connections",
        lost_connections,
        "when a connection is lost, each call in flight fails once and says whether it may have run; new calls \
         reconnect",
    )
    .side_by_side(),
    Promise::of_servers(
        "at-most-once",
        Model::ALL,
        at_most_once,
        "no call is sent again after its first byte went out, unless its function is idempotent: counted over 10 000 \
         cut connections",
    ),
    Promise::of_clients(
        "stray-replies",
        stray_replies,
        "replies that are late, doubled, unasked or for another call reach no other call",
    )
    .side_by_side(),
];

/// Makes calls at the same time, and returns what came of each.
fn calls_at_once(client: &AnyClient, numbers: std::ops::Range<u64>) -> Vec<Result<u64, Error>> {
    let value = |result: Result<serde_json::Value, Error>| {
        result.map(|value| value.as_u64().unwrap_or(u64::MAX))
    };
    match client {
        AnyClient::Blocking(client) => {
            let started: Vec<_> = numbers.map(|n| client.same(n.into()).start()).collect();
            started.into_iter().map(|call| value(call.and_then(Pending::wait))).collect()
        }
        AnyClient::Asynchronous(runtime, client) => runtime.block_on(async {
            let calls: Vec<_> = numbers
                .map(|n| {
                    let client = client.clone();
                    tokio::spawn(async move { client.same(n.into()).call().await })
                })
                .collect();
            let mut results = Vec::new();
            for call in calls {
                results.push(value(call.await.unwrap()));
            }
            results
        }),
    }
}

/// One of the clients, with what it needs.
enum AnyClient {
    Blocking(RpcClient),
    Asynchronous(tokio::runtime::Runtime, AsyncRpcClient),
}

impl AnyClient {
    fn connect(which: Client, address: std::net::SocketAddr) -> Self {
        // A reply that never comes is one that is wrong.
        let builder = RpcClient::builder().call_timeout(Duration::from_secs(20));
        match which {
            Client::Blocking => Self::Blocking(builder.connect(address).unwrap()),
            Client::Asynchronous => {
                let mut runtime = tokio::runtime::Builder::new_multi_thread();
                let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
                let client = runtime.block_on(builder.connect_async(address)).unwrap();
                Self::Asynchronous(runtime, client)
            }
        }
    }
}

/// A server that answers some of what it is asked, and leaves at the first of the others.
fn lost_connections(which: Client, effort: Effort) -> Figures {
    const CALLS: u64 = 50;
    let rounds = effort.pick(20, 500);
    let received = Arc::new(Mutex::new(HashSet::new()));
    let server = Fake::start(Framing::LengthPrefix, {
        let received = Arc::clone(&received);
        move |mut peer| {
            while let Some(call) = peer.receive_call() {
                let Some(number) = call.argument.as_u64() else { continue };
                received.lock().unwrap().insert(number);
                if number % CALLS >= CALLS / 2 {
                    return;
                }
                let _ = peer.try_send(&format!(r#"{{"res":{number},"id":{}}}"#, call.id));
            }
        }
    });
    let client = AnyClient::connect(which, server.address());
    let (mut answered, mut lost, mut wrong) = (0, 0, Vec::new());
    for round in 0..rounds {
        let numbers = round * CALLS..(round + 1) * CALLS;
        for (number, result) in numbers.clone().zip(calls_at_once(&client, numbers)) {
            let has_come = received.lock().unwrap().contains(&number);
            match result {
                Ok(reply) if reply == number => answered += 1,
                Err(error) if error.may_have_run() && !error.is_timeout() => lost += 1,
                Err(error) if !has_come && !error.is_timeout() => lost += 1,
                other => wrong.push(format!("call {number}, received: {has_come}: {other:?}")),
            }
        }
    }
    drop(client);
    Figures::new()
        .told("connections", f64::from(u32::try_from(rounds).unwrap()), "")
        .at_least("answered", f64::from(answered), "", 1.0)
        .at_least("failed", f64::from(lost), "", 1.0)
        .none_of("without a true outcome", &wrong)
}

/// Calls through a network that cuts connections; the functions write down that they have begun.
fn at_most_once(setup: Setup) -> Figures {
    let cuts = setup.pick(60, 1700);
    let folder = Folder::new();
    let file = folder.file("runs");
    File::create(&file).unwrap();
    let path = file.to_str().unwrap();
    let server = setup.serve("--max-connections 200 --idle-timeout-ms 2000");
    let proxy = CuttingProxy::start(&server.address());
    let next = AtomicU64::new(0);
    let mut outcomes = HashMap::new();
    let client = RpcClient::connect(proxy.address()).unwrap();
    let of_threads: Vec<(u64, Result<u64, Error>)> = thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut outcomes = Vec::new();
                    while proxy.cuts() < cuts / 2 {
                        let calls = [(); 3].map(|()| next.fetch_add(1, Ordering::Relaxed));
                        let started = calls.map(|call| client.note_run(path, call, 0).start());
                        for (call, started) in calls.into_iter().zip(started) {
                            outcomes.push((call, started.and_then(Pending::wait)));
                        }
                    }
                    outcomes
                })
            })
            .collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    outcomes.extend(of_threads);
    outcomes.extend(tests::run(async {
        let client = AsyncRpcClient::connect(proxy.address()).await.unwrap();
        let mut outcomes = Vec::new();
        while proxy.cuts() < cuts {
            let mut calls = JoinSet::new();
            for _ in 0..8 {
                let call = next.fetch_add(1, Ordering::Relaxed);
                let (client, path) = (client.clone(), path.to_owned());
                calls.spawn(async move { (call, client.note_run(&path, call, 0).call().await) });
            }
            // Given up, which must not make it run twice.
            let _ = client.note_run(path, next.fetch_add(1, Ordering::Relaxed), 0).start();
            outcomes.extend(calls.join_all().await);
        }
        outcomes
    }));
    let cut = proxy.cuts();
    drop((client, proxy));
    // What has not run by then never will.
    let mut server = server;
    server.process().signal("TERM");
    server.wait();
    let mut times = HashMap::new();
    for call in runs(&file) {
        *times.entry(call).or_insert(0_usize) += 1;
    }
    let twice = times.values().filter(|times| **times > 1).count();
    let ran = |call: &u64| times.contains_key(call);
    let untrue = outcomes.iter().filter(|(call, result)| match result {
        Ok(number) => number != *call || !ran(call),
        Err(error) => !error.may_have_run() && ran(call),
    });
    let untrue: Vec<_> = untrue.map(|(call, result)| format!("call {call}: {result:?}")).collect();
    let answered = outcomes.values().filter(|result| result.is_ok()).count();
    Figures::new()
        .told("cuts", cut as f64, "")
        .told("calls", outcomes.len() as f64, "")
        .at_least("answered", answered as f64, "", outcomes.len() as f64 / 4.0)
        .none("run twice", twice)
        .none_of("untrue outcomes", &untrue)
}

/// A server that says much besides what it is asked.
fn stray_replies(which: Client, effort: Effort) -> Figures {
    let calls = effort.pick(500, 50_000);
    let server = Fake::start(Framing::LengthPrefix, |mut peer| {
        let mut last: Option<Received> = None;
        while let Some(call) = peer.receive_call() {
            let id = call.id.as_u64().unwrap();
            let strays = [
                format!(r#","id":{}"#, id + 1_000_000),
                r#","id":18446744073709551616"#.to_owned(),
                r#","id":-1"#.to_owned(),
                r#","id":"somebody""#.to_owned(),
            ];
            for stray in strays {
                let _ = peer.try_send(&format!(r#"{{"res":4711{stray}}}"#));
            }
            if let Some(last) = last.replace(call.clone()) {
                // The reply of the call before, once more.
                let _ = peer.try_send(&format!(r#"{{"res":4712,"id":{}}}"#, last.id));
            }
            let _ = peer.try_send(&format!(r#"{{"res":{},"id":{}}}"#, call.argument, call.id));
        }
    });
    let client = AnyClient::connect(which, server.address());
    let mut wrong = Vec::new();
    for number in 0..calls {
        for result in calls_at_once(&client, number..number + 1) {
            match result {
                Ok(reply) if reply == number => {}
                other => wrong.push(format!("call {number}: {other:?}")),
            }
        }
    }
    drop(client);
    Figures::new()
        .told("calls", calls as f64, "")
        .told("stray replies", calls as f64 * 5.0, "")
        .none_of("calls with another outcome", &wrong)
}
