use rpc_core::rpc_export;

#[rpc_export]
fn returns(#[default(return Ok(()))] value: i64) -> Result<(), String> {
    let _ = value;
    Ok(())
}

#[rpc_export]
fn fails(#[default("1".parse::<i64>().ok()?)] value: i64) -> Option<i64> {
    Some(value)
}

#[rpc_export]
fn breaks(#[default(break)] value: i64) -> i64 {
    value
}

fn main() {}
