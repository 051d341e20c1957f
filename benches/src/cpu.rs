//! CPUs: which one a thread runs on, and who has used how much of their time.

#![allow(unsafe_code)] // The standard library has neither affinity nor CPU clocks.

use std::error::Error;
use std::fs;
use std::io;
use std::mem;
use std::ptr;
use std::time::Duration;

/// The CPU that servers run on.
pub const SERVER_CPU: usize = 0;

/// Keeps this thread, and those it starts, on one CPU.
pub fn pin(cpu: usize) -> io::Result<()> {
    // SAFETY: a `cpu_set_t` is a plain bit set, and all zeros are the empty one; the call reads it
    // and keeps nothing.
    let result = unsafe {
        let mut set: libc::cpu_set_t = mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Ends this process when the one that started it ends.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: this option takes a signal number and touches no memory.
    let result = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Asks a process to end.
pub fn terminate(process: u32) {
    if let Ok(process) = libc::pid_t::try_from(process) {
        // SAFETY: the call takes numbers and touches no memory. The process is a child that has not
        // been waited for, so its number is still its own.
        unsafe { libc::kill(process, libc::SIGTERM) };
    }
}

/// CPU time of all threads of a process, living and ended.
pub struct CpuClock(libc::clockid_t);

impl CpuClock {
    /// The clock of this process.
    pub fn own() -> Self {
        Self(libc::CLOCK_PROCESS_CPUTIME_ID)
    }

    /// The clock of another process.
    pub fn of(process: u32) -> Result<Self, Box<dyn Error>> {
        let process = libc::pid_t::try_from(process)?;
        let mut clock = 0;
        // SAFETY: the call writes the clock's number to the place it is lent.
        let result = unsafe { libc::clock_getcpuclockid(process, ptr::from_mut(&mut clock)) };
        if result == 0 { Ok(Self(clock)) } else { Err(io::Error::from_raw_os_error(result).into()) }
    }

    /// Reads it.
    pub fn read(&self) -> Result<Duration, Box<dyn Error>> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes a time to the place it is lent.
        if unsafe { libc::clock_gettime(self.0, &raw mut time) } != 0 {
            return Err(io::Error::last_os_error().into());
        }
        Ok(Duration::new(u64::try_from(time.tv_sec)?, u32::try_from(time.tv_nsec)?))
    }
}

/// Time that `cpus` have spent on any program, or that a hypervisor has taken from them.
///
/// Interrupts are left out: the loopback's own are among them.
pub fn busy(cpus: &[usize]) -> Result<Duration, Box<dyn Error>> {
    const TICK: Duration = Duration::from_millis(10);
    let mut ticks = 0;
    for line in fs::read_to_string("/proc/stat")?.lines() {
        let mut fields = line.split_whitespace();
        let name = fields.next().unwrap_or_default();
        if cpus.iter().any(|cpu| name == format!("cpu{cpu}")) {
            let fields = fields.map(str::parse::<u32>).collect::<Result<Vec<_>, _>>()?;
            let [user, nice, system, _, _, _, _, steal, ..] = fields[..] else {
                return Err("/proc/stat has fewer columns than it had".into());
            };
            ticks += user + nice + system + steal;
        }
    }
    Ok(TICK * ticks)
}
