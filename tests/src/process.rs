//! A server in a process of its own, and what the operating system says of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::transport::Address;
use rpc_core::{RpcClient, Stub, args, kwargs};

/// Waits until something is so, and returns how long that took; fails after 30 s.
pub fn until(what: &str, mut so: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "not in 30 s: {what}");
        thread::sleep(Duration::from_millis(1));
    }
    begun.elapsed()
}

/// A process, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process(pub u32);

impl Process {
    /// Sends it a signal: `TERM`, `KILL`, ….
    pub fn signal(self, signal: &str) {
        let kill = Command::new("kill").args(["-s", signal, &self.0.to_string()]).status();
        assert!(kill.unwrap().success(), "{self:?} could not be sent {signal}");
    }

    /// Whether it runs or, dead, has not been reaped.
    pub fn exists(self) -> bool {
        self.state().is_some()
    }

    /// Its descriptors.
    pub fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.0)).map_or(0, Iterator::count)
    }

    /// How long a processor has been at it.
    pub fn processor_time(self) -> Duration {
        const TICKS: u64 = 100;
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap();
        let (_, rest) = stat.rsplit_once(") ").unwrap();
        let ticks = rest.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap());
        Duration::from_millis(ticks.sum::<u64>() * 1000 / TICKS)
    }

    /// Its children.
    pub fn children(self) -> Vec<Self> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let mut children: Vec<_> = numbers
            .map(Self)
            .filter(|process| process.state().is_some_and(|(_, parent)| parent == self.0))
            .collect();
        children.sort_unstable();
        children
    }

    /// Whether it is dead and has not been reaped.
    pub fn is_zombie(self) -> bool {
        self.state().is_some_and(|(state, _)| state == 'Z')
    }

    /// Its state and its parent.
    fn state(self) -> Option<(char, u32)> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        // The name before may hold anything.
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        let state = fields.next()?.chars().next()?;
        Some((state, fields.next()?.parse().ok()?))
    }
}

/// A thread of this process.
#[derive(Debug)]
pub struct Task(Option<PathBuf>);

impl Task {
    /// The one that asks.
    pub fn this() -> Self {
        Self(fs::read_link("/proc/thread-self").ok())
    }

    /// Waits until it waits for something: the network, say.
    pub fn until_it_waits(&self) {
        let Some(path) = &self.0 else {
            // This system does not tell; it is given time.
            return thread::sleep(Duration::from_millis(200));
        };
        let stat = Path::new("/proc").join(path).join("stat");
        until("the thread waits", || {
            let stat = fs::read_to_string(&stat).unwrap();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'))
        });
    }
}

/// A server in a process of its own. Dropping it ends it as roughly as can be.
#[derive(Debug)]
pub struct Served {
    child: Child,
    output: BufReader<ChildStdout>,
    address: Address,
}

impl Served {
    /// Starts a program that serves and prints `listening ADDRESS`, with options.
    pub fn start(program: &str, options: &str) -> Self {
        // What panics there says so; here it would only be in the way.
        Self::start_with_errors_to(Stdio::null(), program, options)
    }

    /// The same with its standard error.
    pub fn start_with_errors_to(errors: impl Into<Stdio>, program: &str, options: &str) -> Self {
        let mut command = Command::new(program);
        command.args(options.split_whitespace()).stderr(errors);
        Self::start_by(&mut command)
    }

    /// The same by a command.
    pub fn start_by(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening ").expect("an address");
        Self { child, output, address: address.parse().unwrap() }
    }

    /// The address it serves at.
    pub fn address(&self) -> Address {
        self.address.clone()
    }

    /// The process started.
    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// The processes it has made.
    pub fn children(&self) -> Vec<Process> {
        self.process().children()
    }

    /// A client of it.
    pub fn client(&self) -> RpcClient {
        RpcClient::connect(&self.address).unwrap()
    }

    /// The process that answers a client.
    pub fn of(client: &RpcClient) -> Process {
        Process(client.call("process_id", args![], kwargs! {}).unwrap())
    }

    /// Waits until it ends; fails after 30 s.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        until("the server's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// What it has printed behind the address, once it has ended.
    pub fn printed(&mut self) -> String {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
