use rpc_core::rpc_export;

#[rpc_export]
#[tokio::main(flavor = "current_thread")]
async fn fetch(url: &str) -> String {
    url.to_owned()
}

#[rpc_export]
#[tokio::main]
async fn main() {}
