//! Times that more than one place relies on, or both ends of a connection.

use std::time::Duration;

/// A client that has made no call over a connection for this long looks, before it makes another,
/// whether the server has ended it or said that it stops. A look is up to three system calls, a
/// microsecond: nothing beside such a pause, and much beside a call that follows another at once.
pub(crate) const UNUSED: Duration = Duration::from_millis(10);

/// A peer that was told that the server stops, and says nothing for this long, has left. Much longer than
/// [`UNUSED`]: a client whose next call came later than that would look first, and find the notice.
pub(crate) const LEFT: Duration = Duration::from_millis(1500);

/// What a peer has to read the last words, once a connection is closed.
pub(crate) const LINGER: Duration = Duration::from_millis(500);

/// What keeps connections from being accepted (no descriptor is left, say) passes; trying again at
/// once would only burn time.
pub(crate) const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// When a caller that there is no room for is told to try again.
pub(crate) const COME_AGAIN: Duration = Duration::from_secs(1);

/// What a proxy has to say, before the first byte, who has connected to it.
pub(crate) const PROXY_HEADER: Duration = Duration::from_secs(10);

/// A reader of events to whom nothing was said for this long is told that the call still runs: proxies close what is silent,
/// many of them after a minute.
#[cfg(feature = "http")]
pub(crate) const STILL_THERE: Duration = Duration::from_secs(15);

const _: () = assert!(LEFT.as_millis() > UNUSED.as_millis());
