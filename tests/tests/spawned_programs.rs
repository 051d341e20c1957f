//! Clients start programs and call them over their standard input and output.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use examples::{add, block_ms, echo};
use rpc_core::client::{Dialect, Notify};
use rpc_core::error::IoErrorKind;
use rpc_core::protocol::Framing;
use rpc_core::transport::ProgramTransport;
use rpc_core::{AsyncRpcClient, Error, RpcClient, Stub, args, call, kwargs};
use serde_json::{Value, json};
use tests::{Folder, Process, language_server, process_id, run, until};

fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stdio_program"));
    command.arg("--quiet");
    command
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn process(client: &RpcClient<ProgramTransport>) -> Process {
    Process(call!(client.process_id()).unwrap())
}

#[test]
fn a_program_is_called_in_every_framing_and_dialect_that_it_speaks() {
    for framing in [Framing::LengthPrefix, Framing::Raw, Framing::Header] {
        for dialect in [Dialect::Native, Dialect::JsonRpc, Dialect::Ping] {
            let builder = RpcClient::builder().framing(framing).dialect(dialect);
            let client = builder.spawn(server()).unwrap();
            let what = format!("{framing:?}, {dialect:?}");
            assert_eq!(client.call::<i64>("add", args![1, 2], kwargs! {}).unwrap(), 13, "{what}");
            let error = client.call::<i64>("add", args![1], kwargs! {}).unwrap_err();
            assert!(error.to_string().contains("missing argument `b`"), "{what}: {error}");
        }
    }
}

#[test]
fn calls_of_many_threads_and_large_messages_share_the_pipes() {
    let client = RpcClient::spawn(server()).unwrap();
    let text = "x".repeat(3_000_000);
    assert_eq!(call!(client.echo(&text)).unwrap(), text);
    thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for n in 0..200 {
                    assert_eq!(call!(client.add(thread, n, c = 1)).unwrap(), thread + n + 1);
                }
            });
        }
    });
    let sums = client.batch(|calls| (0..50).map(|n| calls.add(n, n).call()).collect::<Vec<_>>());
    assert_eq!(sums.unwrap(), (0..50).map(|n| 2 * n + 10).collect::<Vec<_>>());
}

#[test]
fn a_call_times_out_and_the_program_is_called_again() {
    let client = RpcClient::spawn(server()).unwrap();
    let begun = process(&client);
    let error = call!(client.within(Duration::from_millis(50)).block_ms(300)).unwrap_err();
    assert!(error.is_timeout(), "{error}");
    assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
    assert_eq!(process(&client), begun);
}

#[test]
fn a_program_that_has_ended_is_started_again() {
    let client = RpcClient::spawn(server()).unwrap();
    let first = process(&client);
    first.signal("KILL");
    until("the program's end", || first.is_zombie() || !first.exists());
    // A client that has called a moment ago looks before it calls.
    thread::sleep(Duration::from_millis(20));
    assert_ne!(first, process(&client));
    until("the first is reaped", || !first.exists());
}

#[test]
fn a_program_that_ends_amid_a_call_fails_it_and_says_that_it_may_have_run() {
    let client = RpcClient::spawn(server()).unwrap();
    let program = process(&client);
    let pending = client.block_ms(60_000).start().unwrap();
    program.signal("KILL");
    let error = pending.wait().unwrap_err();
    assert!(error.may_have_run() && matches!(error, Error::Io(_)), "{error}");
    assert!(error.to_string().contains("stdio_program"), "{error}");
}

#[test]
fn a_program_ends_with_its_client_and_leaves_no_process() {
    let client = RpcClient::spawn(server()).unwrap();
    let program = process(&client);
    let clone = client.clone();
    drop(client);
    assert_eq!(call!(clone.add(1, 2)).unwrap(), 13);
    drop(clone);
    until("the program's end", || !program.exists());
}

#[test]
fn a_program_that_does_not_end_with_its_input_is_killed() {
    // It answers one call and then looks at its input no more.
    let script = r#"echo '{"res": '$$'}'; exec sleep 1000"#;
    let builder = RpcClient::builder().framing(Framing::Raw).dialect(Dialect::NativeWithoutIds);
    let client = builder.spawn(shell(script)).unwrap();
    let program = Process(client.call("anything", (), ()).unwrap());
    drop(client);
    until("the program's end", || !program.exists());
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let error = RpcClient::spawn(Command::new("./no/such/program")).unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.kind() == IoErrorKind::Connect));
    let said = error.to_string();
    assert!(said.contains("`./no/such/program`") && said.contains("No such file"), "{said}");
    assert!(!error.may_have_run());
}

