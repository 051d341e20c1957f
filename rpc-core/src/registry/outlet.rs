//! Where the items of a call go, one after another.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use serde::Serialize;

use crate::dialect::{Dialect, ItemForm, notification};
use crate::protocol::json::{Place, write_at};
use crate::protocol::{Credit, Fault, Limits, code};

use super::reply::unsent;
use super::{CallContext, Inlet};

/// Where the items of a call go: to a caller that takes them as they come, or into one array.
#[derive(Clone)]
pub struct Outlet(Arc<Shared>);

struct Shared {
    place: Place,
    /// Whether the call has an upload, too.
    converses: bool,
    state: Mutex<State>,
}

struct State {
    way: Way,
    /// The JSON texts of the items that nobody has taken, with what stands before them, and a comma behind each; or
    /// a notification of each.
    waiting: Vec<u8>,
    /// What those notifications have in common, where there are any.
    notices: Option<Notices>,
    /// How many bytes were taken last: the next are likely to be as many.
    taken: usize,
    /// With how many bytes of an array others have their turn.
    pauses_at: usize,
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
            Way::Stream { granted, sent, .. } => {
                !self.is_part(seen) && granted.lets(sent) && self.interest.is_some()
            }
            Way::Array => self.waiting.len() < self.pauses_at,
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
    Stream { granted: Credit, sent: Credit, form: ItemForm },
    /// All in one array.
    Array,
}

/// Items that travel as notifications.
struct Notices {
    /// What stands before each item.
    head: Vec<u8>,
    /// Where those that wait end.
    ends: Vec<usize>,
    /// Whether the function has begun, and is to be asked for items.
    is_open: bool,
}

impl Way {
    fn stream(granted: Credit, form: ItemForm) -> Self {
        Self::Stream { granted, sent: Credit::default(), form }
    }
}

/// As many bytes of items at least travel together, where they come quickly.
const PART: usize = 32 * 1024;

