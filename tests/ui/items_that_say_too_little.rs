use futures_core::Stream;
use rpc_core::rpc_export;

#[rpc_export]
fn unnamed() -> impl Iterator {
    0..1
}

#[rpc_export]
fn on_one_thread() -> Box<dyn Iterator<Item = u64>> {
    Box::new(0..1)
}

#[rpc_export]
fn on_one_thread_in_a_result() -> Result<Box<dyn Iterator<Item = u64> + 'static>, String> {
    Ok(Box::new(0..1))
}

#[rpc_export]
async fn moving() -> Box<dyn Stream<Item = u64> + Send> {
    std::future::pending().await
}

#[rpc_export]
fn no_type() -> impl Iterator<Item = impl ToString> {
    0..1_u64
}

#[rpc_export]
fn both_ends() -> impl DoubleEndedIterator<Item = u64> {
    0..1
}

#[rpc_export]
fn counted() -> Result<impl ExactSizeIterator<Item = u64>, String> {
    Ok([1].into_iter())
}

fn main() {}
