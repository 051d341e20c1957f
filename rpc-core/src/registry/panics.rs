//! Panics of what is served: caught, and said in one line each, some a second at most.
//!
//! Rust tells of a panic where it happens, by a hook that knows neither function nor caller and writes as
//! often as it is asked, with `RUST_BACKTRACE` a page each time. So a process that serves has a hook of
//! its own: a panic in what is served is kept for whoever catches it, and the hook that was there before
//! hears of one such panic a second, and of all others.

use std::cell::Cell;
use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::protocol::{Fault, code};

use super::caller::Whence;

thread_local! {
    /// Whether something runs that is served, whose panics are caught.
    static SERVES: Cell<bool> = const { Cell::new(false) };
    /// Where it panicked last, and with what.
    static LAST: Cell<Option<String>> = const { Cell::new(None) };
}

/// Runs something that is served; `None` where it panics.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    let before = SERVES.replace(true);
    // What is half done when a function panics is cut off or given up with it.
    let result = catch_unwind(AssertUnwindSafe(run));
    SERVES.set(before);
    result.ok()
}

/// Answers for a function that panicked. What it panicked with stays on the server.
#[cold]
pub(crate) fn panicked(method: &str) -> Fault {
    let fault =
        Fault::new(code::INTERNAL_ERROR, format!("`{method}` panicked; the server's log says why"));
    match LAST.take() {
        Some(text) => fault.because(Panic {
            method: method.to_owned(),
            text,
            is_said: AtomicBool::new(false),
        }),
        None => fault,
    }
}

/// Says of a fault that a function panicked, if that is why, and for whom.
#[cold]
pub(crate) fn tell(
    fault: &Fault,
    protocol: &str,
    whence: impl FnOnce() -> Option<Whence>,
    id: Option<&str>,
) {
    let Some(panic) = std::error::Error::source(fault).and_then(|error| error.downcast_ref())
    else {
        return;
    };
    let Panic { is_said, .. } = panic;
    if !is_said.swap(true, Ordering::Relaxed) {
        let from = whence().map(|whence| format!(" from {whence}")).unwrap_or_default();
        let id = id.map(|id| format!(", id {}", one_line(id, 60))).unwrap_or_default();
        say(&format!("{panic} ({protocol}{from}{id})"));
    }
}

/// Why a call failed whose function panicked: where, and with what.
#[derive(Debug)]
struct Panic {
    method: String,
    text: String,
    is_said: AtomicBool,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` panicked {}", one_line(&self.method, 60), self.text)
    }
}

impl std::error::Error for Panic {}

impl Drop for Panic {
    fn drop(&mut self) {
        // A layer has put another fault in its place.
        if !*self.is_said.get_mut() {
            say(&self.to_string());
        }
    }
}

/// When the hook that was there before has heard of such a panic last.
static HEARD: Mutex<Option<Instant>> = Mutex::new(None);

/// Has the panics of what is served be kept for whoever catches them. A hook that the program sets later
/// takes the place of this one.
pub(crate) fn watch() {
    static ONCE: Once = Once::new();
    if thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // A thread that ends may have no such memory any more.
            if !SERVES.try_with(Cell::get).unwrap_or(false) {
                return before(info);
            }
            LAST.set(Some(describe(info)));
            let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.is_none_or(|heard| heard.elapsed() >= SECOND) {
                *heard = Some(Instant::now());
                drop(heard);
                before(info);
            }
        }));
    });
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map(|place| format!("at {place}: ")).unwrap_or_default();
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let message = text.or_else(|| payload.downcast_ref::<&str>().copied());
    let message = message.unwrap_or("with something that is no text");
    format!("{place}{}", one_line(message, 300))
}

/// As much of a text as fits a line.
fn one_line(text: &str, fits: usize) -> String {
    let mut line: String = text.chars().take(fits).flat_map(char::escape_debug).collect();
    if text.chars().nth(fits).is_some() {
        line.push('…');
    }
    line
}

const SECOND: Duration = Duration::from_secs(1);
/// So many lines are written in a second.
const LINES: u32 = 5;

/// Writes a line to standard error, unless so many have been written in this second already.
fn say(line: &str) {
    struct Said {
        since: Option<Instant>,
        lines: u32,
        left_out: u64,
    }
    static SAID: Mutex<Said> = Mutex::new(Said { since: None, lines: 0, left_out: 0 });
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.since.is_none_or(|since| since.elapsed() >= SECOND) {
        (said.since, said.lines) = (Some(Instant::now()), 0);
    }
    if said.lines == LINES {
        said.left_out += 1;
        return;
    }
    said.lines += 1;
    let others = match std::mem::take(&mut said.left_out) {
        0 => String::new(),
        count => format!("; {count} panics before this were left out"),
    };
    drop(said);
    let _ = writeln!(std::io::stderr(), "rpc server {}: {line}{others}", process::id());
}
