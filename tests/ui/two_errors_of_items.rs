use rpc_core::rpc_export;

#[rpc_export]
fn lines() -> Result<impl Iterator<Item = Result<u64, String>>, u64> {
    Ok(0..1).map(|all| all.map(Ok))
}

fn main() {}
