use rpc_core::rpc_export;

#[rpc_export(example = 3)]
fn count(words: &str) -> usize {
    words.split(' ').count()
}

#[rpc_export(example = count("a b") == 2)]
fn length(words: &str) -> usize {
    words.len()
}

#[rpc_export(example = add(1, c = 2) == 3, example = add(1, 2, 3))]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn main() {}
