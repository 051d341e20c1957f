//! Processes that die, hang, or may not be made.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::{add, sleep_ms};
use rpc_core::{Stub, args, kwargs};
use tests::{Process, Served, until};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::system::{family, ms};

pub(super) const PROMISES: &[Promise] = &[
    Promise::of_servers(
        "killed-processes",
        Model::OF_PROCESSES,
        killed,
        "a worker that is killed is replaced within 100 ms; only calls in flight fail, no zombie stays, and the port \
         never closes",
    ),
    Promise::of_servers(
        "hung-workers",
        Model::OF_WORKERS,
        hung,
        "a worker that hangs is replaced after its timeout",
    )
    .side_by_side(),
    Promise::of_servers(
        "dying-workers",
        Model::OF_WORKERS,
        dying,
        "when workers keep dying, new ones are made more and more slowly, and afterwards there are some again",
    )
    .side_by_side(),
    Promise::of_servers(
        "fork-beside-threads",
        Model::OF_PROCESSES,
        beside_threads,
        "a process that has a second thread is not forked; the refusal says so",
    )
    .side_by_side(),
];

/// The processes that serve: those that run.
fn workers(server: &Served) -> Vec<Process> {
    server.children().into_iter().filter(|child| !child.is_zombie()).collect()
}

/// Waits for something that may come at any moment, and returns after how long it came.
fn wait_for(what: &str, so: impl FnMut() -> bool) -> Duration {
    until(what, so)
}

/// Kills processes while clients call, and while others connect.
fn killed(setup: Setup) -> Figures {
    const CALLERS: usize = 3;
    let kills = setup.pick(2, 30);
    let server = setup.serve("--workers 3");
    let is_over = AtomicBool::new(false);
    let (calls, failures, unreachable) =
        (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let mut slowest = Duration::ZERO;
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                let client = server.client();
                while !is_over.load(Ordering::Relaxed) {
                    calls.fetch_add(1, Ordering::Relaxed);
                    if client.add(1, 2).call().is_err() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let failed = TcpStream::connect(server.address()).is_err();
                unreachable.fetch_add(usize::from(failed), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
            }
        });
        for _ in 0..kills {
            // A worker that dies within a second of its start is replaced with a pause.
            thread::sleep(Duration::from_millis(1100));
            let before = workers(&server);
            let Some(&victim) = before.first() else { continue };
            victim.signal("KILL");
            let took = wait_for("a new process", || {
                let now = workers(&server);
                match setup.model {
                    Model::ForkPerConnection => !now.contains(&victim),
                    _ => now.len() >= before.len() && !now.contains(&victim),
                }
            });
            slowest = slowest.max(took);
            let so_far = calls.load(Ordering::Relaxed);
            wait_for("calls go on", || calls.load(Ordering::Relaxed) > so_far + 20);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    let zombies = || server.children().into_iter().filter(|child| child.is_zombie()).count();
    until("the dead are reaped", || zombies() == 0);
    Figures::new()
        .told("calls", calls.into_inner() as f64, "")
        .at_most("replaced after", ms(slowest), "ms", setup.pick(1000.0, 100.0))
        .at_most(
            "calls failed of each kill",
            failures.into_inner() as f64 / f64::from(kills),
            "",
            CALLERS as f64,
        )
        .none("connections refused", unreachable.into_inner())
}

/// A function that does not end, in a worker that is given half a second.
fn hung(setup: Setup) -> Figures {
    const TIMEOUT: Duration = Duration::from_millis(500);
    let server = setup.serve("--workers 1 --busy-timeout-ms 500");
    until("the worker is there", || workers(&server).len() == 1);
    let before = workers(&server);
    let client = server.client();
    let begun = Instant::now();
    let hanging = client.sleep_ms(600_000).start().unwrap();
    wait_for("the worker is replaced", || {
        let now = workers(&server);
        now.len() == 1 && now != before
    });
    let took = begun.elapsed();
    let failed = hanging.wait().is_err();
    let sum = server.client().add(1, 2).call().unwrap_or(0);
    Figures::new()
        .at_most("replaced after", ms(took), "ms", ms(TIMEOUT * 4))
        .at_least("replaced not before", ms(took), "ms", ms(TIMEOUT))
        .none("callers without an error", usize::from(!failed))
        .none("wrong answers afterwards", usize::from(sum != 13))
}

/// Kills workers for as long as there are any.
fn dying(setup: Setup) -> Figures {
    let seconds = setup.pick(3, 20);
    let server = setup.serve("--workers 1");
    let begun = Instant::now();
    let mut seen = BTreeSet::new();
    while begun.elapsed() < Duration::from_secs(seconds) {
        for worker in workers(&server) {
            if seen.insert(worker) {
                // It may have gone by itself, as the last one of a pair does.
                let _ = server.client().within(Duration::from_millis(500)).call::<()>(
                    "abort",
                    args![],
                    kwargs! {},
                );
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
    let made = seen.len();
    let begun = Instant::now();
    until("a worker serves again", || {
        server.client().within(Duration::from_secs(1)).add(1, 2).call().is_ok()
    });
    // 100 ms, doubled up to 5 s.
    Figures::new().at_most("workers made", made as f64, "", setup.pick(9.0, 12.0)).at_most(
        "served again after",
        begun.elapsed().as_secs_f64(),
        "s",
        7.0,
    )
}

/// A server that is started beside a thread.
fn beside_threads(setup: Setup) -> Figures {
    let mut command = setup.command("--with-a-thread 1");
    let mut program = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let process = Process(program.id());
    let begun = Instant::now();
    while !process.is_zombie() && begun.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(1));
    }
    let is_refused = process.is_zombie();
    let made = family(process).len() - 1;
    let _ = program.kill();
    let output = program.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let says_why = said.contains("needs a process with one thread");
    Figures::new()
        .none("started all the same", usize::from(!is_refused || output.status.success()))
        .none("processes made", made)
        .none_of("refusals that do not say why", &if says_why { vec![] } else { vec![said] })
}
