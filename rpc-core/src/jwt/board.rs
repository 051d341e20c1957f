//! What the processes of a server see together of keys from an address: the text, and how fetching it goes.

use std::fmt;
use std::io::{self, ErrorKind};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::shared_numbers;
#[cfg(not(unix))]
use crate::transport::MemoryStream;
use crate::transport::{AnyStream, Stream};

use super::key_text::LENGTH;

/// A key that is not known has the keys fetched at once, this often at most.
const PAUSE: Duration = Duration::from_secs(30);

/// How often the text was written: odd while it is.
const VERSION: usize = 0;
/// Of the text, in bytes.
const SIZE: usize = 1;
/// When it was fetched last, as all times here.
const FETCHED: usize = 2;
/// Whether it could not be fetched since.
const FAILS: usize = 3;
/// Whether somebody waits for it to be fetched.
const ASKED: usize = 4;
/// When somebody asked last, or 0.
const ASKED_AT: usize = 5;
/// Whether somebody has undertaken to fetch it.
const TENDED: usize = 6;
/// The process that does.
const TENDED_BY: usize = 7;
/// Where the text begins.
const TEXT: usize = 8;

const WORD: usize = size_of::<u64>();

/// Numbers that all processes of a server see, of which one writes the text and all read it, and what wakes that one.
pub(super) struct Board {
    numbers: &'static [AtomicU64],
    /// What times are counted from: in every process that was forked since, too.
    begun: Instant,
    heard: AnyStream,
    rung: AnyStream,
}

impl Board {
    pub(super) fn new() -> io::Result<Self> {
        let numbers = shared_numbers(TEXT + LENGTH.div_ceil(WORD))?;
        #[cfg(unix)]
        let (heard, rung) = UnixStream::pair()?;
        #[cfg(not(unix))]
        let (heard, rung) = MemoryStream::pair();
        let (heard, rung) = (AnyStream::new(heard), AnyStream::new(rung));
        Ok(Self { numbers, begun: Instant::now(), heard, rung })
    }

    fn get(&self, place: usize) -> u64 {
        self.numbers[place].load(Ordering::Acquire)
    }

    fn set(&self, place: usize, value: u64) {
        self.numbers[place].store(value, Ordering::Release);
    }

    /// The time, in milliseconds; never 0.
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1)
    }

    fn since(&self, place: usize) -> Duration {
        Duration::from_millis(self.now().saturating_sub(self.get(place)))
    }

    /// Puts a text in the place of the one before, if it is another, and takes note that it was fetched. One process does so, on
    /// one thread.
    pub(super) fn publish(&self, text: &[u8], is_other: bool) {
        let version = self.get(VERSION);
        // A process that was ended meanwhile has left it odd.
        if is_other || version % 2 == 1 {
            let version = version | 1;
            self.set(VERSION, version);
            fence(Ordering::SeqCst);
            self.numbers[SIZE].store(text.len() as u64, Ordering::Relaxed);
            for (word, number) in text.chunks(WORD).zip(&self.numbers[TEXT..]) {
                let mut bytes = [0; WORD];
                bytes[..word.len()].copy_from_slice(word);
                number.store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
            }
            self.set(VERSION, version + 1);
        }
        self.set(FETCHED, self.now());
        self.set(FAILS, 0);
        self.set(ASKED, 0);
    }

    /// Takes note that it could not be fetched.
    pub(super) fn fail(&self) {
        self.set(FAILS, 1);
        self.set(ASKED, 0);
    }

    /// Which text it is: another number where it is another.
    pub(super) fn version(&self) -> u64 {
        self.get(VERSION)
    }

    /// The text and its version; `None` while it is being written.
    pub(super) fn read(&self) -> Option<(u64, Vec<u8>)> {
        let version = self.get(VERSION);
        let size = usize::try_from(self.numbers[SIZE].load(Ordering::Relaxed)).ok()?.min(LENGTH);
        let words = &self.numbers[TEXT..TEXT + size.div_ceil(WORD)];
        let mut text = Vec::with_capacity(words.len() * WORD);
        for word in words {
            text.extend(word.load(Ordering::Relaxed).to_ne_bytes());
        }
        text.truncate(size);
        fence(Ordering::SeqCst);
        let is_whole = version.is_multiple_of(2) && self.get(VERSION) == version;
        is_whole.then_some((version, text))
    }

    /// How long ago the text was fetched.
    pub(super) fn age(&self) -> Duration {
        self.since(FETCHED)
    }

    /// Asks for the text to be fetched, unless somebody has just done so. Whether more may be known soon.
    pub(super) fn ask(&self) -> bool {
        if self.is_asked() {
            return true;
        }
        let last = self.get(ASKED_AT);
        if last != 0 && self.since(ASKED_AT) < PAUSE {
            return self.is_asked() || self.get(FAILS) != 0;
        }
        let place = &self.numbers[ASKED_AT];
        if place.compare_exchange(last, self.now(), Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.set(ASKED, 1);
            self.ring();
        }
        true
    }

    /// Whether somebody waits for it to be fetched.
    pub(super) fn is_asked(&self) -> bool {
        self.get(ASKED) != 0
    }

    /// Takes note that somebody undertakes to fetch it.
    pub(super) fn will_be_tended(&self) {
        self.set(TENDED, 1);
    }

    /// Whether somebody has.
    pub(super) fn is_tended(&self) -> bool {
        self.get(TENDED) != 0
    }

    /// Has this process fetch it; `false` where a thread of it does already.
    pub(super) fn begin_to_tend(&self) -> bool {
        let this = u64::from(process::id());
        self.numbers[TENDED_BY].swap(this, Ordering::AcqRel) != this
    }

    /// Wakes whoever [waits](Self::wait).
    pub(super) fn ring(&self) {
        let _ = self.rung.write(&[0]);
    }

    /// Waits until it is rung, but no longer than `limit`.
    pub(super) fn wait(&self, limit: Duration) {
        let limit = limit.max(Duration::from_millis(1));
        let _ = self.heard.set_read_timeout(Some(limit));
        if let Err(error) = self.heard.read(&mut [0; 64])
            && !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        {
            // A signal, or what should not be: it is looked at more often then, but not all the time.
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").field("version", &self.version()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::Board;

    #[test]
    fn a_text_is_read_whole_or_not_at_all() {
        let board = Board::new().unwrap();
        let text = |n: usize| (n % 256).to_string().repeat(300 + n % 9).into_bytes();
        board.publish(&text(0), true);
        thread::scope(|scope| {
            scope.spawn(|| (1..2000).for_each(|n| board.publish(&text(n), true)));
            let mut seen = 0;
            while seen < 4000 {
                if let Some((version, read)) = board.read() {
                    assert!(version >= seen);
                    assert_eq!(read, text(usize::try_from(version / 2 - 1).unwrap()));
                    seen = version;
                }
            }
        });
    }

    #[test]
    fn who_asks_once_has_others_wait_and_is_then_told() {
        let board = Board::new().unwrap();
        assert!(!board.is_asked());
        assert!(board.ask() && board.ask() && board.is_asked());
        board.publish(b"{}", true);
        assert!(!board.is_asked() && !board.ask());
        board.fail();
        assert!(board.ask() && !board.is_asked());
        assert_eq!(board.read().unwrap().1, b"{}");
    }
}
