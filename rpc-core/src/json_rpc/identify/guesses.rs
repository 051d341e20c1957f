//! Whose credentials are being looked at: of an address no more at once than may be wrong, and others wait for their turn.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::throttle::network;

use super::failed::FailedLogins;

/// What is being looked at, and what was wrong of it.
pub(super) struct Guesses {
    failed: FailedLogins,
    asked: Mutex<HashMap<IpAddr, Asked>>,
    /// Told when a turn has ended.
    ended: Condvar,
    /// The number of who waits next.
    next: AtomicU64,
}

/// What is asked about an address.
#[derive(Default)]
struct Asked {
    /// So many have their turn.
    turns: u32,
    /// Who waits for one, those first who came first.
    waiting: BTreeMap<u64, Waker>,
}

/// The turn of some credentials. When it is dropped they count as wrong: whoever gives up does not get another guess.
pub(super) struct Turn {
    guesses: Arc<Guesses>,
    /// `None` where nothing is counted.
    address: Option<IpAddr>,
}

/// Waits for a turn.
pub(super) struct Waiting {
    guesses: Arc<Guesses>,
    address: Option<IpAddr>,
    number: Option<u64>,
}

impl Guesses {
    pub(super) fn new(limit: u32, time: Duration) -> Self {
        let (asked, ended) = (Mutex::default(), Condvar::new());
        Self { failed: FailedLogins::new(limit, time), asked, ended, next: AtomicU64::new(0) }
    }

    /// So many may be wrong.
    pub(super) fn limit(&self) -> u32 {
        self.failed.limit
    }

    /// How many more of an address may be wrong; the error is how long it has to wait, here as below.
    pub(super) fn left(&self, address: Option<IpAddr>) -> Result<u32, Duration> {
        self.failed.left(address, Instant::now())
    }

    /// The turn of credentials that come from this address, if any is known.
    pub(super) fn turn(self: &Arc<Self>, address: Option<IpAddr>) -> Waiting {
        Waiting { guesses: Arc::clone(self), address: self.counted(address), number: None }
    }

    /// The same, which keeps this thread until then.
    pub(super) fn turn_on_this_thread(
        self: &Arc<Self>,
        address: Option<IpAddr>,
    ) -> Result<Turn, Duration> {
        let address = self.counted(address);
        if let Some(address) = address {
            let mut asked = self.asked();
            loop {
                match self.begin(&mut asked, address) {
                    Some(begun) => break begun?,
                    None => {
                        asked = self.ended.wait(asked).unwrap_or_else(PoisonError::into_inner);
                    }
                }
            }
        }
        Ok(Turn { guesses: Arc::clone(self), address })
    }

    fn counted(&self, address: Option<IpAddr>) -> Option<IpAddr> {
        address.filter(|_| self.limit() > 0).map(network)
    }

    /// Begins a turn, if there is one now.
    fn begin(
        &self,
        asked: &mut HashMap<IpAddr, Asked>,
        address: IpAddr,
    ) -> Option<Result<(), Duration>> {
        match self.left(Some(address)) {
            Ok(left) => {
                let asked = asked.entry(address).or_default();
                (asked.turns < left).then(|| {
                    asked.turns += 1;
                    Ok(())
                })
            }
            Err(wait) => Some(Err(wait)),
        }
    }

