//! What the suite's servers serve beside the functions of the tests and the examples.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rpc_core::rpc_export;

/// How often [`count`](fn@count) has run in this process.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Counts that it has run.
#[rpc_export]
pub(crate) fn count() -> u64 {
    COUNT.fetch_add(1, Ordering::Relaxed) + 1
}

/// How often the other has run in this process.
#[rpc_export]
pub(crate) fn counted() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// Panics when others have had their turn.
#[rpc_export]
pub(crate) async fn fail_later(message: &str) {
    tokio::time::sleep(Duration::from_millis(1)).await;
    panic!("{message}");
}

/// Notes in a file that it has begun, and takes its time.
#[rpc_export]
pub(crate) fn note_run(file: &str, call: u64, ms: u64) -> u64 {
    let file = File::options().append(true).open(file);
    file.unwrap().write_all(&call.to_le_bytes()).unwrap();
    thread::sleep(Duration::from_millis(ms));
    call
}

/// The numbers of the calls that have begun, in their order, whichever process ran them.
pub(crate) fn runs(file: &Path) -> Vec<u64> {
    let bytes = fs::read(file).unwrap();
    let (runs, rest) = bytes.as_chunks::<8>();
    assert!(rest.is_empty(), "half a number");
    runs.iter().map(|run| u64::from_le_bytes(*run)).collect()
}
