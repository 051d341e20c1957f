//! Functions that ask who calls, and a layer that believes what callers say.

use std::sync::atomic::{AtomicU32, Ordering};

use rpc_core::identity::Identity;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::{CallContext, FunctionRegistry, rpc_export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

static NOTES: AtomicU32 = AtomicU32::new(0);

/// Takes money from the account.
#[rpc_export(allow = "bank:write", mcp)]
pub(crate) fn withdraw(amount: u32) -> u32 {
    amount
}

/// The same some time.
#[allow(clippy::unused_async)]
#[rpc_export(allow = "bank:write")]
pub(crate) async fn transfer(amount: u32) -> u32 {
    amount
}

/// The same on a thread of its own.
#[rpc_export(allow = "bank:write", blocking)]
pub(crate) fn inspect(amount: u32) -> u32 {
    amount
}

/// What is there.
#[rpc_export(allow("bank:read", "bank:write"), mcp)]
pub(crate) fn balance() -> u32 {
    7
}

/// Counts its calls.
#[rpc_export(allow = "bank:write")]
pub(crate) fn note() -> u32 {
    NOTES.fetch_add(1, Ordering::SeqCst) + 1
}

/// What has been counted.
#[rpc_export(allow = "*")]
pub(crate) fn noted() -> u32 {
    NOTES.load(Ordering::SeqCst)
}

/// Says nothing of who may call it.
#[rpc_export(mcp)]
pub(crate) fn motto() -> &'static str {
    "safe"
}

/// Is for anybody.
#[rpc_export(allow = "*", mcp)]
pub(crate) fn hello() -> &'static str {
    "hello"
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Secret {
    word: String,
}

/// Says what only some may know.
#[rpc_export(allow = "admin", mcp)]
pub(crate) fn secrets() -> Vec<Secret> {
    Vec::new()
}

/// The functions of this file, but for those that are left out.
pub(crate) fn functions_without(left_out: &[&str]) -> FunctionRegistry {
    FunctionRegistry::exported_where(|function| {
        function.module() == module_path!() && !left_out.contains(&function.name())
    })
}

/// Takes everybody for who they say they are.
#[derive(Debug)]
pub(crate) struct Believes<D>(pub(crate) D);

/// What somebody may do.
fn scopes(name: &str) -> &'static [&'static str] {
    match name {
        "ada" => &["bank:write", "bank:other"],
        "eve" => &["bank:read"],
        "root" => &["admin"],
        _ => &[],
    }
}

impl<D: Dispatch> Dispatch for Believes<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let Some(name) = context.metadata("user") else {
            return self.0.dispatch(call, context, reply);
        };
        let identity = Identity::new(name).scopes(scopes(name).iter().copied());
        self.0.dispatch(call, &context.with(identity), reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}
