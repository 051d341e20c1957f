//! Finds out who calls, before a call runs.
//!
//! [`asks`] decides by what a caller said and where they said it; [`known`] remembers whom requests of HTTP came from, and
//! [`failed`] from where too many were wrong; [`guesses`] lets no more be looked at at once than may be wrong.

mod asking;
mod asks;
mod failed;
mod greeting;
mod guesses;
mod key;
mod known;
mod who;

pub use asking::{Asking, Found};
pub(super) use asks::{Asks, Look};
pub(super) use greeting::{GREETING, Greeted, said_in};
pub(super) use who::{Refusal, Refused, Who};
