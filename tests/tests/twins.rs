//! Functions of one name in two crates, one of which calls the library by another name.

#![allow(clippy::unwrap_used)]

use elsewhere::CounterStub;
use elsewhere::scale::double;
use rpc_core::error::Misuse;
use rpc_core::{FunctionRegistry, RpcServer, Stub, args, call, rpc_export};

#[rpc_export(name = "origin")]
fn our_origin() -> String {
    "here".to_owned()
}

fn origin(registry: &FunctionRegistry) -> String {
    registry.call("origin", args![], ()).unwrap()
}

#[test]
fn a_server_says_where_both_are_and_does_not_start() {
    let refusal = RpcServer::exported().start("127.0.0.1:0").unwrap_err().to_string();
    assert!(refusal.contains("two functions are called `origin`"), "{refusal}");
    let ours = format!("in `twins` ({}:10)", file!());
    assert!(refusal.contains(&ours), "{ours}: {refusal}");
    assert!(refusal.contains("in `elsewhere` (tests/elsewhere/src/lib.rs:7)"), "{refusal}");
    assert!(refusal.contains("FunctionRegistry::exported_where"), "{refusal}");
}

#[test]
fn a_program_that_owns_neither_chooses() {
    let theirs = FunctionRegistry::exported_where(|function| function.module() != "twins");
    assert_eq!(origin(&theirs), "elsewhere");
    let mut ours = FunctionRegistry::exported_where(|f| !f.module().starts_with("elsewhere"));
    assert_eq!(origin(&ours), "here");
    ours.register("elsewhere.origin", elsewhere::origin).unwrap();
    assert_eq!(ours.call::<String>("elsewhere.origin", args![], ()).unwrap(), "elsewhere");
    let server = RpcServer::of(ours).start("127.0.0.1:0").unwrap();
    server.stop();
}

#[test]
fn twins_that_are_registered_by_hand_have_no_place() {
    let mut registry = FunctionRegistry::exported_where(|function| function.module() == "twins");
    let refusal = registry.register("origin", || 1).unwrap_err();
    assert!(matches!(&refusal, Misuse::RegisteredTwice { name } if name == "origin"));
}

#[test]
fn the_library_may_have_another_name_in_a_manifest() {
    let mut registry = FunctionRegistry::exported_where(|f| f.module() == "elsewhere::scale");
    registry.register_instance(elsewhere::Counter).unwrap();
    assert_eq!(call!(registry.double(4)).unwrap(), 8);
    assert_eq!(registry.at("scale").call::<i64>("double", args![4], ()).unwrap(), 8);
    assert_eq!(call!(registry.following(number = 4)).unwrap(), 5);
}
