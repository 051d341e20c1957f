//! JSON text as structure: walked without decoding ([`Reader`]), bounded while it arrives
//! ([`Boundary`]), and written strictly ([`write`]).

mod boundary;
mod decode;
mod plain;
mod raw_text;
mod reader;
mod write;

pub(crate) use boundary::Boundary;
pub(crate) use decode::decode;
pub(crate) use reader::{Key, Kind, Reader, is_white};
pub(crate) use write::{WriteError, write};
