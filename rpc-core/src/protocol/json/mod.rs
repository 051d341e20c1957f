//! JSON text as structure: walked without decoding ([`Reader`]), bounded while it arrives
//! ([`Boundary`]), and written strictly ([`write`]).

mod boundary;
mod decode;
mod form;
mod key;
mod least;
mod numbers;
mod path;
mod place;
mod plain;
mod raw_text;
mod reader;
mod string;
mod text_bytes;
mod write;
mod write_error;

pub(crate) use boundary::{Boundary, TooDeep};
pub(crate) use decode::{by_serde_json, decode};
pub(crate) use form::{Form, Mark};
pub(crate) use key::Key;
pub(crate) use least::least_size;
pub(crate) use path::path;
pub use place::Place;
pub(crate) use reader::{Kind, Reader, Span, is_white};
pub(crate) use write::{write, write_as, write_at};
pub(crate) use write_error::WriteError;
