//! Where the items of a call go, one after another.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::Serialize;

use crate::dialect::Dialect;
use crate::protocol::json::{Place, write_at};
use crate::protocol::{Credit, Fault, Limits, code};

use super::CallContext;
use super::reply::unsent;

/// Where the items of a call go: to a caller that takes them as they come, or into one array.
#[derive(Clone)]
pub struct Outlet(Arc<Shared>);

struct Shared {
    place: Place,
    state: Mutex<State>,
}

struct State {
    way: Way,
    /// The JSON texts of the items that nobody has taken, with what stands before them, and a comma behind each.
    waiting: Vec<u8>,
    /// How many bytes were taken last: the next are likely to be as many.
    taken: usize,
    /// Whoever waits for room.
    producer: Option<Waker>,
    /// Whoever asks for the next items.
    taker: Option<Waker>,
    /// Held for as long as somebody wants the items.
    interest: Option<Arc<()>>,
    /// What they are told instead of further items.
    fault: Option<Fault>,
    /// As many bytes an item may have, or all of them in an array.
    limit: usize,
}

impl State {
    /// Whether another item may be sent; where those before are to be `seen` at once, when they have been.
    fn has_room(&self, seen: bool) -> bool {
        match self.way {
            Way::Stream { granted, sent } => {
                !self.is_part(seen) && granted.lets(sent) && self.interest.is_some()
            }
            Way::Array => true,
        }
    }

    /// Whether the items that wait are to travel before there are more.
    fn is_part(&self, seen: bool) -> bool {
        self.waiting.len() >= PART || (seen && !self.waiting.is_empty())
    }
}

/// How the items travel.
enum Way {
    /// As they come, as far as there is credit.
    Stream { granted: Credit, sent: Credit },
    /// All in one array.
    Array,
}

/// As many bytes of items at least travel together, where they come quickly.
const PART: usize = 32 * 1024;

impl Outlet {
    /// The outlet of a call with this context, which says how much of a stream is wanted, if one is.
    pub(super) fn of(context: &CallContext) -> Self {
        let way = match context.get::<Credit>() {
            Some(&granted) => Way::Stream { granted, sent: Credit::default() },
            None => Way::Array,
        };
        let mut place = context.place();
        // The array around each.
        place.outer = place.outer.saturating_add(1);
        let state = State {
            way,
            waiting: Vec::new(),
            taken: 0,
            producer: None,
            taker: None,
            interest: Some(Arc::new(())),
            fault: None,
            limit: Limits::default().max_message_bytes,
        };
        Self(Arc::new(Shared { place, state: Mutex::new(state) }))
    }

    /// The context as the function finds it: one that hears when nobody wants the items any more.
    pub(super) fn tell(&self, context: &CallContext) -> CallContext {
        match &self.lock().interest {
            Some(interest) => context.awaited_by(interest),
            None => context.clone(),
        }
    }

    /// Bounds what one message may have.
    pub(crate) fn bound(&self, bytes: usize) {
        self.lock().limit = bytes;
    }

    /// Has all items go into one array, for a caller who cannot take them as they come.
    pub(crate) fn gather(&self) {
        self.lock().way = Way::Array;
    }

    /// Takes note of who asks for the next items, when there are none.
    pub(crate) fn watch(&self, taker: &Waker) {
        let mut state = self.lock();
        if !state.taker.as_ref().is_some_and(|known| known.will_wake(taker)) {
            state.taker = Some(taker.clone());
        }
    }

