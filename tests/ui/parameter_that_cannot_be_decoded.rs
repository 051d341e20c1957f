use rpc_core::rpc_export;

struct Point {
    x: i64,
}

#[rpc_export]
fn x(point: Point) -> i64 {
    point.x
}

fn main() {}
