//! What the operating system says of a server's processes, and what it is asked for this one.

use std::fs;
use std::process::{self, Command};
use std::time::Duration;

use rpc_core::transport::Address;
use tests::Process;

/// Lets this process, and the servers that it starts, have as many descriptors as they may.
pub(crate) fn raise_limit_of_descriptors() {
    let this = process::id().to_string();
    let shown = Command::new("prlimit").args(["--pid", &this, "--nofile", "-o", "HARD"]).output();
    let Ok(shown) = shown else {
        return println!("the program `prlimit` is missing: trials with limits do not run");
    };
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let Some(most) = shown.split_whitespace().last() else { return };
    let _ = Command::new("prlimit").args(["--pid", &this, &format!("--nofile={most}")]).status();
}

/// A process and those that it has made.
pub(crate) fn family(process: Process) -> Vec<Process> {
    let children = process.children().into_iter().flat_map(family);
    [process].into_iter().chain(children).collect()
}

/// The bytes of memory that a server's processes take, those that they share counted once.
pub(crate) fn memory(process: Process) -> usize {
    sum(process, &["Pss:"])
}

/// The same without what is only mapped from files: the code of the program counts the more the fewer processes
/// run it at the time.
pub(crate) fn memory_of_its_own(process: Process) -> usize {
    sum(process, &["Pss_Anon:", "Pss_Shmem:"])
}

fn sum(process: Process, lines: &[&str]) -> usize {
    family(process).into_iter().map(|process| sum_of_one(process, lines)).sum()
}

fn sum_of_one(process: Process, lines: &[&str]) -> usize {
    let table = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.0));
    // It may just have ended.
    let table = table.unwrap_or_default();
    let chosen = table.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|name| lines.contains(name))?;
        words.next()?.parse::<usize>().ok()
    });
    chosen.sum::<usize>() * 1024
}

/// The CPU time that a server's processes have taken.
pub(crate) fn cpu_time(process: Process) -> Duration {
    const TICK: Duration = Duration::from_millis(10);
    let ticks = family(process).into_iter().filter_map(|process| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.0)).ok()?;
        let (_, rest) = stat.rsplit_once(") ")?;
        let mut fields = rest.split(' ').skip(11);
        let user: u32 = fields.next()?.parse().ok()?;
        let system: u32 = fields.next()?.parse().ok()?;
        Some(user + system)
    });
    TICK * ticks.sum::<u32>()
}

/// The descriptors that a server's processes have open.
pub(crate) fn descriptors(process: Process) -> usize {
    family(process).into_iter().map(Process::descriptors).sum()
}

/// How many connections a server has accepted that are still open on its side.
pub(crate) fn connections(server: &Address) -> usize {
    let port = format!(":{:04X}", server.socket_addr().expect("a port").port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let is_open = |line: &&str| {
        let columns: Vec<_> = line.split_whitespace().take(10).collect();
        matches!(columns[..], [_, local, _, "01" | "08", .., inode] if local.ends_with(&port) && inode != "0")
    };
    table.lines().filter(is_open).count()
}

/// The time that this share of the samples does not exceed.
pub(crate) fn percentile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort_unstable();
    let last = samples.len() - 1;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let place = (last as f64 * share).round() as usize;
    samples[place.min(last)]
}

/// Milliseconds, for a figure.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Bytes as MB, for a figure.
pub(crate) fn mb(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}
