//! Tries several things at the same time.

use std::thread;

/// Runs a test with each of these, all at the same time: for tests that mostly wait.
pub fn at_once<T: Send>(all: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for each in all {
            let test = &test;
            scope.spawn(move || test(each));
        }
    });
}
