//! What the tests share: functions to serve, servers in every model, sockets that speak bytes, and
//! programs of other languages.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

mod functions;
mod memory;
mod model;
mod peer;
mod process;
mod program;
mod ways;

pub use functions::*;
pub use memory::resident_bytes;
pub use model::Model;
pub use peer::{FRAMINGS, Peer, frame};
pub use process::{Process, Served, until};
pub use program::{Running, python};
