use rpc_core::rpc_export;

#[rpc_export]
fn join(words: Vec<&str>) -> String {
    words.join(" ")
}

fn main() {}
