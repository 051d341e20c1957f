//! Types of parameters and results that JSON has no form of its own for.

pub use crate::registry::{Bytes, DateTime, DateTimeOutOfRange, InvalidDateTime};
