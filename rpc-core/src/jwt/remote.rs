//! Keys from an address, fetched again and again by one thread for all processes of a server.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::client::Get;
use crate::error::Misuse;
use crate::json_rpc::come_again;
use crate::protocol::{Fault, code};
use crate::registry::{Log, Upkeep};

use super::board::Board;
use super::key::Jwk;
use super::key_text::{self, LENGTH};
use super::problem::problem;

/// As long fetching may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// After so long keys are fetched again that could not be, at most.
const AGAIN: Duration = Duration::from_secs(30);

/// Keys from an address.
pub(super) struct Remote {
    get: Get,
    /// How often they are fetched, and for how long they count that could not be since.
    every: Duration,
    keep: Duration,
    board: Arc<Board>,
    /// What this process has read of the board.
    kept: Mutex<Kept>,
    log: OnceLock<Log>,
}

struct Kept {
    keys: Arc<[Jwk]>,
    version: u64,
}

impl Remote {
    /// Fetches them for the first time.
    pub(super) fn fetch(get: Get, every: Duration, keep: Duration) -> Result<Self, Misuse> {
        let board = Board::new();
        let board =
            board.map_err(|error| problem(format!("there is no memory for keys: {error}")))?;
        let fetched = fetch(&get);
        let (text, keys) =
            fetched.map_err(|why| problem(format!("the keys at {}: {why}", get.name)))?;
        board.publish(&text, true);
        let kept = Mutex::new(Kept { keys, version: board.version() });
        Ok(Self { get, every, keep, board: Arc::new(board), kept, log: OnceLock::new() })
    }

    /// The address, without what may be a secret.
    pub(super) fn name(&self) -> &str {
        &self.get.name
    }

    /// The keys as they are now, or why they do not count.
    pub(super) fn keys(&self) -> Result<Arc<[Jwk]>, Fault> {
        if !self.board.is_tended() {
            let problem = "nobody fetches the keys that tokens are checked with: give the `Jwt` itself to \
                           `TcpServer::authenticate`, or do what its `upkeep` says";
            return Err(Fault::new(code::INTERNAL_ERROR, problem));
        }
        if self.board.age() > self.keep {
            const SOON: Duration = Duration::from_secs(5);
            const STALE: &str = "the keys that tokens are checked with are stale: their server has not given them for too long";
            return Err(come_again(STALE, SOON));
        }
        Ok(self.latest())
    }

    /// The keys that were fetched last.
    fn latest(&self) -> Arc<[Jwk]> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.version != self.board.version()
            && let Some((version, text)) = self.board.read()
            && let Ok(keys) = key_text::keys(&text)
        {
            *kept = Kept { keys, version };
        }
        Arc::clone(&kept.keys)
    }

    /// Whether a key may be known soon that is not among these. They are fetched then.
    pub(super) fn may_know_more(&self, keys: &Arc<[Jwk]>) -> bool {
        // Looked at afterwards: what was asked for may just have come.
        let is_asked = self.board.ask();
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        is_asked || !Arc::ptr_eq(&kept.keys, keys) || kept.version != self.board.version()
    }

    /// Has it said when they change, and when they cannot be fetched.
    pub(super) fn log_to(&self, log: &Log) {
        // Whoever serves first hears of it.
        let _ = self.log.set(Arc::clone(log));
    }

    fn say(&self, line: &str) {
        if let Some(log) = self.log.get() {
            log(line);
        }
    }

    /// Fetches them again and again, until nobody has them any more.
    pub(super) fn upkeep(this: &Arc<Self>) -> Upkeep {
        this.board.will_be_tended();
        let (remote, board) = (Arc::downgrade(this), Arc::clone(&this.board));
        Arc::new(move || {
            if board.begin_to_tend() {
                tend(&remote, &board);
            }
        })
    }

    /// Fetches them, and says what is new.
    fn refresh(&self, trouble: &mut Option<Trouble>) {
        match fetch(&self.get) {
            Ok((text, keys)) => {
                let news = changes(&self.latest(), &keys);
                self.board.publish(&text, news.is_some());
                let again = trouble.take().map(|_| "can be fetched again".to_owned());
                let changed = news.map(|news| format!("have changed: {news}"));
                let said: Vec<_> = [again, changed].into_iter().flatten().collect();
                if !said.is_empty() {
                    self.say(&format!("the keys at {} {}", self.name(), said.join(", and ")));
                }
            }
            Err(why) => {
                self.board.fail();
                let (age, keep) = (self.board.age(), self.keep.as_secs());
                let new = Trouble { why, is_stale: age > self.keep };
                if trouble.as_ref() == Some(&new) {
                    return;
                }
                let then = if new.is_stale {
                    format!("no token is taken, since those before are older than {keep} s")
                } else {
                    let age = age.as_secs();
                    format!("those from {age} s ago count until they are {keep} s old")
                };
                let (name, why) = (self.name(), &new.why);
                self.say(&format!("the keys at {name} cannot be fetched, and {then}: {why}"));
                *trouble = Some(new);
            }
        }
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // Who fetches sees that nobody needs it any more.
        self.board.ring();
    }
}

/// Why keys cannot be fetched, and whether those before are stale by now: it is said once.
#[derive(PartialEq)]
struct Trouble {
    why: String,
    is_stale: bool,
}

/// Fetches keys when it is time, or somebody asks for it.
fn tend(remote: &Weak<Remote>, board: &Board) {
    let mut trouble = None;
    let mut tried = None::<Instant>;
    let mut wait = Duration::ZERO;
    loop {
        board.wait(wait);
        let Some(remote) = remote.upgrade() else { return };
        let again = tried.map(|tried| remote.every.min(AGAIN).saturating_sub(tried.elapsed()));
        wait = remote.every.saturating_sub(board.age()).max(again.unwrap_or_default());
        if wait.is_zero() || board.is_asked() {
            tried = Some(Instant::now());
            // Lines are said by the program's own code, which may panic.
            if catch_unwind(AssertUnwindSafe(|| remote.refresh(&mut trouble))).is_err() {
                board.fail();
            }
            wait = Duration::ZERO;
        }
    }
}

fn fetch(get: &Get) -> Result<(Vec<u8>, Arc<[Jwk]>), String> {
    let text = get.get(LENGTH, PATIENCE)?;
    let keys = key_text::keys(&text)?;
    Ok((text, keys))
}

/// Which keys came and which went; `None` where they are the same.
fn changes(before: &[Jwk], now: &[Jwk]) -> Option<String> {
    let of = |those: &[Jwk], others: &[Jwk], verb: &str| {
        let new = those.iter().filter(|key| !others.iter().any(|other| other.is_same(key)));
        names(new).map(|names| format!("{names} {verb}"))
    };
    let (came, went) = (of(now, before, "came"), of(before, now, "went"));
    let news: Vec<_> = [came, went].into_iter().flatten().collect();
    (!news.is_empty()).then(|| news.join(", "))
}

/// The names of some keys, which their issuer has chosen.
fn names<'k>(keys: impl Iterator<Item = &'k Jwk>) -> Option<String> {
    const SHOWN: usize = 8;
    const LONG: usize = 80;
    let mut names: Vec<_> = keys
        .map(|key| match key.id() {
            Some(id) => format!("`{}`", id.chars().take(LONG).collect::<String>()),
            None => "one without `kid`".to_owned(),
        })
        .collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    (!names.is_empty()).then(|| names.join(", "))
}
