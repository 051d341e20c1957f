//! How often somebody may do something: rates, what counts as one caller, and a table that forgets.

mod bounded;
mod bucket;
mod network;
mod rate;

pub(crate) use bounded::Bounded;
pub(crate) use bucket::Bucket;
pub(crate) use network::network;
pub use rate::Rate;
