//! The server that is measured.

use std::error::Error;
use std::time::Duration;

use rpc_core::error::Misuse;
use rpc_core::server::{EventLoop, Prefork, PreforkEventLoop};
use rpc_core::{FunctionRegistry, RpcServer};

use crate::cpu::{self, SERVER_CPU};
use crate::descriptors;

/// How a server is made.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub model: Model,
    /// Processes, or threads of the event loop.
    pub workers: usize,
    /// Functions under generated names; where there are none, it serves what is exported, and
    /// `compute`.
    pub functions: usize,
    /// Whether it is kept on [`SERVER_CPU`].
    pub pinned: bool,
}

/// A server model, with as many workers as are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    EventLoop,
    Prefork,
    PreforkEventLoop,
}

impl Model {
    pub const ALL: [Self; 3] = [Self::EventLoop, Self::Prefork, Self::PreforkEventLoop];

    /// Its name, here and in the tables of models.
    pub fn name(self) -> &'static str {
        match self {
            Self::EventLoop => "event-loop",
            Self::Prefork => "prefork",
            Self::PreforkEventLoop => "prefork-event-loop",
        }
    }
}

impl Form {
    /// An event loop on a CPU of its own, with the usual functions.
    pub const USUAL: Self =
        Self { model: Model::EventLoop, workers: 1, functions: 0, pinned: true };

    /// The words that [`serve`] understands.
    pub fn words(self) -> [String; 5] {
        let Self { model, workers, functions, pinned } = self;
        let command = "scale-server".to_owned();
        [
            command,
            model.name().into(),
            format!("{workers}"),
            format!("{functions}"),
            format!("{pinned}"),
        ]
    }

    fn read(words: &[&str]) -> Result<Self, Box<dyn Error>> {
        let &[model, workers, functions, pinned] = words else {
            return Err(
                "scale-server takes a model, workers, functions, and whether it is pinned".into()
            );
        };
        let model = Model::ALL.into_iter().find(|known| known.name() == model);
        Ok(Self {
            model: model.ok_or("no model of this name")?,
            workers: workers.parse()?,
            functions: functions.parse()?,
            pinned: pinned.parse()?,
        })
    }
}

/// The name that a function is registered under.
pub fn function_name(index: usize) -> String {
    format!("function_{index}")
}

/// Is the server: what the new process does.
pub fn serve(words: &[&str]) -> Result<(), Box<dyn Error>> {
    // Connections that wait for their turn are not to be closed meanwhile.
    const PATIENCE: Duration = Duration::from_mins(10);
    let form = Form::read(words)?;
    cpu::die_with_parent()?;
    descriptors::raise()?;
    if form.pinned {
        cpu::pin(SERVER_CPU)?;
    }
    let server = RpcServer::of(registry(form.functions)?).idle_timeout(PATIENCE);
    let server = server.bind("127.0.0.1:0")?;
    println!("{}", server.address());
    let workers = form.workers;
    match form.model {
        Model::EventLoop => {
            server.serve_with(EventLoop { threads: workers, ..EventLoop::default() })?;
        }
        Model::Prefork => server.serve_with(Prefork::workers(workers))?,
        Model::PreforkEventLoop => server.serve_with(PreforkEventLoop::workers(workers))?,
    }
    Ok(())
}

fn registry(functions: usize) -> Result<FunctionRegistry, Misuse> {
    if functions == 0 {
        let mut registry = FunctionRegistry::exported();
        registry.register("compute", compute)?;
        return Ok(registry);
    }
    let mut registry = FunctionRegistry::new();
    for index in 0..functions {
        // Each answers with a number of its own, so that a wrong one would be seen.
        registry.register(function_name(index), move |a: usize, b: usize| a + b + index)?;
    }
    Ok(registry)
}

/// Computes for some time: each step has to wait for the one before (Marsaglia's xorshift).
pub fn compute(steps: u32) -> u64 {
    (0..steps).fold(1, |last: u64, _| {
        let last = last ^ (last << 13);
        let last = last ^ (last >> 7);
        last ^ (last << 17)
    })
}
