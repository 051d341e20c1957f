//! The examples that the functions of this crate have do what they say.

#![cfg(feature = "schema")]
#![allow(clippy::unwrap_used)]

use rpc_core::FunctionRegistry;

#[test]
fn the_examples_of_the_functions_do_what_they_say() {
    use examples as _;
    assert_eq!(FunctionRegistry::exported().check_examples().unwrap(), 3);
}

#[cfg(feature = "tasks")]
#[test]
fn the_examples_of_the_task_tracker_do_what_they_say() {
    let file = std::env::temp_dir().join(format!("tasks-examples-{}.redb", std::process::id()));
    let registry = examples::tasks::Tasks::open(&file).unwrap().into_registry().unwrap();
    let checked = registry.check_examples();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(checked.unwrap(), 4);
}
