use rpc_core::rpc_export;

type Fallible<T> = Result<T, String>;

#[rpc_export]
fn by_alias() -> Fallible<i64> {
    Err("no".to_owned())
}

#[rpc_export]
fn nested() -> Result<Fallible<i64>, String> {
    Ok(Err("no".to_owned()))
}

#[rpc_export]
fn in_an_option() -> Option<Fallible<i64>> {
    Some(Err("no".to_owned()))
}

fn main() {}
