//! What an [`Error`] is, by who is to blame: the connection, a layer, or the code that
//! asked; and the errors that functions have of their own.

pub(crate) mod call;
mod cause;
pub(crate) mod cut;
mod function;
mod into_fault;
mod io;
mod layer;
mod misuse;

pub(crate) use call::{CallError, Error};
#[doc(hidden)]
pub use cause::{Cause, CauseProbe, NoCause};
pub use cut::{Cut, CutKind};
pub use function::FunctionError;
pub use io::{IoError, IoErrorKind};
pub use layer::LayerError;
pub use misuse::Misuse;
