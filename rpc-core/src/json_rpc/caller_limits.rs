//! What a caller may do at most: calls a second, and calls at one time, for each address and each identity.

use std::fmt;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::Fault;
use crate::registry::{CallContext, Identity};
use crate::throttle::{Bounded, Bucket, Rate, network};
use crate::timing::COME_AGAIN;

use super::come_again::{come_again, too_many, whole_ms};
use super::session::Session;

/// As many addresses are remembered, and as many identities.
const MOST: usize = 10_000;

/// What each caller may do at most.
#[derive(Clone)]
pub(super) struct CallerLimits {
    pub(super) address: Limit,
    pub(super) identity: Limit,
    /// Shared by all connections of a server.
    used: Arc<Mutex<Used>>,
}

/// What those of one kind may do at most.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    rate: Option<Rate>,
    in_flight: Option<usize>,
    of: Kind,
}

/// What callers are told apart by.
#[derive(Clone, Copy)]
struct Kind {
    name: &'static str,
    rate_setting: &'static str,
    in_flight_setting: &'static str,
}

const ADDRESS: Kind = Kind {
    name: "address",
    rate_setting: "limit_calls_per_address",
    in_flight_setting: "limit_calls_in_flight_per_address",
};

const IDENTITY: Kind = Kind {
    name: "identity",
    rate_setting: "limit_calls_per_identity",
    in_flight_setting: "limit_calls_in_flight_per_identity",
};

/// What callers have used.
struct Used {
    addresses: Bounded<IpAddr, Usage>,
    identities: Bounded<Arc<str>, Usage>,
}

/// What one of them has used.
struct Usage {
    bucket: Bucket,
    /// As many copies as it has calls in flight.
    running: Arc<()>,
}

/// A call that counts as one in flight until all copies of this are dropped.
#[derive(Clone)]
pub(super) struct InFlight {
    _of: [Option<Arc<()>>; 2],
}

/// Why a call does not run.
pub(super) struct Exceeded {
    why: String,
    wait: Duration,
}

impl Default for CallerLimits {
    fn default() -> Self {
        let used = Used { addresses: Bounded::new(MOST), identities: Bounded::new(MOST) };
        let used = Arc::new(Mutex::new(used));
        Self { address: Limit::none(ADDRESS), identity: Limit::none(IDENTITY), used }
    }
}

impl CallerLimits {
    /// By what they were set.
    pub(super) fn settings(&self) -> Vec<&'static str> {
        [self.address.settings(), self.identity.settings()]
            .into_iter()
            .flatten()
            .flatten()
            .collect()
    }

    /// Lets a call run that is begun now, or says why not.
    pub(super) fn admit(&self, context: &CallContext, now: Instant) -> Result<InFlight, Exceeded> {
        let address = self.address.is_set().then(|| context.caller_address()).flatten();
        let identity = self.identity.is_set().then(|| context.identity()).flatten();
        self.admit_caller(address.map(network), identity.map(Identity::shared_name), now)
    }

    fn admit_caller(
        &self,
        address: Option<IpAddr>,
        identity: Option<Arc<str>>,
        now: Instant,
    ) -> Result<InFlight, Exceeded> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Used { addresses, identities } = &mut *used;
        let mut of_address = address.map(|address| usage(addresses, address, now));
        let mut of_identity = identity.map(|name| usage(identities, name, now));
        // Nothing is taken of the one where the other has nothing left.
        if let Some(usage) = &of_address {
            self.address.check(usage, now)?;
        }
        if let Some(usage) = &of_identity {
            self.identity.check(usage, now)?;
        }
        let address = of_address.as_mut().and_then(|usage| self.address.take(usage, now));
        let identity = of_identity.as_mut().and_then(|usage| self.identity.take(usage, now));
        Ok(InFlight { _of: [address, identity] })
    }
}

/// What somebody has used. Where there are too many, those are forgotten who have most left; whoever has calls in flight
/// is not.
fn usage<K: Clone + Eq + Hash>(used: &mut Bounded<K, Usage>, key: K, now: Instant) -> &mut Usage {
    let is_over = |usage: &Usage| usage.in_flight() == 0 && usage.bucket.full_at() <= now;
    let rank = |usage: &Usage| (usage.in_flight() == 0).then(|| usage.bucket.full_at());
    let new = || Usage { bucket: Bucket::full(now), running: Arc::default() };
    used.entry(key, is_over, rank, new)
}

impl Usage {
    fn in_flight(&self) -> usize {
        Arc::strong_count(&self.running) - 1
    }
}

impl Limit {
    fn is_set(&self) -> bool {
        self.setting().is_some()
    }

    fn none(of: Kind) -> Self {
        Self { rate: None, in_flight: None, of }
    }

    pub(super) fn set_rate(&mut self, rate: Rate) {
        self.rate = Some(rate).filter(|rate| rate.is_limit());
    }

    /// Zero is no limit.
    pub(super) fn set_in_flight(&mut self, calls: usize) {
        self.in_flight = Some(calls).filter(|calls| *calls > 0);
    }

