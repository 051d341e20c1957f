//! A machine that has no process, thread or descriptor left: callers are told, and the log is short.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use rpc_core::protocol::Framing;
use tests::{Folder, HttpPeer, Peer, Process, Served, until};

const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

/// A server, and the file it writes its log into.
struct Logged {
    server: Served,
    log: std::path::PathBuf,
    user: u32,
    since: Instant,
    _folder: Folder,
}

impl Logged {
    /// Starts one as another user, since a superuser's processes are not limited.
    fn start(options: &str, user: u32) -> Self {
        Self::start_after("", options, user)
    }

    /// The same after commands of the shell.
    fn start_after(before: &str, options: &str, user: u32) -> Self {
        let folder = Folder::new();
        let log = folder.file("log");
        // The path to the program may be closed to another user.
        let script = format!("{before} exec /proc/self/fd/0 {options}");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).stdin(File::open(SERVER).unwrap());
        command.stderr(File::create(&log).unwrap());
        as_user(&mut command, user);
        let server = Served::start_by(&mut command);
        Self { server, log, user, since: Instant::now(), _folder: folder }
    }

    /// Lets a process of it have only so much from now on.
    fn limit(&self, process: Process, what: &str, count: usize) {
        // The greatest limit stays, so that it can be set back.
        let limit = format!("--{what}={count}:");
        let mut command = Command::new("prlimit");
        command.args(["--pid", &process.0.to_string(), &limit]);
        as_user(&mut command, self.user);
        assert!(command.status().unwrap().success());
    }

    /// Every process of it.
    fn processes(&self) -> Vec<Process> {
        self.server.children().into_iter().chain([self.server.process()]).collect()
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// At most a line a second is said.
    fn assert_short(&self, place: &str) {
        let (lines, seconds) = (self.log().lines().count(), self.since.elapsed().as_secs());
        assert!(lines <= usize::try_from(seconds).unwrap() + 2, "{place}: {}", self.log());
        assert!(lines > 0, "{place}");
    }

    fn ask(&self) -> String {
        self.say(ADD)
    }

    /// Sends something, and reads what is answered at once.
    fn say(&self, words: &str) -> String {
        let mut caller = TcpStream::connect(self.server.address()).unwrap();
        caller.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        caller.write_all(words.as_bytes()).unwrap();
        let mut told = [0; 512];
        let count = caller.read(&mut told).unwrap();
        String::from_utf8_lossy(&told[..count]).trim_end().to_owned()
    }
}

/// Has it be another user's, where this one's processes are not limited.
fn as_user(command: &mut Command, user: u32) {
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(user);
    }
}

