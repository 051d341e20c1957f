//! The contenders. To add one, add a file that implements [`Contender`] and a line to [`ALL`].

mod frames;
mod json;
pub mod models;
pub mod ours;
mod ours_async;
mod raw;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::LazyLock;

/// A way to call functions over TCP.
pub trait Contender: Sync {
    /// Its name in the tables.
    fn name(&self) -> &'static str;

    /// Serves `add` and `echo` on this thread, for ever, at a free port of 127.0.0.1 that it
    /// announces when it listens.
    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>>;

    /// How many connections its server answers at one time, as far as anything here makes.
    fn connections(&self) -> usize {
        64
    }

    /// Connects a client.
    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Client>, Box<dyn Error>>;
}

/// One connection to a contender's server. A result that is not right is a panic.
pub trait Client {
    /// Sends the call `add(1, 2, c=3)`.
    fn begin_add(&mut self);

    /// Waits for its result.
    fn end_add(&mut self);

    /// Calls `add(1, 2, c=3)`.
    fn add(&mut self) {
        self.begin_add();
        self.end_add();
    }

    /// Calls `add(1, 2, c=3)` many times, all in flight at once.
    fn add_many(&mut self, calls: usize);

    /// Calls `echo` with [`TEXT`].
    fn echo(&mut self);
}

/// Every contender. The others are compared with the first.
pub const ALL: &[&dyn Contender] = &[
    &raw::Raw,
    &json::Json,
    &ours::Ours { name: "ours", model: &models::THREADS },
    &ours_async::OursAsync,
    &ours::Ours { name: "ours-single", model: &models::SINGLE },
    &ours::Ours { name: "ours-fork", model: &models::FORK },
    &ours::Ours { name: "ours-prefork", model: &models::PREFORK },
    &ours::Ours { name: "ours-event-loop", model: &models::EVENT_LOOP },
    &ours::Ours { name: "ours-prefork-event-loop", model: &models::PREFORK_EVENT_LOOP },
];

/// How many of them are measured where none is named.
pub const USUAL: usize = 4;

/// 1 MiB of text that stands in JSON as it is.
pub static TEXT: LazyLock<String> = LazyLock::new(|| {
    let text = "The quick brown fox jumps over the lazy dog; ".repeat(1 << 15);
    text[..1 << 20].to_owned()
});