    /// By what it was set, if it was.
    pub(super) fn setting(&self) -> Option<&'static str> {
        self.settings().into_iter().flatten().next()
    }

    fn settings(&self) -> [Option<&'static str>; 2] {
        let rate = self.rate.map(|_| self.of.rate_setting);
        [rate, self.in_flight.map(|_| self.of.in_flight_setting)]
    }

    fn check(&self, usage: &Usage, now: Instant) -> Result<(), Exceeded> {
        let Kind { name, rate_setting, in_flight_setting } = self.of;
        if let Some(most) = self.in_flight
            && usage.in_flight() >= most
        {
            let why = format!(
                "the caller's {name} has {most} calls in flight, as many as `{in_flight_setting}` allows; wait for \
                 some, or"
            );
            return Err(Exceeded { why, wait: COME_AGAIN });
        }
        if let Some(rate) = self.rate
            && let Some(wait) = usage.bucket.wait(rate, now)
        {
            let why = format!(
                "the caller's {name} has made as many calls as `{rate_setting}` allows, {rate};"
            );
            return Err(Exceeded { why, wait });
        }
        Ok(())
    }

    fn take(&self, usage: &mut Usage, now: Instant) -> Option<Arc<()>> {
        if let Some(rate) = self.rate {
            usage.bucket.take(rate, now);
        }
        self.in_flight.map(|_| Arc::clone(&usage.running))
    }
}

impl Exceeded {
    /// What a call of this name fails with. By HTTP the status says so, too, where the message is that call alone.
    pub(super) fn fault(&self, method: &str, session: &Session) -> Fault {
        let context = &session.context;
        // For a language model it is a tool's result, which it reads.
        if !session.is_part
            && context.protocol() != "mcp"
            && let Some(caller) = context.caller()
        {
            caller.answer_as(too_many(self.wait));
        }
        let method: String = method.chars().take(60).collect();
        let (why, ms) = (&self.why, whole_ms(self.wait));
        come_again(format!("`{method}` has not run: {why} try again in {ms} ms"), self.wait)
    }
}

impl fmt::Debug for CallerLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallerLimits")
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::{CallerLimits, InFlight, MOST};
    use crate::throttle::Rate;

    fn limits(change: impl FnOnce(&mut CallerLimits)) -> CallerLimits {
        let mut limits = CallerLimits::default();
        change(&mut limits);
        limits
    }

    /// Calls from an address that is made of a number, as nobody.
    fn call(limits: &CallerLimits, number: usize, now: Instant) -> Option<InFlight> {
        let address = Ipv4Addr::from_bits(u32::try_from(number).unwrap());
        limits.admit_caller(Some(IpAddr::V4(address)), None, now).ok()
    }

    fn addresses(limits: &CallerLimits) -> usize {
        limits.used.lock().unwrap().addresses.len()
    }

    #[test]
    fn a_flood_of_new_addresses_takes_no_more_memory_and_frees_nobody_who_has_nothing_left() {
        let rate = Rate::per_minute(2);
        let (limits, now) = (limits(|limits| limits.address.rate = Some(rate)), Instant::now());
        assert!(call(&limits, 0, now).is_some() && call(&limits, 0, now).is_some());
        for number in 1..3 * MOST {
            assert!(call(&limits, number, now).is_some());
            assert!(addresses(&limits) <= MOST);
        }
        assert!(call(&limits, 0, now).is_none());
        assert!(call(&limits, 0, now + Duration::from_secs(30)).is_some());
        // When everybody has all they may use again, they are forgotten for the next one.
        let late = now + Duration::from_secs(1000);
        call(&limits, 3 * MOST, late);
        let before = addresses(&limits);
        for number in 4 * MOST..5 * MOST {
            call(&limits, number, late);
        }
        assert!(before <= MOST && addresses(&limits) <= MOST);
    }

    #[test]
    fn whoever_has_calls_in_flight_is_not_forgotten() {
        let (limits, now) = (limits(|limits| limits.address.in_flight = Some(1)), Instant::now());
        let held = call(&limits, 0, now);
        assert!(held.is_some());
        for number in 1..2 * MOST {
            assert!(call(&limits, number, now).is_some());
        }
        assert!(addresses(&limits) <= MOST);
        assert!(call(&limits, 0, now).is_none());
        let copy = held.clone();
        drop(held);
        assert!(call(&limits, 0, now).is_none(), "a copy is still held");
        drop(copy);
        assert!(call(&limits, 0, now).is_some());
    }

    #[test]
    fn a_call_that_one_limit_refuses_takes_nothing_of_the_other() {
        let limits = limits(|limits| {
            limits.address.rate = Some(Rate::per_minute(2));
            limits.identity.rate = Some(Rate::per_minute(1));
        });
        let (now, address) = (Instant::now(), Some(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let call =
            |name: Option<&str>| limits.admit_caller(address, name.map(Arc::from), now).is_ok();
        assert!(call(Some("ada")));
        for _ in 0..10 {
            assert!(!call(Some("ada")));
        }
        assert!(call(None));
        assert!(!call(Some("bob")));
    }
}