impl Outlet {
    /// The outlet of a call with this context, which says how much of a stream is wanted, if one is.
    pub(super) fn of(context: &CallContext) -> Self {
        let way = match context.get::<Credit>() {
            Some(&granted) if context.protocol() != Dialect::JsonRpc.name() => {
                Way::stream(granted, ItemForm::Messages)
            }
            _ => Way::Array,
        };
        let mut place = context.place();
        // The array around each.
        place.outer = place.outer.saturating_add(1);
        let state = State {
            way,
            waiting: Vec::new(),
            notices: None,
            taken: 0,
            pauses_at: PART,
            producer: None,
            taker: None,
            interest: Some(Arc::new(())),
            fault: None,
            limit: Limits::default().max_message_bytes,
        };
        let converses = context.get::<Inlet>().is_some();
        Self(Arc::new(Shared { place, converses, state: Mutex::new(state) }))
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

    /// Has each item travel as it comes, in a notification that begins with this.
    pub(crate) fn notify(&self, head: Vec<u8>) {
        let mut state = self.lock();
        state.way = Way::stream(Credit::ENDLESS, ItemForm::Messages);
        state.notices = Some(Notices { head, ends: Vec::new(), is_open: false });
    }

    /// Whether each item travels in a notification. Whoever subscribes wants to see one before there is another, for
    /// which the function may wait however long.
    pub(super) fn notifies(&self) -> bool {
        self.lock().notices.is_some()
    }

    /// Whether the function has begun, and so can be subscribed to.
    pub(crate) fn is_open(&self) -> bool {
        self.lock().notices.as_ref().is_some_and(|notices| notices.is_open)
    }

    /// Has items travel as they come, in this form, to somebody who takes a part when they have room for it.
    #[cfg(feature = "http")]
    pub(crate) fn write_as(&self, form: ItemForm) {
        self.lock().way = Way::stream(Credit::ENDLESS, form);
    }

    /// Takes note of who asks for the next items, when there are none.
    pub(crate) fn watch(&self, taker: &Waker) {
        let mut state = self.lock();
        if !state.taker.as_ref().is_some_and(|known| known.will_wake(taker)) {
            state.taker = Some(taker.clone());
        }
    }

    /// Whether the function may wait for items of its caller.
    pub(super) fn converses(&self) -> bool {
        self.0.converses
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
        matches!(self.lock().way, Way::Stream { granted, sent, .. } if !granted.lets(sent))
    }

    /// Takes the items that wait, as one part of what the call with this id answers with; or as notifications, and
    /// where each of them ends.
    pub(crate) fn take(&self, id: Option<&str>) -> Option<(Vec<u8>, Option<Vec<usize>>)> {
        let mut state = self.lock();
        let Way::Stream { form, .. } = state.way else { return None };
        (!state.waiting.is_empty()).then(|| {
            let mut items = mem::take(&mut state.waiting);
            state.taken = items.len();
            let ends = state.notices.as_mut().map(|notices| mem::take(&mut notices.ends));
            if ends.is_none() {
                form.end_part(&mut items, id);
            }
            (items, ends)
        })
    }

    /// Is ready when there [is room](State::has_room) for another item.
    pub(super) fn poll_ready(&self, seen: bool, task: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if let Some(notices) = state.notices.as_mut().filter(|notices| !notices.is_open) {
            // Its caller is told before it is asked for an item, which may take long.
            notices.is_open = true;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        if state.has_room(seen) {
            return Poll::Ready(());
        }
        if let Way::Array = state.way {
            state.pauses_at = state.waiting.len() + PART;
            task.waker().wake_by_ref();
            return Poll::Pending;
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
        let State { way, waiting, notices, taken, limit, .. } = &mut *state;
        let before = waiting.len();
        let is_first = before == 0;
        if is_first {
            // And a little more: no part has as many as the one before.
            waiting.reserve((*taken + *taken / 16).min(2 * PART));
        }
        match (&*notices, &*way) {
            (Some(notices), _) => waiting.extend_from_slice(&notices.head),
            (None, Way::Stream { form, sent, .. }) => {
                if is_first {
                    form.begin_part(waiting);
                }
                form.begin_item(waiting, sent.items + 1);
            }
            (None, Way::Array) if is_first => waiting.push(b'['),
            (None, Way::Array) => {}
        }
        let start = waiting.len();
        if let Err(error) = write_at(place, waiting, item) {
            waiting.truncate(before);
            return Err(unsent(place, &error));
        }
        let size = waiting.len() - start;
        match way {
            Way::Stream { .. } if size + PART > (*limit).max(2 * PART) => {
                waiting.truncate(before);
                return Err(item_too_large(size, *limit));
            }
            Way::Stream { form, sent, .. } => {
                match notices {
                    None => form.end_item(waiting, start),
                    Some(notices) => {
                        waiting.extend_from_slice(notification::ITEM_END);
                        notices.ends.push(waiting.len());
                    }
                }
                sent.items += 1;
                sent.bytes += size as u64;
            }
            Way::Array => {
                waiting.push(b',');
                if waiting.len() > *limit {
                    return Err(too_large(*limit));
                }
            }
        }
        Ok(state.has_room(seen))
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

#[cfg(test)]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::{CallContext, Credit, Fault, Outlet, PART, code};

    fn outlet(items: u64, bytes: u64) -> Outlet {
        Outlet::of(&CallContext::default().with(Credit { items, bytes }))
    }

    fn is_ready(outlet: &Outlet) -> bool {
        outlet.poll_ready(false, &mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn taken(outlet: &Outlet) -> String {
        String::from_utf8(outlet.take(None).unwrap_or_default().0).unwrap()
    }

    #[test]
    fn items_are_sent_as_long_as_there_is_credit_for_one() {
        let outlet = outlet(3, 5);
        for item in ["ab", "c"] {
            assert!(is_ready(&outlet));
            outlet.send(item, false).unwrap();
        }
        // `"ab"` and `"c"` have seven bytes: the second began with four.
        assert!(outlet.is_starved() && !is_ready(&outlet));
        assert_eq!(taken(&outlet), r#"{"items":["ab","c"]}"#);
        outlet.grant(Credit { items: 1, bytes: 100 });
        assert!(is_ready(&outlet));
        outlet.send(&1, false).unwrap();
        assert!(outlet.is_starved());
        outlet.grant(Credit { items: 2, bytes: 1 });
        assert!(outlet.is_starved());
        assert_eq!(taken(&outlet), r#"{"items":[1]}"#);
        assert_eq!(outlet.take(None), None);
        assert_eq!(outlet.end().unwrap(), "null");
    }

    #[test]
    fn a_part_is_taken_before_there_is_another() {
        let outlet = outlet(u64::MAX, u64::MAX);
        let mut sent = 0;
        while is_ready(&outlet) {
            outlet.send(&"x".repeat(1000), false).unwrap();
            sent += 1;
        }
        assert_eq!(sent, PART.div_ceil(1003));
        assert!(!outlet.is_starved());
        assert!(taken(&outlet).len() < PART + 2000);
        assert!(is_ready(&outlet));
        outlet.send(&1, false).unwrap();
        let waker = &mut Context::from_waker(Waker::noop());
        assert_eq!(outlet.poll_ready(true, waker), Poll::Pending);
        assert_eq!(taken(&outlet), r#"{"items":[1]}"#);
    }

    #[test]
    fn who_wants_no_more_is_heard_of_in_the_function() {
        let outlet = outlet(1, 1);
        let context = outlet.tell(&CallContext::default());
        assert!(!context.is_cancelled() && is_ready(&outlet));
        outlet.cut(Some(Fault::new(code::SHUTTING_DOWN, "it stops")));
        assert!(context.is_cancelled() && outlet.is_cut() && !is_ready(&outlet));
        assert_eq!(outlet.take_fault().map(|fault| fault.code()), Some(code::SHUTTING_DOWN));
        assert!(outlet.take_fault().is_none());
    }

    #[test]
    fn an_array_has_all_items_and_a_limit() {
        let outlet = Outlet::of(&CallContext::default());
        assert_eq!(outlet.end().unwrap(), "[]");
        outlet.bound(10);
        for item in 0..4 {
            assert!(is_ready(&outlet));
            outlet.send(&item, false).unwrap();
        }
        assert_eq!(outlet.end().unwrap(), "[0,1,2,3]");
        let fault = (0..9).find_map(|item| outlet.send(&item, false).err()).unwrap();
        assert_eq!(fault.code(), code::REPLY_TOO_LARGE);
        assert!(fault.message().contains("10 bytes"), "{fault}");
    }

    #[test]
    fn a_first_item_that_cannot_be_sent_leaves_nothing() {
        let outlet = outlet(9, 1 << 20);
        outlet.bound(3 * PART);
        assert!(outlet.send(&f64::NAN, false).is_err());
        assert!(outlet.send(&"x".repeat(3 * PART), false).is_err());
        assert_eq!(outlet.take(None), None);
    }

    #[test]
    fn an_item_that_cannot_be_sent_leaves_those_before_it() {
        let outlet = outlet(9, 1 << 20);
        outlet.bound(3 * PART);
        outlet.send(&1, false).unwrap();
        assert!(outlet.send(&f64::NAN, false).is_err());
        let large = outlet.send(&"x".repeat(3 * PART), false).unwrap_err();
        assert!(large.message().contains("`Limits::max_message_bytes`"), "{large}");
        outlet.send(&2, false).unwrap();
        assert_eq!(taken(&outlet), r#"{"items":[1,2]}"#);
    }
}
