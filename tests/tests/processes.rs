//! The models that fork: what happens in one process is no matter of another, and none is left over.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::{add, fail, greet, ping};
use rpc_core::error::Misuse;
use rpc_core::protocol::code;
use rpc_core::server::{ForkPerConnection, Prefork};
use rpc_core::transport::Address;
use rpc_core::{Error, RpcClient, RpcServer, Stub, args, call, kwargs};
use tests::{FRAMINGS, HttpPeer, Peer, Process, Running, Served, until};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const MODELS: [&str; 2] = ["--model fork", "--model prefork --workers 3"];

/// A busy machine may take a while; the promise is 100 ms, and what it was is printed.
const AT_ONCE: Duration = Duration::from_secs(5);

fn say(client: &RpcClient) -> i64 {
    call!(client.add(1, 2, c = 3)).unwrap()
}

fn zombies(server: &Served) -> usize {
    server.children().into_iter().filter(|child| child.is_zombie()).count()
}

#[test]
fn a_conversation_goes_as_in_every_other_model() {
    for model in MODELS {
        let server = Served::start(SERVER, model);
        let client = server.client();
        assert_eq!(say(&client), 6);
        assert_eq!(client.greet("Ada").excited(true).call().unwrap(), "Hello, Ada!");
        assert_eq!(call!(client.ping("ireader 0")).unwrap(), "ireader 0");
        assert_eq!(client.call::<i64>("add", args![1], kwargs! { b: 2 }).unwrap(), 13);
        let unknown = client.call::<i64>("ad", args![], kwargs! {}).unwrap_err();
        assert_eq!(unknown.fault().unwrap().code(), code::METHOD_NOT_FOUND);
        drop(client);
        for framing in FRAMINGS {
            let mut peer = Peer::connect(server.address(), framing);
            let pong = r#"{"result":"ireader 0","out":"pong"}"#;
            assert_eq!(peer.ask(r#"{"in":"ping","params":"ireader 0"}"#), pong, "{model}");
        }
    }
}

#[test]
fn functions_run_in_children_and_never_in_the_process_that_forks() {
    for model in MODELS {
        let server = Served::start(SERVER, model);
        let clients = [server.client(), server.client()];
        let [one, another] = clients.each_ref().map(Served::of);
        assert_ne!(one, another);
        for process in [one, another] {
            assert!(server.children().contains(&process), "{model}");
        }
    }
}

#[test]
fn a_panic_is_answered_and_its_process_goes_on() {
    for model in MODELS {
        let server = Served::start(SERVER, model);
        let client = server.client();
        let process = Served::of(&client);
        let error = call!(client.fail("on purpose")).unwrap_err();
        assert_eq!(error.fault().unwrap().code(), code::INTERNAL_ERROR);
        assert_eq!(Served::of(&client), process, "{model}");
    }
}

#[test]
fn a_process_that_dies_costs_its_own_connection_only() {
    for model in MODELS {
        let server = Served::start(SERVER, model);
        let (client, neighbour) = (server.client(), server.client());
        let process = Served::of(&neighbour);
        let error = client.call::<()>("abort", args![], kwargs! {}).unwrap_err();
        assert!(matches!(error, Error::Io(_)) && error.may_have_run(), "{error}");
        assert_eq!(Served::of(&neighbour), process);
        assert_eq!(say(&server.client()), 6);
        until("no zombie", || zombies(&server) == 0);
    }
}

#[test]
fn each_connection_has_a_process_that_ends_with_it_and_is_reaped() {
    let server = Served::start(SERVER, "--model fork");
    let mut processes = BTreeSet::new();
    for _ in 0..20 {
        processes.insert(Served::of(&server.client()));
    }
    assert_eq!(processes.len(), 20);
    until("no process is left", || server.children().is_empty());
}

#[test]
fn a_connection_over_the_number_of_children_is_told_so_with_its_id() {
    let server = Served::start(SERVER, "--model fork --max-children 2");
    let clients = [server.client(), server.client()];
    let _ = clients.each_ref().map(say);
    for framing in FRAMINGS {
        let mut peer = Peer::connect(server.address(), framing);
        let busy = peer.ask(r#"{"method_name":"add","method_args":[1,2],"id":"mine"}"#);
        assert!(busy.contains(r#""code":-32000"#) && busy.contains(r#""id":"mine""#), "{busy}");
        assert!(peer.is_ended());
    }
    // Peers that say nothing keep nobody from being served, nor the server from accepting.
    let silent: Vec<_> = (0..30).map(|_| Peer::connect(server.address(), FRAMINGS[0])).collect();
    let _ = clients.each_ref().map(say);
    // Accepted in turn, so all of them have been dealt with when the last one has.
    let _ = TcpStream::connect(server.address()).unwrap().read(&mut [0]);
    drop(clients);
    until("there is room again", || {
        let client = server.client();
        client.add(1, 2).call().is_ok()
    });
    drop(silent);
    until("no process is left", || server.children().is_empty());
}

#[test]
fn a_connection_that_gets_no_process_is_told_so_with_its_id() {
    // Shells spell it differently; the path to the server may be closed to another user.
    let script = "{ ulimit -u 1 || ulimit -p 1; } 2>/dev/null; exec /proc/self/fd/0 --model fork";
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdin(File::open(SERVER).unwrap()).stderr(Stdio::null());
    // A user's processes can be limited, and those of the superuser cannot.
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(65_534);
    }
    let mut server = Running::start(&mut command);
    let line = server.line();
    let address: Address = line.strip_prefix("listening ").expect(&line).parse().unwrap();
    for framing in FRAMINGS {
        let mut peer = Peer::connect(&address, framing);
        let busy = peer.ask(r#"{"method_name":"add","method_args":[1,2],"id":"mine"}"#);
        let message = "the server can make no process for a connection now (memory, `ulimit -u` or `TasksMax=` are used up); try again later";
        assert_eq!(
            busy,
            format!(
                r#"{{"error":{{"code":-32000,"message":"{message}","data":{{"retry_after_ms":1000}}}},"id":"mine"}}"#
            )
        );
        assert!(peer.is_ended());
    }
    let mut browser = HttpPeer::connect(address);
    assert_eq!(browser.exchange("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 503);
}

#[test]
fn a_worker_that_is_killed_under_load_is_replaced_at_once() {
    let server = Served::start(SERVER, "--model prefork --workers 3");
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let callers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let client = server.client();
                    let mut failures = 0;
                    while !done.load(Ordering::Relaxed) {
                        match client.add(1, 2).call() {
                            Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                            Err(_) => {
                                failures += 1;
                                0
                            }
                        };
                    }
                    failures
                })
            })
            .collect();
        // Beyond the time in which a worker that dies has died early.
        thread::sleep(Duration::from_millis(1100));
        let before = server.children();
        assert_eq!(before.len(), 3);
        let killed = before[0];
        killed.signal("KILL");
        let took = until("there are three again", || {
            let now = server.children();
            now.len() == 3 && !now.contains(&killed) && zombies(&server) == 0
        });
        println!("a killed worker was replaced within {took:?}");
        assert!(took < AT_ONCE, "{took:?}");
        let so_far = answered.load(Ordering::Relaxed);
        until("calls go on", || answered.load(Ordering::Relaxed) > so_far + 100);
        done.store(true, Ordering::Relaxed);
        let failures: i32 = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
        assert!(failures <= 1, "{failures} calls failed, and one process was killed");
    });
}

#[test]
fn the_port_stays_open_while_every_worker_is_dead() {
    let server = Served::start(SERVER, "--model prefork --workers 2");
    until("the workers are there", || server.children().len() == 2);
    for worker in server.children() {
        worker.signal("KILL");
    }
    // It waits for a new worker, and is not refused.
    assert_eq!(say(&server.client()), 6);
}

#[test]
fn a_worker_that_hangs_in_a_call_is_replaced_and_one_that_is_only_slow_is_not() {
    let server = Served::start(SERVER, "--model prefork --workers 1 --busy-timeout-ms 2000");
    let client = server.client();
    let process = Served::of(&client);
    let number: u64 = client.call("after_ms", args![200, 7], kwargs! {}).unwrap();
    assert_eq!((number, Served::of(&client)), (7, process));
    // An idle worker is at no call, however long.
    thread::sleep(Duration::from_millis(2500));
    assert_eq!(Served::of(&client), process);
    let begun = Instant::now();
    let error = client.call::<u64>("after_ms", args![60_000, 7], kwargs! {}).unwrap_err();
    assert!(error.may_have_run(), "{error}");
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_ne!(Served::of(&server.client()), process);
}

#[test]
fn workers_that_keep_dying_are_replaced_ever_later() {
    let server = Served::start(SERVER, "--model prefork --workers 1");
    let mut births = BTreeSet::new();
    let begun = Instant::now();
    until("six workers have been made", || {
        for worker in server.children() {
            if births.insert(worker) {
                worker.signal("KILL");
            }
        }
        births.len() >= 6
    });
    // At once, then after 100, 200, 400, 800 ms; where one has lived for a second because the
    // machine was busy, that second and then at once again.
    assert!(begun.elapsed() >= Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(say(&server.client()), 6);
}

/// What a server with one worker says while `meanwhile` goes on.
fn said(options: &str, meanwhile: impl FnOnce(&Served, &dyn Fn() -> String)) {
    let (mut told, errors) = io::pipe().unwrap();
    let options = format!("--model prefork --workers 1 {options}");
    let server = Served::start_with_errors_to(errors, SERVER, &options);
    let said = Mutex::new(String::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut room = [0; 4096];
            while let Ok(count @ 1..) = told.read(&mut room) {
                *said.lock().unwrap() += str::from_utf8(&room[..count]).unwrap();
            }
        });
        meanwhile(&server, &|| said.lock().unwrap().clone());
        // Ends what is read.
        drop(server);
    });
}