#[test]
fn a_program_that_does_not_read_holds_nobody_up() {
    let builder = RpcClient::builder().call_timeout(Duration::from_millis(300));
    let folder = Folder::new();
    let file = folder.path().join("process");
    let script = format!("echo $$ > {}; exec sleep 1000", file.display());
    let client = builder.spawn(shell(&script)).unwrap();
    let error = call!(client.echo(&"x".repeat(4_000_000))).unwrap_err();
    assert!(error.is_timeout(), "{error}");
    drop(client);
    let program = Process(fs::read_to_string(file).unwrap().trim().parse().unwrap());
    until("the program's end", || !program.exists());
}

#[test]
fn programs_are_started_side_by_side() {
    let (barrier, right) = (Arc::new(Barrier::new(8)), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                barrier.wait();
                let client = RpcClient::spawn(server()).unwrap();
                assert_eq!(call!(client.add(1, 2)).unwrap(), 13);
                client.notify_by_name("add", args![1], kwargs! { b: 2 }).unwrap();
                right.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(right.into_inner(), 8);
}

#[test]
fn a_language_server_is_called() {
    let Some(command) = language_server() else { return };
    let builder = RpcClient::builder().framing(Framing::Header).dialect(Dialect::JsonRpc);
    let client = builder.spawn(command).unwrap();
    let arguments =
        kwargs! { processId: std::process::id(), rootUri: None::<&str>, capabilities: json!({}) };
    let initialized: Value = client.call("initialize", args![], arguments).unwrap();
    assert_eq!(initialized["capabilities"]["hoverProvider"], json!(true), "{initialized}");
    let document = json!({
        "uri": "file:///sum.py", "languageId": "python", "version": 1,
        "text": "def add(a, b):\n    '''Adds two numbers.'''\n    return a + b\n\nadd(1, 2)\n",
    });
    let open = kwargs! { textDocument: document };
    client.notify_by_name("textDocument/didOpen", args![], open).unwrap();
    let hover: Value = client
        .call(
            "textDocument/hover",
            args![],
            kwargs! {
                textDocument: json!({ "uri": "file:///sum.py" }),
                position: json!({ "line": 4, "character": 1 }),
            },
        )
        .unwrap();
    assert!(hover.to_string().contains("Adds two numbers"), "{hover}");
    let _: Value = client.call("shutdown", (), ()).unwrap();
}

#[test]
fn an_asynchronous_client_starts_programs_too() {
    run(async {
        let client = AsyncRpcClient::spawn(server()).await.unwrap();
        let program = Process(call!(client.process_id()).await.unwrap());
        let text = "x".repeat(3_000_000);
        assert_eq!(call!(client.echo(&text)).await.unwrap(), text);
        let sums = (0..100).map(|n| tokio::spawn(client.add(n, n).call())).collect::<Vec<_>>();
        for (n, sum) in (0..).zip(sums) {
            assert_eq!(sum.await.unwrap().unwrap(), 2 * n + 10);
        }
        let error = call!(client.within(Duration::from_millis(50)).block_ms(300)).await;
        assert!(error.unwrap_err().is_timeout());
        program.signal("KILL");
        until("the program's end", || program.is_zombie() || !program.exists());
        while call!(client.process_id()).await.is_ok_and(|number| number == program.0) {
            tokio::task::yield_now().await;
        }
        let program = Process(call!(client.process_id()).await.unwrap());
        drop(client);
        // The connection is closed by its own task.
        while program.exists() {
            tokio::task::yield_now().await;
        }
        let error = AsyncRpcClient::spawn(Command::new("./no/such/program")).await.unwrap_err();
        assert!(error.to_string().contains("`./no/such/program`"), "{error}");
    });
}

#[test]
fn an_asynchronous_client_calls_a_language_server() {
    let Some(command) = language_server() else { return };
    run(async {
        let builder = RpcClient::builder().framing(Framing::Header).dialect(Dialect::JsonRpc);
        let client = builder.spawn_async(command).await.unwrap();
        let arguments =
            kwargs! { processId: None::<u32>, rootUri: None::<&str>, capabilities: json!({}) };
        let initialized: Value = client.call("initialize", args![], arguments).await.unwrap();
        assert_eq!(initialized["capabilities"]["hoverProvider"], json!(true), "{initialized}");
        let _: Value = client.call("shutdown", (), ()).await.unwrap();
    });
}
