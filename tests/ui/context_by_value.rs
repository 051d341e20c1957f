use rpc_core::{CallContext, rpc_export};

#[rpc_export]
fn who(context: CallContext) -> bool {
    context.peer().is_some()
}

fn main() {}
