use rpc_core::rpc_export;

#[rpc_export(read_only, destructive)]
fn count(words: &str) -> usize {
    words.split(' ').count()
}

#[rpc_export(open_world = "no")]
fn send(mail: &str) -> usize {
    mail.len()
}

#[rpc_export(mcp = false, mcp)]
fn forget(name: &str) -> usize {
    name.len()
}

fn main() {}
