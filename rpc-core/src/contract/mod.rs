//! The contract of an API: a document that is kept beside the code, and what has changed since (feature `schema`).
//!
//! A test compares what is exported with the OpenRPC document in the repository, and fails where callers
//! would break. [`check`] is for that test; [`compare`] compares two documents, wherever they come from.
//!
//! ```
//! use rpc_core::contract::{Kind, compare};
//! use serde_json::json;
//!
//! let document = |parameters| json!({
//!     "openrpc": "1.3.2",
//!     "info": { "title": "Sums", "version": "1.0.0" },
//!     "methods": [{ "name": "add", "params": parameters, "result": { "name": "sum", "schema": true } }],
//! });
//! let number = |name, required| json!({ "name": name, "required": required, "schema": { "type": "integer" } });
//!
//! let old = document(json!([number("a", true)]));
//! let with_default = document(json!([number("a", true), number("b", false)]));
//! assert!(compare(&old, &with_default).is_compatible());
//!
//! let required = document(json!([number("a", true), number("b", true)]));
//! let changes = compare(&old, &required);
//! let change = changes.iter().next().unwrap();
//! assert_eq!(change.kind, Kind::Breaking);
//! assert_eq!(change.to_string(), "add: parameter `b` is new and required");
//! ```

mod alternatives;
mod array;
mod change;
mod check;
mod document;
mod fits;
mod function;
mod leaves;
mod permissions;
mod problem;
mod ranges;
mod resolve;
mod same;
mod values;
mod words;

pub use change::{Change, Changes, Kind};
pub use check::{ContractError, check, check_all, check_document};
pub use document::compare;
