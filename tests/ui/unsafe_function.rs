use rpc_core::rpc_export;

#[rpc_export]
unsafe fn poke(address: u64) {
    let _ = address;
}

fn main() {}
