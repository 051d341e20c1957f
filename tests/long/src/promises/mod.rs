//! The promises, a file for each group.

mod client;
mod http2;
mod layers;
mod many;
mod messages;
mod pages;
mod processes;
mod programs;
mod slow;
mod soak;
mod stopping;
mod texts;
mod waiting;
mod websocket;
mod xml;

use crate::promise::Promise;

/// All of them, in the order in which they are tried.
pub(crate) fn all() -> Vec<Promise> {
    [
        messages::PROMISES,
        texts::PROMISES,
        slow::PROMISES,
        many::PROMISES,
        processes::PROMISES,
        stopping::PROMISES,
        client::PROMISES,
        waiting::PROMISES,
        pages::PROMISES,
        xml::PROMISES,
        websocket::PROMISES,
        http2::PROMISES,
        layers::PROMISES,
        programs::PROMISES,
        soak::PROMISES,
    ]
    .concat()
}