    /// Ends a turn or a wait, and wakes who is next: all of them where they are refused now.
    fn end(&self, address: IpAddr, change: impl FnOnce(&mut Asked)) {
        let mut asked = self.asked();
        let Some(entry) = asked.get_mut(&address) else {
            return;
        };
        change(entry);
        let woken: Vec<Waker> = if self.left(Some(address)).is_ok() {
            entry.waiting.pop_first().into_iter().map(|(_, waker)| waker).collect()
        } else {
            mem::take(&mut entry.waiting).into_values().collect()
        };
        if entry.turns == 0 && entry.waiting.is_empty() {
            asked.remove(&address);
        }
        drop(asked);
        self.ended.notify_all();
        woken.into_iter().for_each(Waker::wake);
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<IpAddr, Asked>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Ends it, with nothing against the address.
    pub(super) fn was_no_guess(mut self) {
        if let Some(address) = self.address.take() {
            self.guesses.end(address, |asked| asked.turns -= 1);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(address) = self.address {
            self.guesses.end(address, |asked| {
                asked.turns -= 1;
                self.guesses.failed.note(Some(address), Instant::now());
            });
        }
    }
}

impl Future for Waiting {
    type Output = Result<Turn, Duration>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let guesses = Arc::clone(&self.guesses);
        if let Some(address) = self.address {
            let mut asked = guesses.asked();
            match guesses.begin(&mut asked, address) {
                Some(Ok(())) => {}
                Some(Err(wait)) => return Poll::Ready(Err(wait)),
                None => {
                    let next = || guesses.next.fetch_add(1, Ordering::Relaxed);
                    let number = *self.number.get_or_insert_with(next);
                    let waiting = &mut asked.entry(address).or_default().waiting;
                    waiting.insert(number, task.waker().clone());
                    return Poll::Pending;
                }
            }
        }
        let address = self.address;
        Poll::Ready(Ok(Turn { guesses, address }))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Whoever was woken and leaves has the next one woken.
        if let (Some(address), Some(number)) = (self.address, self.number) {
            self.guesses.end(address, |asked| _ = asked.waiting.remove(&number));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, mpsc};
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread;
    use std::time::Duration;

    use super::{Guesses, Turn, Waiting};

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Somebody who waits.
    struct Somebody(Pin<Box<Waiting>>, Arc<Woken>);

    impl Somebody {
        fn of(guesses: &Arc<Guesses>) -> Self {
            Self(Box::pin(guesses.turn(Some(address()))), Arc::default())
        }

        fn poll(&mut self) -> Poll<Result<Turn, Duration>> {
            let waker = Waker::from(Arc::clone(&self.1));
            self.0.as_mut().poll(&mut Context::from_waker(&waker))
        }

        fn turn(mut self) -> Turn {
            let Poll::Ready(Ok(turn)) = self.poll() else { panic!("no turn") };
            turn
        }

        fn was_woken(&self) -> bool {
            self.1.0.swap(0, Ordering::SeqCst) > 0
        }
    }

    fn address() -> IpAddr {
        "10.0.0.1".parse().unwrap()
    }

    fn guesses(limit: u32) -> Arc<Guesses> {
        Arc::new(Guesses::new(limit, Duration::from_secs(3600)))
    }

    fn waiting(guesses: &Arc<Guesses>) -> Somebody {
        let mut somebody = Somebody::of(guesses);
        assert!(somebody.poll().is_pending());
        somebody
    }

    #[test]
    fn a_crowd_of_right_ones_has_its_turns_one_after_another() {
        let guesses = guesses(2);
        let first: Vec<_> = (0..2).map(|_| Somebody::of(&guesses).turn()).collect();
        let crowd: Vec<_> = (0..20).map(|_| waiting(&guesses)).collect();
        first.into_iter().for_each(Turn::was_no_guess);
        for somebody in crowd {
            assert!(somebody.was_woken());
            somebody.turn().was_no_guess();
        }
        assert!(guesses.asked().is_empty());
    }

    #[test]
    fn of_wrong_ones_no_more_have_a_turn_than_may_be_wrong() {
        let guesses = guesses(3);
        let mut turns: Vec<_> = (0..3).map(|_| Somebody::of(&guesses).turn()).collect();
        let mut crowd: Vec<_> = (0..20).map(|_| waiting(&guesses)).collect();
        drop(turns.pop());
        assert!(crowd.iter_mut().all(|somebody| somebody.poll().is_pending()));
        drop(turns);
        for mut somebody in crowd {
            assert!(somebody.was_woken());
            assert!(matches!(somebody.poll(), Poll::Ready(Err(_))));
        }
        assert!(guesses.asked().is_empty());
        assert!(guesses.turn_on_this_thread(Some(address())).is_err());
    }

    #[test]
    fn whoever_leaves_when_it_is_their_turn_leaves_it_to_the_next() {
        let guesses = guesses(1);
        let turn = Somebody::of(&guesses).turn();
        let (one, other) = (waiting(&guesses), waiting(&guesses));
        turn.was_no_guess();
        assert!(one.was_woken() && !other.was_woken());
        drop(one);
        assert!(other.was_woken());
        other.turn().was_no_guess();
        assert!(guesses.asked().is_empty());
    }

    #[test]
    fn threads_wait_too_and_other_addresses_do_not() {
        let guesses = guesses(1);
        let turn = guesses.turn_on_this_thread(Some(address())).unwrap_or_else(|_| panic!());
        assert!(guesses.turn_on_this_thread(None).is_ok());
        assert!(guesses.turn_on_this_thread("10.0.0.2".parse().ok()).is_ok());
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn({
            let guesses = Arc::clone(&guesses);
            move || {
                let turn = guesses.turn_on_this_thread(Some(address()));
                tell.send(()).unwrap();
                turn.map(Turn::was_no_guess)
            }
        });
        assert!(told.try_recv().is_err());
        turn.was_no_guess();
        assert!(thread.join().unwrap().is_ok());
    }
}
