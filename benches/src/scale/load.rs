//! The clients: connections, and callers that take turns with them.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rpc_core::{AsyncRpcClient, Stub, args, kwargs};
use tokio::runtime::Builder;

use crate::contenders::ours::{add, echo};
use crate::cpu;

use super::server::{compute, function_name};

/// What a client does.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub connections: usize,
    /// Callers, each with one call in flight after the other. Where there are fewer of them than
    /// connections, each takes turns with its share; where there are more, they share connections.
    pub in_flight: usize,
    pub work: Work,
    /// Threads that callers run on.
    pub threads: usize,
    /// The CPU they run on; any where none is named.
    pub cpu: Option<usize>,
}

/// The call that is made.
#[derive(Debug, Clone, Copy)]
pub enum Work {
    /// `add(1, 2, c=3)`.
    Add,
    /// `echo` of so many bytes of text.
    Echo(usize),
    /// One after the other of so many functions under generated names, from all over the registry.
    Spread(usize),
    /// `compute` of so many steps.
    Compute(u32),
}

/// What is made once, for all calls.
struct Material {
    names: Vec<String>,
    text: String,
    computed: u64,
}

impl Work {
    fn material(self) -> Material {
        const TEXT: &str = "The quick brown fox jumps over the lazy dog; ";
        let (mut names, mut text, mut computed) = (Vec::new(), String::new(), 0);
        match self {
            Self::Spread(functions) => names.extend((0..functions).map(function_name)),
            Self::Echo(bytes) => {
                text = TEXT.repeat(bytes / TEXT.len() + 1);
                text.truncate(bytes);
            }
            Self::Compute(steps) => computed = compute(steps),
            Self::Add => {}
        }
        Material { names, text, computed }
    }
}

type Failure = Box<dyn Error + Send + Sync>;

/// Threads with connections that are open.
pub struct Clients(Vec<Client>);

struct Client {
    thread: JoinHandle<Result<(), Failure>>,
    go: Sender<()>,
    done: Receiver<Vec<Duration>>,
}

impl Clients {
    /// Connects them, and has every connection make calls for a while.
    pub fn connect(
        address: SocketAddr,
        load: Load,
        time: Duration,
    ) -> Result<Self, Box<dyn Error>> {
        let threads = load.threads.min(load.connections);
        let share =
            |whole: usize, index: usize| whole / threads + usize::from(index < whole % threads);
        let client = |index| {
            let connections = share(load.connections, index);
            let load = Load { connections, in_flight: share(load.in_flight, index), ..load };
            let (go, start) = channel();
            let (end, done) = channel();
            let thread = thread::spawn(move || run(address, load, time, &start, &end));
            Client { thread, go, done }
        };
        let mut clients = Self((0..threads).map(client).collect());
        clients.wait()?;
        Ok(clients)
    }

    /// Makes calls for the time that was named, and gives how long each took.
    pub fn call(&mut self) -> Result<Vec<Duration>, Box<dyn Error>> {
        for client in &self.0 {
            // One that has ended is noticed below.
            let _ = client.go.send(());
        }
        self.wait()
    }

    /// Closes the connections.
    pub fn close(self) -> Result<(), Box<dyn Error>> {
        for Client { thread, go, .. } in self.0 {
            drop(go);
            ended(thread)?;
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<Vec<Duration>, Box<dyn Error>> {
        let mut times = Vec::new();
        for index in 0..self.0.len() {
            let Ok(more) = self.0[index].done.recv() else {
                ended(self.0.swap_remove(index).thread)?;
                return Err("a client has ended too early".into());
            };
            times.extend(more);
        }
        Ok(times)
    }
}

fn ended(thread: JoinHandle<Result<(), Failure>>) -> Result<(), Box<dyn Error>> {
    thread
        .join()
        .map_err(|_| "a client has panicked")?
        .map_err(|failure| -> Box<dyn Error> { failure })
}

/// Is one thread: reports that it is ready, and after each order how long its calls took.
fn run(
    address: SocketAddr,
    load: Load,
    time: Duration,
    start: &Receiver<()>,
    end: &Sender<Vec<Duration>>,
) -> Result<(), Failure> {
    if let Some(cpu) = load.cpu {
        cpu::pin(cpu)?;
    }
    let material = Arc::new(load.work.material());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut clients = Vec::with_capacity(load.connections);
        for _ in 0..load.connections {
            let client = AsyncRpcClient::connect(address).await?;
            // The server has accepted it by then: a queue that overflows would cost a second.
            let first = vec![client.clone()];
            call(first, load.work, Arc::clone(&material), 0, Instant::now()).await?;
            clients.push(client);
        }
        drive(&clients, load, &material, time / 8).await?;
        // Nobody listens any more where measuring has failed elsewhere.
        let _ = end.send(Vec::new());
        while start.recv().is_ok() {
            let _ = end.send(drive(&clients, load, &material, time).await?);
        }
        Ok(())
    })
}

/// Makes calls for a while, and at least one on each connection.
async fn drive(
    clients: &[AsyncRpcClient],
    load: Load,
    material: &Arc<Material>,
    time: Duration,
) -> Result<Vec<Duration>, Failure> {
    let end = Instant::now() + time;
    let caller = |index: usize| {
        let first = clients.iter().skip(index % clients.len());
        let own: Vec<_> = first.step_by(load.in_flight.max(1)).cloned().collect();
        tokio::spawn(call(own, load.work, Arc::clone(material), index, end))
    };
    let callers: Vec<_> = (0..load.in_flight).map(caller).collect();
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await??);
    }
    Ok(times)
}

/// One caller: makes one call after the other.
async fn call(
    clients: Vec<AsyncRpcClient>,
    work: Work,
    material: Arc<Material>,
    caller: usize,
    end: Instant,
) -> Result<Vec<Duration>, Failure> {
    // Prime, so that its multiples come to every function.
    const STRIDE: usize = 7919;
    let Material { names, text, computed } = &*material;
    let mut times = Vec::new();
    let mut last = Instant::now();
    for (turn, client) in clients.iter().cycle().enumerate() {
        let right = match work {
            Work::Add => client.add(1, 2).c(3).call().await? == 6,
            Work::Echo(_) => client.echo(text).call().await? == *text,
            Work::Compute(steps) => {
                client.call::<u64>("compute", args![steps], kwargs! {}).await? == *computed
            }
            Work::Spread(functions) => {
                let index = (caller + turn * STRIDE) % functions;
                let name = names[index].as_str();
                client.call::<usize>(name, args![1, 2], kwargs! {}).await? == 3 + index
            }
        };
        assert!(right, "a result is wrong");
        let now = Instant::now();
        times.push(now - last);
        last = now;
        if now >= end && turn + 1 >= clients.len() {
            break;
        }
    }
    Ok(times)
}
