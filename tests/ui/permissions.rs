use rpc_core::rpc_export;

#[rpc_export(allow)]
fn none() {}

#[rpc_export(allow = "")]
fn empty() {}

#[rpc_export(allow(" "))]
fn blank() {}

#[rpc_export(allow = "bank:read | bank:write")]
fn alternatives() {}

#[rpc_export(allow = "bank:*")]
fn pattern() {}

#[rpc_export(allow("*", "admin"))]
fn anybody_and_others() {}

#[rpc_export(allow("admin", "admin"))]
fn twice() {}

#[rpc_export(allow = "admin", allow = "bank:write")]
fn said_twice() {}

#[rpc_export(allow = "bänk")]
fn odd() {}

#[rpc_export(allow = admin)]
fn no_text() {}

#[rpc_export(allow(admin))]
fn no_texts() {}

#[rpc_export(allow())]
mod desk {
    pub fn close() {}
}

fn main() {}