#[test]
fn without_a_process_or_thread_each_caller_is_told() {
    for (user, options) in [(65_531, "--model fork"), (65_532, "--model threads")] {
        // The second lets a process be made, and no thread in it.
        for more in [0, 1] {
            let logged = Logged::start(options, user);
            assert_eq!(logged.ask(), SUM, "{options}");
            until("its process has ended", || logged.server.children().is_empty());
            let pid = logged.server.process().0;
            let mut threads = 0;
            until("its thread has ended", || {
                threads = fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count);
                threads == if options.ends_with("fork") { 1 } else { 3 }
            });
            let process = logged.server.process();
            let count = if options.ends_with("fork") { threads + more } else { threads };
            logged.limit(process, "nproc", count);
            for _ in 0..200 {
                let told = logged.ask();
                assert!(told.contains(r#""code":-32000"#), "{options}, {more}: {told}");
                assert!(told.ends_with(r#""id":1}"#), "{options}, {more}: {told}");
            }
            logged.assert_short(options);
            assert!(logged.log().contains("`ulimit -u` or `TasksMax=`"), "{}", logged.log());
            logged.limit(process, "nproc", 10_000);
            until("there is room again", || logged.ask() == SUM);
        }
    }
}

#[test]
fn without_a_descriptor_a_line_a_second_says_so() {
    for model in ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"] {
        let options = format!("--model {model} --workers 1");
        let logged = Logged::start(&options, 65_533);
        assert_eq!(logged.ask(), SUM, "{model}");
        let children = logged.server.children();
        let process = match children.as_slice() {
            [worker] if model.starts_with("prefork") => *worker,
            _ => logged.server.process(),
        };
        logged.limit(process, "nofile", 3);
        let begun = Instant::now();
        let waiting = TcpStream::connect(logged.server.address()).unwrap();
        until("it is said", || logged.log().contains("no connection can be accepted"));
        let which = "the limit is 3, raise it by `ulimit -n` or `LimitNOFILE=`";
        assert!(logged.log().contains(which), "{model}: {}", logged.log());
        until("time passes", || begun.elapsed() > Duration::from_millis(2500));
        logged.assert_short(model);
        drop(waiting);
        logged.limit(process, "nofile", 1000);
        assert_eq!(logged.ask(), SUM, "{model}");
    }
}

#[test]
fn silent_callers_who_use_the_descriptors_up_keep_nobody_else_out() {
    for model in ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"] {
        let options = format!("--model {model} --workers 1 --connections-per-address 40");
        let logged = Logged::start(&options, 65_525);
        let address = logged.server.address().socket_addr().unwrap();
        let mut served: Vec<_> = (0..40)
            .map(|_| {
                let mut peer = Peer::connect(address, Framing::Raw);
                assert_eq!(peer.ask(ADD), SUM, "{model}");
                peer
            })
            .collect();
        let worker = logged.server.children().first().copied();
        let process = worker.filter(|_| model.starts_with("prefork"));
        let process = process.unwrap_or(logged.server.process());
        // Those who are refused may use half of them, and too few are left for that.
        logged.limit(process, "nofile", 64);
        let silent: Vec<_> = (0..25).map(|_| TcpStream::connect(address).unwrap()).collect();
        // Who comes next is accepted after all of them.
        let mut other = Peer::connect_from("127.0.0.2", address, Framing::Raw);
        assert_eq!(other.ask(ADD), SUM, "{model}");
        // Where one thread has them in turns, the silent ones among them give way.
        if !["single", "prefork"].contains(&model) {
            assert_eq!(served[0].ask(ADD), SUM, "{model}");
        }
        logged.assert_short(model);
        drop(silent);
    }
}

#[test]
fn who_waits_when_a_server_stops_without_descriptors_is_told_that_nothing_has_run() {
    wait_at_a_stop("", "");
}

#[test]
fn so_is_who_waits_behind_a_proxy_that_has_said_from_where_they_come() {
    let header = "PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n";
    wait_at_a_stop("--trusted-proxies 127.0.0.1 --proxy-protocol x", header);
}

fn wait_at_a_stop(options: &str, header: &str) {
    let call = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#;
    let http = HttpPeer::post("Content-Type: application/json\r\n", call);
    for model in ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"] {
        let mut logged = Logged::start(&format!("--model {model} --workers 1 {options}"), 65_527);
        // What it takes once, it has taken then; and it stays, so that no descriptor becomes free later.
        let mut first = Peer::connect(logged.server.address(), Framing::Raw);
        first.write(header.as_bytes());
        assert_eq!(first.ask(ADD), SUM, "{model}");
        for process in logged.processes() {
            let is_open = |number: &usize| {
                fs::symlink_metadata(format!("/proc/{}/fd/{number}", process.0)).is_ok()
            };
            let used_up = (0..4096).find(|number| !is_open(number)).unwrap();
            logged.limit(process, "nofile", used_up);
        }
        // A thread that waits to accept has a descriptor for the first already.
        let callers: Vec<_> = [ADD, ADD, call, &http, ADD]
            .into_iter()
            .map(|words| {
                let mut caller = TcpStream::connect(logged.server.address()).unwrap();
                caller.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                caller.write_all([header, words].concat().as_bytes()).unwrap();
                caller
            })
            .collect();
        until("it is said", || logged.log().contains("no connection can be accepted"));
        logged.server.process().signal("TERM");
        for (number, mut caller) in callers.into_iter().enumerate() {
            let mut told = String::new();
            caller.read_to_string(&mut told).unwrap();
            let has_not_run = told.contains("the server stops, and has not run the call");
            let is_served = number == 0 && told.starts_with(SUM);
            assert!(has_not_run || is_served, "{model}, {number}: {told}");
            assert!(is_served || told.contains(r#""code":-32003"#), "{model}, {number}: {told}");
        }
        assert!(logged.server.wait().success(), "{model}: {}", logged.log());
    }
}

#[test]
fn a_server_that_can_make_no_process_goes_on_trying_and_stops_in_good_order() {
    const ALONE: &str = "{ ulimit -S -u 1 || ulimit -S -p 1; } 2>/dev/null;";
    for model in ["fork", "prefork", "prefork-event-loop"] {
        for is_lifted in [true, false] {
            let options = format!("--model {model} --workers 2");
            let mut logged = Logged::start_after(ALONE, &options, 65_526);
            let process = logged.server.process();
            let mut caller = TcpStream::connect(logged.server.address()).unwrap();
            caller.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            caller.write_all(ADD.as_bytes()).unwrap();
            until("it is said", || {
                logged.log().contains("raise memory, `ulimit -u` or `TasksMax=")
            });
            if is_lifted {
                until("time passes", || logged.since.elapsed() > Duration::from_millis(2500));
                logged.assert_short(model);
                assert!(process.processor_time() < Duration::from_secs(1), "{model} spins");
                logged.limit(process, "nproc", 10_000);
                until("there is room", || logged.ask() == SUM);
            }
            process.signal("TERM");
            let mut told = String::new();
            caller.read_to_string(&mut told).unwrap();
            let expected = match model {
                "fork" => r#""code":-32000"#,
                _ if is_lifted => SUM,
                _ => r#""code":-32003"#,
            };
            assert!(told.contains(expected), "{model}: {told}");
            assert!(logged.server.wait().success(), "{model}: {}", logged.log());
        }
    }
}

#[test]
fn a_server_that_can_make_no_thread_stops_in_good_order() {
    for model in ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"] {
        let mut logged = Logged::start(&format!("--model {model} --workers 1"), 65_530);
        // Where the function shows that it runs.
        let folder = Folder::new();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let runs = folder.file("runs");
        let mut caller = TcpStream::connect(logged.server.address()).unwrap();
        caller.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let call = format!(
            r#"{{"method_name":"show_and_sleep","method_args":["{}",1000],"id":1}}"#,
            runs.display()
        );
        caller.write_all(call.as_bytes()).unwrap();
        until("the call runs", || runs.exists());
        for process in logged.processes() {
            logged.limit(process, "nproc", 0);
        }
        logged.server.process().signal("TERM");
        let mut told = String::new();
        caller.read_to_string(&mut told).unwrap();
        assert!(told.contains(r#"{"res":null,"id":1}"#), "{model}: {told}");
        assert!(logged.server.wait().success(), "{model}: {}", logged.log());
    }
}

#[test]
fn what_needs_a_thread_is_refused_where_there_is_none_or_does_without() {
    const BLOCKING: &str = r#"{"jsonrpc":"2.0","method":"hold_ms","params":[1,7],"id":1}"#;
    const ADDS: &str = r#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":2}"#;
    const NAP: &str = r#"{"jsonrpc":"2.0","method":"nap_ms","params":[1],"id":1}"#;
    let http = |body: &str| HttpPeer::post("Content-Type: application/json\r\n", body);
    for model in ["event-loop", "prefork-event-loop"] {
        let logged = Logged::start(&format!("--model {model} --workers 1"), 65_529);
        assert!(logged.say(ADDS).ends_with(r#""result":13,"id":2}"#));
        let workers = logged.server.children();
        let serves = workers.first().copied().unwrap_or(logged.server.process());
        logged.limit(serves, "nproc", 0);
        for told in [logged.say(BLOCKING), logged.say(&http(BLOCKING))] {
            assert!(told.contains(r#""code":-32000"#) && told.contains("no thread"), "{told}");
            assert!(told.ends_with(r#""id":1}"#), "{model}: {told}");
        }
        let batch = format!("[{BLOCKING},{ADDS},{BLOCKING}]");
        for told in [logged.say(&batch), logged.say(&http(&batch))] {
            assert_eq!(told.matches(r#""code":-32000"#).count(), 2, "{model}: {told}");
            assert!(told.contains(r#""result":13,"id":2}"#), "{model}: {told}");
        }
        logged.limit(serves, "nproc", 10_000);
        assert!(logged.say(BLOCKING).ends_with(r#""result":7,"id":1}"#), "{model}");
    }
    for model in ["single", "threads", "prefork"] {
        let logged = Logged::start(&format!("--model {model} --workers 1"), 65_528);
        let mut caller = TcpStream::connect(logged.server.address()).unwrap();
        caller.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut answer = |call: &str| {
            caller.write_all(call.as_bytes()).unwrap();
            let mut told = [0; 512];
            let count = caller.read(&mut told).unwrap();
            String::from_utf8_lossy(&told[..count]).trim_end().to_owned()
        };
        assert!(answer(ADDS).ends_with(r#""result":13,"id":2}"#), "{model}");
        let workers = logged.server.children();
        let serves = workers.first().copied().unwrap_or(logged.server.process());
        for most in [0, 10_000] {
            logged.limit(serves, "nproc", most);
            let told = answer(NAP);
            assert!(told.ends_with(r#""result":1,"id":1}"#), "{model}, {most}: {told}");
        }
    }
}
