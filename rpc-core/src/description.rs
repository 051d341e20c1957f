//! What a service tells of itself to whoever asks what there is to call (feature `schema`).
//!
//! `rpc.discover` answers a document of OpenRPC, `system.describe` the description of a function, both with the
//! JSON Schemas of parameters and results. [The guide](crate::guide::description) shows both.

pub use crate::registry::description::{FailedExamples, Service};
