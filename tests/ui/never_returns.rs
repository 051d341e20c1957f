use rpc_core::rpc_export;

#[rpc_export]
fn stop() -> ! {
    std::process::exit(0)
}

fn main() {}
