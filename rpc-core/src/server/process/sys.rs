//! What std does not offer of Unix: fork, signals, waiting for several things, shared memory.
//!
//! All of the crate's `unsafe` stands in this file.

#![allow(unsafe_code)]

use std::fs;
use std::io;
use std::marker::PhantomData;
use std::mem::{self, MaybeUninit};
use std::ops::Deref;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use libc::c_int;

use crate::error::Misuse;
use crate::registry::PeerCredentials;

/// How a process ends that a signal ends at once; shells say so of one killed by SIGTERM.
pub(super) const ENDED_BY_SIGNAL: c_int = 128 + libc::SIGTERM;

/// The number of a process.
pub(super) type Pid = libc::pid_t;

/// Shows that this process had one thread when it was made; it stays with that thread.
#[derive(Debug)]
pub(super) struct OneThread(PhantomData<*const ()>);

impl OneThread {
    /// Counts the threads of this process, where the operating system tells.
    pub(super) fn check() -> Result<Self, Misuse> {
        match fs::read_dir("/proc/self/task").map_or(1, Iterator::count) {
            0 | 1 => Ok(Self(PhantomData)),
            threads => Err(Misuse::ForkWithThreads { threads }),
        }
    }
}

/// Makes a copy of this process; `None` in the copy.
pub(super) fn fork(_: &OneThread) -> io::Result<Option<Pid>> {
    // SAFETY: the process has one thread, so the copy holds no lock of a thread that it lacks.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => Ok(Some(pid)),
    }
}

/// Ends this process at once: no destructor and no exit handler runs, which in a copy would be those
/// of the original.
pub(super) fn exit_now(code: c_int) -> ! {
    // SAFETY: ends the process, whatever its state.
    unsafe { libc::_exit(code) }
}

/// How a child ended, if it has; it is then no zombie any more.
pub(super) fn ended(child: Pid) -> Option<ExitStatus> {
    const UNKNOWN: c_int = 1 << 8;
    let mut status = 0;
    // SAFETY: writes to `status` alone.
    match unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } {
        0 => None,
        pid if pid == child => Some(ExitStatus::from_raw(status)),
        _ if io::Error::last_os_error().raw_os_error() == Some(libc::EINTR) => None,
        // Somebody else has asked how it ended.
        _ => Some(ExitStatus::from_raw(UNKNOWN)),
    }
}

/// Sends a signal to a child that has not been found [`ended`], so that the number is still its own.
pub(super) fn kill(child: Pid, signal: c_int) {
    // SAFETY: concerns other processes' memory only.
    unsafe { libc::kill(child, signal) };
}

/// Sends a signal to this process.
pub(super) fn raise(signal: c_int) {
    // SAFETY: what a signal may do here was decided when its handler was set.
    unsafe { libc::kill(libc::getpid(), signal) };
}

/// Where [`note`] writes the signals it is called for.
static NOTES: AtomicI32 = AtomicI32::new(-1);

/// Handles a signal by writing its number down.
extern "C" fn note(signal: c_int) {
    let byte = u8::try_from(signal).unwrap_or(0);
    // SAFETY: `write` may be called in a handler. It does not block, because `take_notes` was given
    // a descriptor that does not, and with room for every signal it leaves `errno` alone.
    unsafe { libc::write(NOTES.load(Ordering::Relaxed), (&raw const byte).cast(), 1) };
}

/// Has [`note`] write to `notes` from now on, and closes what it wrote to before.
pub(super) fn take_notes(notes: Option<OwnedFd>) {
    let new = notes.map_or(-1, IntoRawFd::into_raw_fd);
    let old = NOTES.swap(new, Ordering::Relaxed);
    if old >= 0 {
        // SAFETY: the number came from `into_raw_fd`, and only the swap above takes it out.
        drop(unsafe { OwnedFd::from_raw_fd(old) });
    }
}

/// A signal that is [`note`]d until this is dropped.
pub(super) struct Noted {
    signal: c_int,
    before: libc::sigaction,
}

