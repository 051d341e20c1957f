use rpc_core::rpc_export;

struct Counter<T>(T);

#[rpc_export]
impl<T: Copy> Counter<T> {
    fn value(&self) -> T {
        self.0
    }
}

fn main() {}
