//! Descriptions of functions for whoever asks what there is to call: JSON Schemas, OpenRPC, tools.
//!
//! Everything is read from the table that generated code leaves beside a function's signature, when it is asked
//! for and once: `types` and `schemas` have each type say its schema, `definitions` puts what they share into one
//! table, and `openrpc` and `tool` write what others read.

mod by_name;
mod definitions;
mod draft;
mod errors;
mod examples;
mod forms;
mod openrpc;
mod parameters;
mod schemas;
mod service;
#[cfg(feature = "mcp")]
mod tool;
mod types;
mod values;
mod wire_types;

use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;

pub(super) use draft::within_64_bits;
pub use examples::FailedExamples;
pub(crate) use examples::KnownExample;
pub(crate) use openrpc::ShownSchemas;
pub use service::Service;
#[cfg(feature = "mcp")]
pub(crate) use tool::ToolSchemas;

#[cfg(feature = "mcp")]
use super::Signature;
use super::entry::Entry;
use draft::Draft;
use schemas::Schemas;

/// The examples of these functions.
pub(super) fn examples(entries: &[&Entry]) -> Vec<KnownExample> {
    entries.iter().flat_map(|entry| KnownExample::of(entry)).collect()
}

/// What a registry keeps of its description.
#[derive(Debug, Default)]
pub(super) struct Kept {
    service: Mutex<Service>,
    seven: OnceLock<Schemas>,
    #[cfg(feature = "mcp")]
    of_2020: OnceLock<Schemas>,
}

impl Kept {
    /// Forgets the schemas, since there is another function.
    pub(super) fn forget(&mut self) {
        self.seven = OnceLock::new();
        #[cfg(feature = "mcp")]
        {
            self.of_2020 = OnceLock::new();
        }
    }

    pub(super) fn set_service(&self, service: Service) {
        *self.service.lock().unwrap_or_else(PoisonError::into_inner) = service;
    }

    pub(super) fn service(&self) -> Service {
        self.service.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn seven<'e>(&self, ordered: impl FnOnce() -> Vec<&'e Entry>) -> &Schemas {
        self.seven.get_or_init(|| Schemas::of(&ordered(), Draft::Seven))
    }

    /// The document of OpenRPC about some of these functions, which are ordered by name.
    pub(super) fn openrpc<'e>(
        &self,
        shown: &[&Entry],
        ordered: impl FnOnce() -> Vec<&'e Entry>,
    ) -> Value {
        openrpc::document(&self.service(), shown, self.seven(ordered))
    }

    /// The schemas of one of these functions, which are ordered by name when they are looked at first.
    pub(super) fn alone<'e>(
        &self,
        ordered: impl FnOnce() -> Vec<&'e Entry>,
        name: &str,
    ) -> Option<ShownSchemas> {
        openrpc::alone(self.seven(ordered), name)
    }

    /// The same of a function as a tool.
    #[cfg(feature = "mcp")]
    pub(super) fn tool<'e>(
        &self,
        ordered: impl FnOnce() -> Vec<&'e Entry>,
        signature: &Signature,
    ) -> Option<ToolSchemas> {
        let schemas = self.of_2020.get_or_init(|| Schemas::of(&ordered(), Draft::Of2020));
        tool::schemas(signature, schemas)
    }
}
