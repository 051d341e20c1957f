use rpc_core::rpc_export;

#[rpc_export]
fn many() -> Vec<impl Iterator<Item = u64>> {
    vec![0..1]
}

#[rpc_export]
fn perhaps() -> Option<Box<dyn Iterator<Item = u64> + Send>> {
    None
}

#[rpc_export]
fn nested() -> impl Iterator<Item = impl Iterator<Item = u64>> {
    std::iter::once(0..1)
}

#[rpc_export]
fn refused() -> Result<Result<impl Iterator<Item = u64>, String>, String> {
    Ok(Ok(0..1))
}

fn main() {}