/// How many deaths a line stands for: its own and those of lines left out.
fn deaths(line: &str) -> u64 {
    let left_out = line.rsplit_once(" (").and_then(|(_, rest)| rest.split_once(" lines before"));
    1 + left_out.map_or(0, |(count, _)| count.parse().unwrap())
}

/// Kills the worker there is, and waits for another.
fn kill_a_worker(server: &Served) -> Process {
    let mut workers = Vec::new();
    until("there is a worker", || {
        workers = server.children();
        workers.len() == 1 && !workers[0].is_zombie()
    });
    workers[0].signal("KILL");
    until("there is another", || {
        let now = server.children();
        now.len() == 1 && now != workers
    });
    workers[0]
}

#[test]
fn a_server_says_which_worker_died_and_how_but_not_more_than_a_line_a_second() {
    said("", |server, said| {
        let begun = Instant::now();
        let killed = kill_a_worker(server);
        let line = format!(
            "rpc server {}: worker {} has ended (signal: 9 (SIGKILL)); another takes its place\n",
            server.process().0,
            killed.0
        );
        until("that is said", || said() == line);
        for _ in 0..3 {
            kill_a_worker(server);
        }
        thread::sleep(Duration::from_secs(1));
        kill_a_worker(server);
        until("each is told of, or counted", || said().lines().map(deaths).sum::<u64>() == 5);
        let lines = said().lines().count() as u64;
        assert!(lines <= 1 + begun.elapsed().as_secs(), "{}", said());
    });
}

