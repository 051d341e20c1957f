//! What the machine has, as far as it tells.

use std::fs;
use std::sync::OnceLock;

#[cfg(unix)]
use super::process::share_arenas;

/// An eighth of the memory that this process may use.
pub(super) fn share_of_memory() -> usize {
    const UNKNOWN: u64 = 8 << 30;
    static FOUND: OnceLock<u64> = OnceLock::new();
    let memory = FOUND.get_or_init(|| {
        let known = [machine(), control_group(), address_space()];
        known.into_iter().flatten().min().unwrap_or(UNKNOWN)
    });
    usize::try_from(memory / 8).unwrap_or(usize::MAX)
}

/// All that the machine has: `MemTotal:       16384 kB`.
fn machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// What the control group of a container may use, in its second version or its first.
fn control_group() -> Option<u64> {
    let paths = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    paths.into_iter().find_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok())
}

/// Where the address space is limited, leaves of it to threads' messages what an allocator would set aside.
#[cfg(unix)]
pub(super) fn spare_address_space() {
    if address_space().is_some() {
        share_arenas();
    }
}

/// What the address space of this process is limited to (`RLIMIT_AS`).
fn address_space() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/limits").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}
