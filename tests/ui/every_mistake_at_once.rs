use rpc_core::{Stub, call, rpc_export};

#[rpc_export(nmae = "sum", reply = 3)]
unsafe fn add((a, _): (i64, i64), #[default] b: i64, c: &mut i64) -> i64 {
    a + b + *c
}

// A wrong annotation leaves a stub, so that its calls are not wrong as well.
fn calls(client: impl Stub) {
    let _ = call!(client.add(1, b = 2));
    let _ = client.add((1, 2), 3).b(2).call();
}

fn main() {}