#[test]
fn two_workers_that_die_at_once_are_both_told_of() {
    said("--workers 2", |server, said| {
        let mut workers = Vec::new();
        until("there are two workers", || {
            workers = server.children();
            workers.len() == 2 && workers.iter().all(|worker| !worker.is_zombie())
        });
        for worker in workers {
            worker.signal("KILL");
        }
        // Nothing else happens that could have the second told of.
        until("both are told of", || said().lines().map(deaths).sum::<u64>() == 2);
    });
}

#[test]
fn a_server_that_is_told_to_says_nothing() {
    said("--silent yes", |server, said| {
        kill_a_worker(server);
        assert_eq!(said(), "");
    });
}

#[test]
fn a_worker_leaves_after_its_number_of_calls_and_no_caller_notices() {
    let server = Served::start(SERVER, "--model prefork --workers 2 --max-calls 50");
    let client = server.client();
    let mut processes = BTreeSet::new();
    until("several have left", || {
        processes.insert(Served::of(&client));
        processes.len() >= 5
    });
    until("there are two again", || server.children().len() == 2 && zombies(&server) == 0);
}

#[test]
fn no_child_survives_its_parent_however_that_ends() {
    for model in MODELS {
        let server = Served::start(SERVER, model);
        let clients = [server.client(), server.client()];
        let _ = clients.each_ref().map(Served::of);
        // One of them busy with a call.
        let _busy = clients[0].start_sleep();
        let children = server.children();
        assert!(children.len() >= 2);
        server.process().signal("KILL");
        let gone = |child: &Process| !child.exists() || child.is_zombie();
        let took = until("no child runs", || children.iter().all(gone));
        println!("the children of a killed parent were gone within {took:?}");
        assert!(took < AT_ONCE, "{took:?}");
    }
}

#[test]
fn descriptors_stay_as_many_as_they_were() {
    for model in MODELS {
        let server = Served::start(SERVER, model);
        let descriptors = || {
            let workers = server.children().into_iter().filter(|child| !child.is_zombie());
            let workers = workers.map(Process::descriptors).sum::<usize>();
            (server.process().descriptors(), workers)
        };
        let calls = |count| (0..count).for_each(|_| assert_eq!(say(&server.client()), 6));
        // At the same time, so that every worker has served.
        let clients = [(); 3].map(|()| server.client());
        let _ = clients.each_ref().map(say);
        drop(clients);
        calls(50);
        let mut before = descriptors();
        until("the first connections have ended", || {
            thread::sleep(Duration::from_millis(100));
            let now = descriptors();
            std::mem::replace(&mut before, now) == now
        });
        calls(1000);
        let is_as_before = |(parent, workers)| parent <= before.0 && workers <= before.1;
        until("as many as before", || is_as_before(descriptors()));
    }
}

#[test]
fn forking_beside_another_thread_is_refused() {
    // A test has a thread of its own.
    let error = RpcServer::exported().serve_with("127.0.0.1:0", Prefork::workers(2)).unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::ForkWithThreads { threads: 2.. })), "{error}");
    assert!(error.to_string().contains("needs a process with one thread"), "{error}");
    let model = ForkPerConnection::default();
    let error = RpcServer::exported().serve_with("127.0.0.1:0", model).unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::ForkWithThreads { .. })), "{error}");

    let error = RpcServer::exported().start_with("127.0.0.1:0", Prefork::workers(2)).unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::ForkOnThread { model: "prefork" })), "{error}");
    assert!(error.to_string().contains("use `serve_with`"), "{error}");
}

/// A call whose reply nobody waits for yet.
trait StartSleep {
    /// Starts one that takes a minute.
    fn start_sleep(&self) -> impl Sized;
}

impl StartSleep for RpcClient {
    fn start_sleep(&self) -> impl Sized {
        use examples::sleep_ms;
        self.sleep_ms(60_000).start().unwrap()
    }
}
