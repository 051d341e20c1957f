use rpc_core::rpc_export;

struct Point;

#[rpc_export]
fn corners() -> impl Iterator<Item = Point> {
    std::iter::once(Point)
}

fn main() {}
