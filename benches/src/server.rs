//! A contender's server, in a process of its own.

use std::env;
use std::error::Error;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::contenders::Contender;
use crate::cpu::{self, CpuClock, SERVER_CPU};

/// A server that runs until this is dropped.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// The number of its process.
    pub id: u32,
    /// The CPU time it has used.
    pub cpu: CpuClock,
}

impl Server {
    /// Starts this program once more, as the contender's server.
    pub fn start(contender: &dyn Contender) -> Result<Self, Box<dyn Error>> {
        Self::start_with(["server", contender.name()])
    }

    /// Starts this program once more with these words, which have it serve.
    pub fn start_with(
        words: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut process =
            Command::new(env::current_exe()?).args(words).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse()?;
        let cpu = CpuClock::of(process.id())?;
        Ok(Self { id: process.id(), process, address, cpu })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_secs(2);
        // Asked, it ends the processes that it has made as well.
        cpu::terminate(self.process.id());
        let asked = Instant::now();
        while asked.elapsed() < PATIENCE && matches!(self.process.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(5));
        }
        // One that has ended by itself needs no ending.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Is the server: what the new process does.
pub fn run(contender: &dyn Contender) -> Result<(), Box<dyn Error>> {
    cpu::die_with_parent()?;
    cpu::pin(SERVER_CPU)?;
    contender.serve(|address| println!("{address}"))
}
