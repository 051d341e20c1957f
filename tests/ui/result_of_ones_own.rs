use rpc_core::rpc_export;

mod own {
    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Result<A, B>(pub A, pub B);
}

use own::Result;

#[rpc_export]
fn pair() -> Result<i64, i64> {
    Result(1, 2)
}

fn main() {}