impl Noted {
    pub(super) fn new(signal: c_int) -> io::Result<Self> {
        let mut before = MaybeUninit::uninit();
        // SAFETY: a zeroed `sigaction` is one without flags and with an empty mask.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = note as extern "C" fn(c_int) as usize;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: `note` does nothing that a handler may not do.
        if unsafe { libc::sigaction(signal, &raw const action, before.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `sigaction` succeeded and so has filled it in.
        let mut before = unsafe { before.assume_init() };
        if before.sa_sigaction == NOTE_EARLY as usize {
            before.sa_sigaction = libc::SIG_DFL;
        }
        Ok(Self { signal, before })
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        // SAFETY: puts back what was there.
        unsafe { libc::sigaction(self.signal, &raw const self.before, ptr::null_mut()) };
    }
}

/// The signals that have come early, a bit each.
static EARLY: AtomicI32 = AtomicI32::new(0);

fn bit(signal: c_int) -> i32 {
    1 << signal
}

/// Handles a signal by keeping it. A second one to stop ends the process.
extern "C" fn note_early(signal: c_int) {
    let before = EARLY.fetch_or(bit(signal), Ordering::Relaxed);
    if signal != libc::SIGHUP && before & !bit(libc::SIGHUP) != 0 {
        exit_now(ENDED_BY_SIGNAL);
    }
}

const NOTE_EARLY: extern "C" fn(c_int) = note_early;

/// Has a signal be [kept](take_early) that would end the process.
pub(super) fn keep_early(signal: c_int) {
    replace_handler(signal, libc::SIG_DFL, NOTE_EARLY as usize);
}

/// Has it end the process again, unless it is dealt with otherwise by now.
pub(super) fn keep_early_no_more(signal: c_int) {
    replace_handler(signal, NOTE_EARLY as usize, libc::SIG_DFL);
}

/// Whether a signal was kept; says so once.
pub(super) fn take_early(signal: c_int) -> bool {
    EARLY.fetch_and(!bit(signal), Ordering::Relaxed) & bit(signal) != 0
}

/// Puts one handler in the place of another, where it is that.
fn replace_handler(signal: c_int, old: usize, new: usize) {
    let mut before = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: only asks; where that succeeds, `before` has been filled in.
    let is_old = unsafe {
        libc::sigaction(signal, ptr::null(), before.as_mut_ptr()) == 0
            && before.assume_init().sa_sigaction == old
    };
    if is_old {
        // SAFETY: a zeroed `sigaction` is one without flags and with an empty mask.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = new;
        action.sa_flags = libc::SA_RESTART;
        // SAFETY: `note_early` does nothing that a handler may not do.
        unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    }
}

/// Leaves a signal to the operating system again.
pub(super) fn set_default(signal: c_int) {
    // SAFETY: no handler of ours is involved.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Holds signals back from this thread, and those it will make, or lets them through.
pub(super) fn hold_back(signals: &[c_int], held: bool) {
    let how = if held { libc::SIG_BLOCK } else { libc::SIG_UNBLOCK };
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` fills the set in before anything else reads it.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for &signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(how, set.as_ptr(), ptr::null_mut());
    }
}

/// Waits until something can be read (or accepted) or `limit` has passed, and says where.
pub(super) fn readable<const N: usize>(
    of: [Option<BorrowedFd<'_>>; N],
    limit: Option<Duration>,
) -> [bool; N] {
    let mut of = of.map(to_read);
    let found = poll(&mut of, limit);
    of.map(|descriptor| found && descriptor.revents != 0)
}

/// The same of any number.
pub(in crate::server) fn readable_among<'d>(
    of: impl Iterator<Item = Option<BorrowedFd<'d>>>,
    limit: Option<Duration>,
) -> Vec<bool> {
    let mut of: Vec<_> = of.map(to_read).collect();
    let found = poll(&mut of, limit);
    of.into_iter().map(|descriptor| found && descriptor.revents != 0).collect()
}

fn to_read(descriptor: Option<BorrowedFd<'_>>) -> libc::pollfd {
    // A negative descriptor is skipped.
    let fd = descriptor.map_or(-1, |descriptor| descriptor.as_raw_fd());
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}

/// Whether something was found within `limit`.
fn poll(of: &mut [libc::pollfd], limit: Option<Duration>) -> bool {
    // Rounded up, so that nobody wakes up just before the time.
    let limit = limit.map_or(-1, |limit| {
        let rounding = u128::from(!limit.is_zero());
        c_int::try_from(limit.as_millis() + rounding).unwrap_or(c_int::MAX)
    });
    let count = libc::nfds_t::try_from(of.len()).unwrap_or(0);
    // SAFETY: the slice has `count` entries and lives until the call returns.
    unsafe { libc::poll(of.as_mut_ptr(), count, limit) > 0 }
}

/// Who connected to a Unix socket, where the operating system tells.
pub(in crate::server) fn peer_credentials(of: BorrowedFd<'_>) -> Option<PeerCredentials> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let mut who = MaybeUninit::<libc::ucred>::uninit();
        let mut size = libc::socklen_t::try_from(mem::size_of::<libc::ucred>()).ok()?;
        // SAFETY: there is room for as many bytes as `size` says.
        let told = unsafe {
            libc::getsockopt(
                of.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERCRED,
                who.as_mut_ptr().cast(),
                &raw mut size,
            )
        };
        if told != 0 || usize::try_from(size) != Ok(mem::size_of::<libc::ucred>()) {
            return None;
        }
        // SAFETY: all of it has been written.
        let who = unsafe { who.assume_init() };
        Some(PeerCredentials::new(who.uid, who.gid, u32::try_from(who.pid).ok()))
    }
    #[cfg(any(
        target_vendor = "apple",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    ))]
    {
        let (mut uid, mut gid) = (0, 0);
        // SAFETY: both may be written.
        let told = unsafe { libc::getpeereid(of.as_raw_fd(), &raw mut uid, &raw mut gid) };
        (told == 0).then(|| PeerCredentials::new(uid, gid, None))
    }
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd"
    )))]
    {
        let _ = of;
        None
    }
}

/// How many descriptors this process may have, where that is limited.
pub(in crate::server) fn descriptor_limit() -> Option<u64> {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: where it succeeds, `limit` has been filled in.
    let limit = unsafe {
        (libc::getrlimit(libc::RLIMIT_NOFILE, limit.as_mut_ptr()) == 0)
            .then(|| limit.assume_init())?
    };
    // The type is another on some systems.
    #[allow(clippy::useless_conversion)]
    u64::try_from(limit.rlim_cur).ok().filter(|_| limit.rlim_cur != libc::RLIM_INFINITY)
}

/// Has threads share what glibc's allocator sets aside of the address space, which is else 64 MiB for each of the
/// first.
pub(in crate::server) fn share_arenas() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number, which the allocator looks at before it sets more aside.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

/// Whether an error is that this process, or the system, has as many descriptors as it may.
pub(in crate::server) fn no_descriptor_is_left(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

/// Whether something can be written now without waiting.
pub(super) fn is_writable(to: BorrowedFd<'_>) -> bool {
    let mut to = libc::pollfd { fd: to.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: there is one entry, and it lives until the call returns.
    let found = unsafe { libc::poll(&raw mut to, 1, 0) };
    found > 0 && to.revents & libc::POLLOUT != 0
}

/// Writes to a socket whose number is known, as much of it as takes no waiting, and ends it. What is no
/// socket is left alone.
#[cfg(feature = "tokio")]
pub(in crate::server) fn send_last(socket: RawFd, bytes: &[u8]) {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: reads no more than there is of `bytes`; both concern the socket alone.
    unsafe {
        libc::send(socket, bytes.as_ptr().cast(), bytes.len(), flags);
        libc::shutdown(socket, libc::SHUT_RDWR);
    }
}

/// Closes a descriptor that others in this process know the number of, by having the number stand
/// for `instead`: what they do with it is then done to that, and never to something new.
pub(super) fn close_behind(number: RawFd, instead: BorrowedFd<'_>) {
    // SAFETY: the number stays a valid descriptor, which it is used as.
    unsafe { libc::dup2(instead.as_raw_fd(), number) };
}

/// Takes a descriptor that whoever started this program has left open for it under a number, once. It
/// is closed when another program is started.
///
/// # Errors
///
/// Where nothing is open there, or it has been taken already.
pub(in crate::server) fn take_handed(number: RawFd) -> io::Result<OwnedFd> {
    static TAKEN: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    if taken.contains(&number) {
        let problem = format!("descriptor {number} has been taken already");
        return Err(io::Error::new(io::ErrorKind::AddrInUse, problem));
    }
    // SAFETY: concerns the descriptor alone, and fails where there is none.
    if unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) } == -1 {
        return Err(io::Error::last_os_error());
    }
    taken.push(number);
    // SAFETY: it is open, was open when the program began, and is given out once.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Whether a descriptor is a socket that is listened at.
pub(in crate::server) fn is_listening(socket: BorrowedFd<'_>) -> bool {
    socket_option(socket, libc::SO_ACCEPTCONN).is_some_and(|listens| listens != 0)
}

/// Whether a socket is one of streams, and not of messages.
pub(in crate::server) fn is_stream(socket: BorrowedFd<'_>) -> bool {
    socket_option(socket, libc::SO_TYPE) == Some(libc::SOCK_STREAM)
}

fn socket_option(socket: BorrowedFd<'_>, option: c_int) -> Option<c_int> {
    let mut found: c_int = 0;
    let mut size = libc::socklen_t::try_from(size_of::<c_int>()).unwrap_or(0);
    let value = (&raw mut found).cast();
    // SAFETY: writes to `found` no more than `size`, which is its own.
    let told = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, value, &raw mut size)
    };
    (told == 0).then_some(found)
}

/// Stops a listener in every process that has it. Some systems cannot; there the port stays open
/// until the last of them has closed it.
pub(super) fn stop_listening(listener: &impl AsRawFd) {
    // SAFETY: concerns the socket only, whose descriptor stays open.
    unsafe { libc::shutdown(listener.as_raw_fd(), libc::SHUT_RDWR) };
}

/// Has nobody begin to connect to a TCP listener any more, so that its queue, once empty, stays so until
/// it is stopped. Who tries is not answered, tries again after a second, and is refused then.
#[cfg(target_os = "linux")]
pub(super) fn let_nobody_begin(listener: &impl AsRawFd) {
    const LOAD_BYTE: u16 = 0x30;
    const SKIP_WITHOUT: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 2;
    let instruction = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    // A packet passes, whole, unless it is the first of a connection (RFC 9293, section 3.1).
    let mut program = [
        instruction(LOAD_BYTE, 0, FLAGS),
        instruction(SKIP_WITHOUT, 1, SYN),
        instruction(RETURN, 0, 0),
        instruction(RETURN, 0, u32::MAX),
    ];
    let program = libc::sock_fprog { len: 4, filter: program.as_mut_ptr() };
    let size = libc::socklen_t::try_from(size_of_val(&program)).unwrap_or(0);
    let (level, option) = (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER);
    // SAFETY: the program lives until the call returns, which copies it.
    unsafe {
        libc::setsockopt(listener.as_raw_fd(), level, option, (&raw const program).cast(), size)
    };
}

/// Other systems have nothing for it.
#[cfg(not(target_os = "linux"))]
pub(super) fn let_nobody_begin(_: &impl AsRawFd) {}

/// Memory of so many numbers, all 0, that this process and the children it makes from now on see and change
/// together, for as long as they run. The operating system gives what of it is used.
pub(crate) fn shared_numbers(count: usize) -> io::Result<&'static [AtomicU64]> {
    #[cfg(target_os = "linux")]
    const KIND: c_int = libc::MAP_SHARED | libc::MAP_ANON | libc::MAP_NORESERVE;
    #[cfg(not(target_os = "linux"))]
    const KIND: c_int = libc::MAP_SHARED | libc::MAP_ANON;
    let size = count.saturating_mul(size_of::<AtomicU64>());
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: asks for new memory anywhere.
    let memory = unsafe { libc::mmap(ptr::null_mut(), size, protection, KIND, -1, 0) };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: that long, aligned to a page, zeroed by the system, never unmapped; atomics may be shared.
    Ok(unsafe { slice::from_raw_parts(memory.cast(), count) })
}

/// A number that a process and the children it makes from now on see and change together.
#[derive(Debug)]
pub(super) struct Shared(NonNull<AtomicU64>);

// SAFETY: an atomic may be used from every thread, and the memory lives as long as this.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    /// Starts with 0.
    pub(super) fn new() -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_SHARED | libc::MAP_ANON;
        let size = size_of::<AtomicU64>();
        // SAFETY: asks for new memory anywhere.
        let memory = unsafe { libc::mmap(ptr::null_mut(), size, protection, kind, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        NonNull::new(memory.cast()).map(Self).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }
}

impl Deref for Shared {
    type Target = AtomicU64;

    fn deref(&self) -> &AtomicU64 {
        // SAFETY: memory of its own, a page long, aligned to a page, zeroed by the system.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped in `new`, and nothing borrows it any more.
        unsafe { libc::munmap(self.0.as_ptr().cast(), size_of::<AtomicU64>()) };
    }
}
