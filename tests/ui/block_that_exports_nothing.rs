use rpc_core::rpc_export;

struct Counter(i64);

#[rpc_export]
impl Counter {
    fn value(&self) -> i64 {
        self.0
    }

    pub(crate) fn next(&self) -> i64 {
        self.0 + 1
    }
}

#[rpc_export]
trait Empty {}

#[rpc_export]
mod inner {
    mod math {
        pub fn add(a: i64, b: i64) -> i64 {
            a + b
        }
    }
}

fn main() {}
