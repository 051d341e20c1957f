use rpc_core::rpc_export;

#[rpc_export]
fn length(text: &'static str) -> usize {
    text.len()
}

fn main() {}
