//! What the models that fork share: children, the signals, and a supervisor that replaces workers.
//!
//! The process that serves has one thread, which forks, waits and decides, and never talks to a
//! peer. Children do; each ends when its parent does.

mod child;
mod children;
mod early;
mod listening;
mod log;
mod output;
mod signals;
mod stop_on_signals;
mod supervisor;
mod sys;
mod watched;

/// The signals that ask a server to stop.
const STOP: [libc::c_int; 2] = [libc::SIGTERM, libc::SIGINT];

pub(super) use child::{CANNOT_START, Child, cannot_start};
pub(super) use children::{Children, LEAVING};
pub(super) use early::EarlySignals;
pub(super) use listening::{port_closer, stop_listening};
pub(super) use log::to_stderr;
pub(super) use output::Output;
pub(super) use signals::catch_signals;
pub(super) use stop_on_signals::StopOnSignals;
pub(super) use supervisor::Pool;
#[cfg(feature = "tokio")]
pub(super) use sys::send_last;
pub(crate) use sys::shared_numbers;
pub(super) use sys::{
    descriptor_limit, is_listening, is_stream, no_descriptor_is_left, peer_credentials,
    readable_among, share_arenas, take_handed,
};
