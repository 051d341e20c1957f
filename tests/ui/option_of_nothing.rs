use rpc_core::rpc_export;

type ApiResult<T> = Result<T, String>;
type Unit = ();

#[rpc_export]
fn done(flag: Option<()>) -> Option<()> {
    flag
}

#[rpc_export]
fn tried() -> Option<Result<(), String>> {
    None
}

#[rpc_export]
fn tried_by_alias() -> Option<ApiResult<()>> {
    None
}

#[rpc_export]
fn by_alias() -> Option<Unit> {
    None
}

fn main() {}
