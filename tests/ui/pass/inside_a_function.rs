//! A function can be exported where it is needed, together with types that exist only there.

use rpc_core::{Stub, call, rpc_export};
use serde::{Deserialize, Serialize};

fn calls<S: Stub>(client: S) {
    #[derive(Serialize, Deserialize)]
    struct Point {
        x: i64,
    }

    #[rpc_export]
    fn moved(point: Point, by: i64) -> Point {
        Point { x: point.x + by }
    }

    let _ = call!(client.moved(Point { x: 1 }, by = 2));
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
