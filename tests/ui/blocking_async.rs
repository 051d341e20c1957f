use rpc_core::rpc_export;

#[rpc_export(blocking)]
async fn fetch(address: String) -> String {
    address
}

fn main() {}
