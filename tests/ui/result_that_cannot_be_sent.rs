use rpc_core::rpc_export;

struct Point;

#[rpc_export]
fn origin() -> Point {
    Point
}

fn main() {}
