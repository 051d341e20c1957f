//! The models that fork, where the operating system cannot.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use crate::error::{Error, IoError, IoErrorKind};
use crate::json_rpc::Answer;
use crate::transport::Socket;

use super::concurrency::Concurrency;
use super::listener::{Listener, Rest, Source};
use super::service::Service;
use super::stop::Stop;

/// Serves each connection in a process of its own (Unix; refuses to start elsewhere).
#[derive(Debug, Clone, Copy)]
pub struct ForkPerConnection {
    /// Connections, and so processes, at one time. 64 by default.
    pub max_children: usize,
}

impl Default for ForkPerConnection {
    fn default() -> Self {
        Self { max_children: 64 }
    }
}

/// Serves in a fixed number of processes (Unix; refuses to start elsewhere).
#[derive(Debug, Clone, Copy)]
pub struct Prefork {
    /// Processes that serve. 4 by default, at least 1.
    pub workers: usize,
    /// Replaces a worker that has been at one call for this long.
    pub busy_timeout: Option<Duration>,
    /// Replaces a worker after so many messages.
    pub max_calls: Option<u64>,
}

impl Prefork {
    /// So many processes, and the rest as by default.
    pub fn workers(workers: usize) -> Self {
        Self { workers, ..Self::default() }
    }
}

impl Default for Prefork {
    fn default() -> Self {
        Self { workers: 4, busy_timeout: None, max_calls: None }
    }
}

/// Says why a model does not start.
pub(super) fn refuse(model: &str) -> Result<(), Error> {
    let needs = io::Error::new(
        io::ErrorKind::Unsupported,
        format!("the server model `{model}` needs an operating system that can fork"),
    );
    Err(IoError::new(IoErrorKind::Listen, "starting a server").because(needs).into())
}

#[allow(private_interfaces)]
impl Concurrency for ForkPerConnection {
    fn name(&self) -> &'static str {
        "fork-per-connection"
    }

    fn run<A: Answer>(self, _: &Source, _: &Service<A>) -> Result<(), Error> {
        refuse(self.name())
    }
}

#[allow(private_interfaces)]
impl Concurrency for Prefork {
    fn name(&self) -> &'static str {
        "prefork"
    }

    fn run<A: Answer>(self, _: &Source, _: &Service<A>) -> Result<(), Error> {
        refuse(self.name())
    }
}

/// Signals that come early, where there are any.
#[derive(Debug)]
pub(super) struct EarlySignals;

impl EarlySignals {
    pub(super) fn watch() -> Self {
        Self
    }
}

/// A server that would be stopped by signals, where there are any.
#[derive(Debug)]
pub(super) struct StopOnSignals;

impl StopOnSignals {
    #[allow(clippy::unnecessary_wraps)]
    pub(super) fn new(_: &Arc<Stop>) -> io::Result<Self> {
        Ok(Self)
    }
}

/// Closes the port of a listener, where that can be done while it is waited at.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn port_closer(
    _: &Listener,
    _: fn(Socket),
) -> io::Result<impl Fn() -> Rest + Send + Sync + 'static> {
    Ok(Rest::new)
}

/// Memory of so many numbers, all 0, that is never given back.
pub(crate) fn shared_numbers(count: usize) -> io::Result<&'static [AtomicU64]> {
    Ok((0..count).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak())
}

/// Standard output, which elsewhere can be kept for messages alone.
#[derive(Debug)]
pub(super) struct Output;

impl Output {
    #[allow(clippy::unnecessary_wraps)]
    pub(super) fn take() -> io::Result<Self> {
        Ok(Self)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
