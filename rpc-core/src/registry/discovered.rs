//! What a registry says of all that it serves: `rpc.discover`, and the schemas in `system.describe`.

use std::sync::Arc;

use serde_json::Value;

use crate::protocol::json::WriteError;

#[cfg(feature = "mcp")]
use super::description::ToolSchemas;
use super::description::{KnownExample, Service, ShownSchemas, examples, within_64_bits};
use super::kept_text::KeptText;
use super::{CallContext, FunctionRegistry};

impl FunctionRegistry {
    /// Describes all functions as a document of OpenRPC 1.3.2, which is what `rpc.discover` answers (feature
    /// `schema`).
    ///
    /// It is the same for the same functions, in whatever order they were linked. Types have schemas where
    /// they implement `JsonSchema` of schemars, and others are described by their names. Defaults are evaluated
    /// for it, once.
    ///
    /// ```standalone_crate
    /// use rpc_core::{FunctionRegistry, rpc_export};
    ///
    /// /// Repeats a word.
    /// #[rpc_export(read_only)]
    /// fn repeat(word: &str, #[default(2)] times: u8) -> String {
    ///     word.repeat(times.into())
    /// }
    ///
    /// let document = FunctionRegistry::exported().openrpc();
    /// let method = &document["methods"][0];
    /// assert_eq!(method["name"], "repeat");
    /// assert_eq!(method["params"][1]["schema"]["default"], 2);
    /// assert_eq!(method["result"]["schema"]["type"], "string");
    /// ```
    pub fn openrpc(&self) -> Value {
        self.kept.openrpc(&self.ordered(), || self.ordered())
    }

    /// The same of those that a caller is shown.
    fn shown(&self, context: &CallContext) -> Value {
        let mut shown = self.ordered();
        shown.retain(|entry| self.shows(entry, context));
        self.kept.openrpc(&shown, || self.ordered())
    }

    /// The examples of all functions, in the order of their names.
    pub(crate) fn examples(&self) -> Vec<KnownExample> {
        examples(&self.ordered())
    }

    /// The same as the text that `rpc.discover` sends.
    pub(super) fn discovered(
        &self,
        is_for_xml: bool,
        context: &CallContext,
    ) -> Result<Arc<KeptText>, WriteError> {
        let view = self.view(context);
        if is_for_xml {
            self.answers.discovered_by_xml.text(view, || {
                let mut document = self.shown(context);
                within_64_bits(&mut document);
                document
            })
        } else {
            self.answers.discovered.text(view, || self.shown(context))
        }
    }

    /// Says what the service is called, and more of it as a whole.
    pub(crate) fn set_service(&self, service: Service) {
        self.kept.set_service(service);
        self.answers.forget();
    }

    /// What the service is called, and more of it as a whole.
    pub(crate) fn service(&self) -> Service {
        self.kept.service()
    }

    /// The schemas of a function as a tool; `None` where there is no function of this name.
    #[cfg(feature = "mcp")]
    pub(crate) fn tool_schemas(&self, name: &str) -> Option<ToolSchemas> {
        self.kept.tool(|| self.ordered(), self.signature(name)?)
    }

    /// The schemas that `system.describe` shows of a function.
    pub(super) fn shown_schemas(&self, name: &str) -> Option<ShownSchemas> {
        self.kept.alone(|| self.ordered(), name)
    }
}
