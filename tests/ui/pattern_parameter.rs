use rpc_core::rpc_export;

#[rpc_export]
fn norm((x, y): (f64, f64)) -> f64 {
    x.hypot(y)
}

fn main() {}
