//! Validators of others find right what the example programs serve: each that serves something.

use std::fs;
use std::path::Path;

use rpc_core::{FunctionRegistry, RpcClient, Stub, args, kwargs};
use serde_json::Value;
use tests::{Running, example};

use super::validate;

/// Programs that have functions of their own and end by themselves: they are asked here.
macro_rules! own_functions {
    ($($name:ident: $path:literal),* $(,)?) => {
        $(
            #[allow(dead_code)]
            #[path = $path]
            mod $name;
        )*

        const OWN_FUNCTIONS: &[&str] = &[$(stringify!($name)),*];
    };
}

own_functions! {
    client_mock: "../../../examples/src/bin/client_mock.rs",
    client_retry: "../../../examples/src/bin/client_retry.rs",
    mounted: "../../../examples/src/bin/mounted.rs",
    quickstart: "../../../examples/src/bin/quickstart.rs",
    who_calls: "../../../examples/src/bin/who_calls.rs",
}

fn has_functions(document: &Value) -> bool {
    document["methods"].as_array().is_some_and(|methods| !methods.is_empty())
}

#[test]
fn of_programs_that_go_on_serving() {
    for (name, arguments) in [
        ("server", &["--stdio", "--token", "ada:s3cret:admin"][..]),
        ("spawned_program", &["--serve"]),
        ("stdio_server", &[]),
    ] {
        let mut program = example(name);
        program.args(arguments);
        let client = RpcClient::spawn(program).unwrap();
        let document: Value = client.call("rpc.discover", args![], kwargs! {}).unwrap();
        assert!(has_functions(&document), "{name}");
        validate(name, &document, &[]);
    }
    let mut tasks = Running::start(example("tasks").args(["--listen", "127.0.0.1:0"]));
    let listening = tasks.line();
    let client = RpcClient::connect(listening.strip_prefix("listening ").unwrap()).unwrap();
    let document: Value = client.call("rpc.discover", args![], kwargs! {}).unwrap();
    assert_eq!(document["info"]["title"], "Tasks");
    validate("tasks", &document, &[]);
}

#[test]
fn of_programs_that_end_by_themselves() {
    for name in OWN_FUNCTIONS {
        let module = format!("::programs::{name}");
        let registry = FunctionRegistry::exported_where(|function| {
            function.module().ends_with(&module) || function.module().starts_with("examples")
        });
        validate(name, &registry.openrpc(), &[]);
    }
}

/// The others serve these alone.
#[test]
fn of_all_functions_of_the_libraries() {
    let all = FunctionRegistry::exported_where(|function| {
        ["examples", "tests"].iter().any(|name| function.module().starts_with(name))
    });
    assert!(all.functions().any(|function| function.name() == "add"));
    validate("functions of the libraries", &all.openrpc(), &[]);
}

#[test]
fn no_program_with_functions_of_its_own_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/src/bin");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let has_own = fs::read_to_string(path).unwrap().contains("#[rpc_export");
        // The server goes on serving, and is asked above.
        let is_asked = OWN_FUNCTIONS.contains(&&*name) || name == "server";
        assert_eq!(has_own, is_asked, "{name}");
    }
}
