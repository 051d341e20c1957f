use rpc_core::rpc_export;

type ApiResult<T> = Result<T, String>;
#[allow(non_camel_case_types)]
type plain<T> = Result<T, String>;
type DeepResult<T> = Box<Option<Box<Result<T, String>>>>;

#[rpc_export]
fn nested() -> ApiResult<ApiResult<i64>> {
    Ok(Err("no".to_owned()))
}

#[rpc_export]
fn lower_case() -> plain<i64> {
    Err("no".to_owned())
}

#[rpc_export]
fn deep() -> Box<Box<Box<Box<ApiResult<i64>>>>> {
    Box::new(Box::new(Box::new(Box::new(Err("no".to_owned())))))
}

#[rpc_export]
fn deep_by_alias() -> DeepResult<i64> {
    Box::new(None)
}

fn main() {}
