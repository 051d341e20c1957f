//! The Model Context Protocol (<https://modelcontextprotocol.io/specification>): functions as tools for language
//! models.
//!
//! What its messages say, in both eras of the protocol, and what a function looks like as a tool. Nothing here runs
//! one: whoever answers messages makes an ordinary call of it.

mod catalog;
mod era;
mod message;
mod reply;
mod result;
mod tool;
mod tools;

pub(crate) use catalog::{Catalog, Mcp, Shown};
pub(crate) use era::{Era, Refused, negotiate};
pub(crate) use message::{Asked, Message, TOOLS_CALL, read};
pub(crate) use reply::{as_event, in_our_words, write_error, write_result};
pub(crate) use result::{write_failure, write_success};
pub(crate) use tool::Wrapping;
pub use tools::Tools;
