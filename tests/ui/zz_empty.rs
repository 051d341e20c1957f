#![allow(unused)]
use rpc_core::{Stub, call, rpc_export};
use std::collections::HashMap;
#[rpc_export]
fn words(#[args] s: Vec<String>) {}
#[rpc_export]
fn nums(#[args] s: Vec<i64>) {}
#[rpc_export]
fn some(s: Option<&str>) {}
#[rpc_export]
fn generic(#[kwargs] o: HashMap<String, Vec<i64>>) {}
type O = HashMap<String, Vec<i64>>;
#[rpc_export]
fn gany(#[kwargs] o: O) {}
fn calls<S: Stub>(c: S) {
    let _ = call!(c.words(s = []));
    let _ = call!(c.words(s = &[]));
    let _ = call!(c.words(s = vec![]));
    let _ = call!(c.words(s = Vec::new()));
    let _ = call!(c.nums(s = []));
    let _ = call!(c.nums(s = vec![]));
    let _ = call!(c.generic(s = vec![]));
    let _ = call!(c.gany(s = vec![]));
    let _ = call!(c.gany(s = []));
}
fn main() {}
