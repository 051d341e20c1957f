//! How many connections each address has open, where that is bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::throttle::network;

/// How many connections each address has open. There are no more addresses than there are connections.
#[derive(Debug, Default)]
pub(super) struct PerAddress {
    pub(super) most: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// The place of a connection among those of its address, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Place {
    _taken: Option<Box<Taken>>,
}

#[derive(Debug)]
struct Taken {
    of: Arc<PerAddress>,
    address: IpAddr,
}

impl PerAddress {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Takes a place, if there is one.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut open = self.open();
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place { _taken: Some(Box::new(Taken { of: Arc::clone(self), address })) })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut open = self.of.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::PerAddress;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped_and_nothing_is_kept() {
        let per_address = Arc::new(PerAddress::new(2));
        let take = |address: &str| per_address.take(address.parse().unwrap());
        let (first, second) = (take("2001:db8::1"), take("2001:db8::2"));
        assert!(first.is_some() && second.is_some());
        assert!(take("2001:db8::3").is_none());
        let other = take("127.0.0.1");
        assert!(other.is_some());
        drop(first);
        assert!(take("2001:db8::3").is_some());
        drop((second, other));
        assert!(per_address.open().is_empty());
    }
}