    /// Whether items travel as they come.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.lock().way, Way::Stream { .. })
    }

    /// Takes note that there is room for more, in all.
    pub(crate) fn grant(&self, total: Credit) {
        let mut state = self.lock();
        if let Way::Stream { granted, .. } = &mut state.way {
            granted.grant(total);
        }
        wake(state);
    }

    /// Takes note that nobody wants further items; or that their caller is told this instead.
    pub(crate) fn cut(&self, fault: Option<Fault>) {
        let mut state = self.lock();
        state.interest = None;
        state.fault = fault;
        wake(state);
    }

    /// What their caller is told instead of further items.
    pub(crate) fn take_fault(&self) -> Option<Fault> {
        self.lock().fault.take()
    }

    /// Whether there are to be no further items.
    pub(crate) fn is_cut(&self) -> bool {
        self.lock().interest.is_none()
    }

    /// Whether the function waits until its caller has room for more.
    pub(crate) fn is_starved(&self) -> bool {
        matches!(self.lock().way, Way::Stream { granted, sent } if !granted.lets(sent))
    }

    /// Takes the items that wait, as the part of a message that stands before its end.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        (!state.waiting.is_empty()).then(|| {
            let mut items = mem::take(&mut state.waiting);
            state.taken = items.len();
            items.pop();
            items
        })
    }

    /// Is ready when there [is room](State::has_room) for another item.
    pub(super) fn poll_ready(&self, seen: bool, task: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.has_room(seen) {
            return Poll::Ready(());
        }
        if state.is_part(seen) {
            // Whoever asks for the next part goes on from here; what stands between may go by wakers.
            task.waker().wake_by_ref();
        } else {
            state.producer = Some(task.waker().clone());
        }
        Poll::Pending
    }

    /// Sends an item, and says whether another may be sent at once; where this one is to be `seen`, none may.
    ///
    /// # Errors
    ///
    /// Where it has no JSON form, nests too deep or is too large.
    pub fn send<T: Serialize + ?Sized>(&self, item: &T, seen: bool) -> Result<bool, Fault> {
        let place = self.0.place;
        let mut state = self.lock();
        let State { way, waiting, taken, limit, .. } = &mut *state;
        if waiting.is_empty() {
            // And a little more: no part has as many as the one before.
            waiting.reserve((*taken + *taken / 16).min(2 * PART));
            waiting.extend_from_slice(match way {
                Way::Stream { .. } => Dialect::items_head(),
                Way::Array => b"[",
            });
        }
        let start = waiting.len();
        write_at(place, waiting, item).map_err(|error| unsent(place, &error))?;
        let size = waiting.len() - start;
        waiting.push(b',');
        match way {
            Way::Stream { .. } if size + PART > (*limit).max(2 * PART) => {
                waiting.truncate(start);
                Err(item_too_large(size, *limit))
            }
            Way::Stream { sent, .. } => {
                sent.items += 1;
                sent.bytes += size as u64;
                Ok(state.has_room(seen))
            }
            Way::Array if waiting.len() > *limit => Err(too_large(*limit)),
            Way::Array => Ok(true),
        }
    }

    /// What the call returns when all items have been sent: the array of them, or nothing.
    pub(super) fn end(&self) -> Result<String, Fault> {
        let mut state = self.lock();
        if let Way::Stream { .. } = state.way {
            return Ok("null".to_owned());
        }
        let mut array = mem::take(&mut state.waiting);
        match array.last_mut() {
            Some(comma) => *comma = b']',
            None => array.extend_from_slice(b"[]"),
        }
        super::reply::into_text(array)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes those who wait, where nothing is locked.
fn wake(mut state: MutexGuard<'_, State>) {
    let waiting = [state.producer.take(), state.taker.take()];
    drop(state);
    waiting.into_iter().flatten().for_each(Waker::wake);
}

#[cold]
fn item_too_large(size: usize, limit: usize) -> Fault {
    let message = format!(
        "the function has an item of {size} bytes, which is too much for one message of {limit} bytes; raise \
         `Limits::max_message_bytes`"
    );
    Fault::new(code::REPLY_TOO_LARGE, message)
}

#[cold]
fn too_large(limit: usize) -> Fault {
    let message = format!(
        "the function's items are larger together than {limit} bytes, which is what one reply may have; ask for \
         them as a stream, for fewer of them, or raise `Limits::max_message_bytes`"
    );
    Fault::new(code::REPLY_TOO_LARGE, message)
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}
