//! Methods are exported from any type, also one that nobody else can name, and by any name.
#![deny(warnings, missing_docs, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::borrow::Cow;

use rpc_core::{CallContext, FunctionRegistry, RpcClient, State, Stub, call, rpc_export};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone)]
struct Point {
    x: i64,
}

struct Plane {
    origin: Point,
}

#[rpc_export]
impl Plane {
    const ZERO: i64 = 0;

    pub fn moved(&self, point: &Point, #[default(Self::ZERO)] by: i64) -> Point {
        Point { x: self.origin.x + point.x + by }
    }

    pub fn origin(&self) -> &Point {
        &self.origin
    }

    #[rpc_export(blocking, idempotent)]
    #[deprecated]
    fn r#type<'a>(&'a self, r#in: Cow<'a, str>, _: &CallContext, number: State<i64>) -> Cow<'a, str> {
        let _ = (self, number);
        r#in
    }

    #[cfg(any())]
    pub fn choose(&self) -> NoSuchType {
        1
    }

    #[cfg(not(any()))]
    #[rpc_export]
    fn choose(&self) -> i64 {
        self.origin.x
    }

    pub async fn later(&self, #[args] numbers: Vec<i64>, note: Option<&str>) -> Result<i64, String> {
        std::future::ready(()).await;
        note.map_or(Ok(self.origin.x + numbers.into_iter().sum::<i64>()), |note| Err(note.to_owned()))
    }

    #[rpc_export(skip)]
    pub fn with(mut self, origin: Point) -> Self {
        self.origin = origin;
        self
    }

    fn shift(&mut self, by: impl Into<i64>) {
        self.origin.x += by.into();
    }
}

mod generic {
    /// Holds something.
    pub struct Holder<T>(pub T);

    /// Of a number.
    #[::rpc_core::rpc_export(crate = ::rpc_core)]
    impl Holder<i64> {
        /// Tells it.
        pub fn held(&self) -> i64 {
            self.0
        }
    }
}

fn calls(client: &RpcClient) {
    use generic::HolderStub;
    let plane = client.at("plane");
    let _ = call!(plane.moved(&Point { x: 1 }, by = 2)).map(|point| point.x);
    let _ = plane.origin().call();
    #[allow(deprecated)]
    let _ = plane.r#type("a".into()).notify();
    let _ = call!(plane.later(1, 2, note = "a"));
    let _ = plane.choose().call();
    let _ = client.at("holder").held().call();
}

fn main() {
    let mut plane = Plane { origin: Point { x: 0 } }.with(Point { x: 1 });
    plane.shift(1);
    let mut registry = FunctionRegistry::new();
    let _ = registry.register_instance(plane).is_ok();
    let _ = registry.register_instance_at("a", generic::Holder(1)).is_ok();
    let _ = calls;
}
