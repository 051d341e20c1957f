//! Stopping and restarting: under load, early, twice, and with a function that hangs.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::RpcClient;
use rpc_core::protocol::Framing;
use serde_json::json;
use tests::{Process, Served, frame, until};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::system::{connections, ms};
use crate::wire::{Wire, native};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "stop",
        Model::ALL,
        stop,
        "TERM and INT under load: the server answers what it has accepted and exits with 0; of 200 000 calls none is \
         lost",
    ),
    Promise::of_servers(
        "restart",
        Model::OF_WORKERS,
        restart,
        "HUP under load replaces the workers; of 200 000 calls none is lost",
    ),
    Promise::of_servers(
        "second-signal",
        Model::ALL,
        second_signal,
        "a second signal ends the server at once",
    )
    .side_by_side(),
    Promise::of_servers(
        "early-signal",
        Model::ALL,
        early_signal,
        "TERM in the moment after the address is known: exits with 0",
    ),
    Promise::of_servers(
        "stop-timeout",
        Model::ALL,
        stop_timeout,
        "a plain function that hangs holds a stopping server up for the stop timeout (30 s) and no longer; who is cut \
         off is told (-32003)",
    )
    .side_by_side(),
];

/// Waits until a process has ended, and returns after how long.
fn ended(process: Process, patience: Duration) -> Option<Duration> {
    let begun = Instant::now();
    while process.exists() && !process.is_zombie() {
        if begun.elapsed() > patience {
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
    Some(begun.elapsed())
}

/// Stops servers again and again while clients call, over a connection each and over one for each call.
fn stop(setup: Setup) -> Figures {
    let wanted = setup.pick(4000, 200_000);
    let (mut calls, mut lost, mut failed_exits, mut stops) = (0, Vec::new(), 0, 0);
    while calls < wanted {
        let mut server = setup.serve("--workers 2");
        let made = AtomicUsize::new(0);
        let errors = thread::scope(|scope| {
            let builder = RpcClient::builder().connect_timeout(Duration::from_millis(100));
            let callers: Vec<_> = (0..6)
                .map(|number| {
                    let (made, server, builder) = (&made, &server, builder.clone());
                    scope.spawn(move || {
                        if number < 4 {
                            let client = builder.connect(server.address()).ok()?;
                            calls_until_error(&client, made)
                        } else {
                            // Whoever cannot connect has lost nothing.
                            loop {
                                let client = builder.connect(server.address()).ok()?;
                                match client.add(1, 2).call() {
                                    Ok(13) => made.fetch_add(1, Ordering::Relaxed),
                                    Ok(other) => return Some(format!("1 + 2 + 10 = {other}")),
                                    Err(error) => {
                                        return error.may_have_run().then(|| error.to_string());
                                    }
                                };
                            }
                        }
                    })
                })
                .collect();
            until("there is load", || made.load(Ordering::Relaxed) > setup.pick(1000, 10_000));
            server.process().signal(if stops % 2 == 0 { "TERM" } else { "INT" });
            callers.into_iter().filter_map(|caller| caller.join().unwrap()).collect::<Vec<_>>()
        });
        lost.extend(errors);
        failed_exits += usize::from(!server.wait().success());
        calls += made.into_inner();
        stops += 1;
    }
    Figures::new()
        .told("calls", calls as f64, "")
        .told("stops", f64::from(stops), "")
        .none_of("calls lost", &lost)
        .none("exits with another code than 0", failed_exits)
}

/// Calls until that fails; returns the error of a call that is lost.
fn calls_until_error(client: &RpcClient, made: &AtomicUsize) -> Option<String> {
    loop {
        match client.add(1, 2).call() {
            Ok(13) => made.fetch_add(1, Ordering::Relaxed),
            Ok(other) => return Some(format!("1 + 2 + 10 = {other}")),
            // What has not run is no loss: its caller is told so.
            Err(error) => return error.may_have_run().then(|| error.to_string()),
        };
    }
}

/// Replaces workers while clients call.
fn restart(setup: Setup) -> Figures {
    let calls = setup.pick(5000, 200_000);
    let renewals = setup.pick(2, 20);
    let server = setup.serve("--workers 2");
    let (made, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let client = server.client();
                while made.fetch_add(1, Ordering::Relaxed) < calls {
                    let is_lost = client.add(1, 2).call().is_err();
                    lost.fetch_add(usize::from(is_lost), Ordering::Relaxed);
                }
            });
        }
        for renewal in 1..=renewals {
            let share = calls * renewal / (renewals + 1);
            while made.load(Ordering::Relaxed) < share {
                thread::sleep(Duration::from_millis(1));
            }
            server.process().signal("HUP");
        }
    });
    Figures::new()
        .told("calls", calls as f64, "")
        .told("restarts", renewals as f64, "")
        .none("calls lost", lost.into_inner())
}

/// A peer whose call runs and does not end.
fn hanging(server: &Served) -> Wire {
    let mut wire = Wire::connect(server);
    wire.send(frame(Framing::LengthPrefix, native(1, "after_ms", &json!([600_000, 1])).as_bytes()));
    until("the call is accepted", || connections(&server.address()) >= 1);
    wire
}

/// Signals twice while a call runs.
fn second_signal(setup: Setup) -> Figures {
    let server = setup.serve("");
    let _peer = hanging(&server);
    server.process().signal("TERM");
    tests::until_closed(server.address());
    server.process().signal("TERM");
    let took = ended(server.process(), Duration::from_secs(20));
    Figures::new().at_most(
        "ended after",
        ms(took.unwrap_or(Duration::from_secs(20))),
        "ms",
        setup.pick(1000.0, 200.0),
    )
}

/// Signals as soon as there is an address.
fn early_signal(setup: Setup) -> Figures {
    let starts = setup.pick(5, 100);
    let mut failed = 0;
    for _ in 0..starts {
        let mut server = setup.serve("");
        server.process().signal("TERM");
        failed += usize::from(!server.wait().success());
    }
    Figures::new()
        .told("starts", f64::from(starts), "")
        .none("exits with another code than 0", failed)
}

/// Stops a server at which a call hangs and another waits.
fn stop_timeout(setup: Setup) -> Figures {
    let timeout = Duration::from_millis(setup.pick(1000, 30_000));
    let server = setup.serve(&format!("--stop-timeout-ms {}", timeout.as_millis()));
    let mut peer = hanging(&server);
    server.process().signal("TERM");
    let patience = timeout * 2 + Duration::from_secs(5);
    let took = ended(server.process(), patience);
    let reply = peer.rest_as_text(Duration::from_secs(1)).unwrap_or_default();
    Figures::new()
        .at_most(
            "ended after",
            took.unwrap_or(patience).as_secs_f64(),
            "s",
            timeout.as_secs_f64() * 1.05 + 0.5,
        )
        .none("callers cut off without a word", usize::from(!reply.contains("-32003")))
}
