//! Asynchronous functions find tokio's timers, sockets and tasks by whichever protocol a call comes.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use examples::{add, nap_ms};
use rpc_core::client::{AsyncInProcess, AsyncStub, BlockingStub, Dialect};
use rpc_core::protocol::code;
use rpc_core::server::InMemory;
use rpc_core::{Error, FunctionRegistry, JsonRpc, RpcClient, Stub, args, call, rpc_export};
#[cfg(unix)]
use tests::{Served, example};
use tests::{pass_gate_blocking, run};

/// Reads what somebody sends who is connected to, over a socket of tokio's.
#[rpc_export]
async fn read_from(address: &str) -> Result<String, String> {
    let mut stream =
        tokio::net::TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text).await;
    read.map_err(|error| error.to_string())?;
    Ok(text)
}

/// Has a task of its own do the work.
#[rpc_export]
async fn nap_in_a_task(ms: u64) -> u64 {
    let task = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        ms
    });
    task.await.unwrap_or_default()
}

/// Calls another function in the same process, as a plain function does.
#[rpc_export]
#[allow(clippy::unused_async)]
async fn nap_within(ms: u64) -> Result<u64, String> {
    FunctionRegistry::exported().nap_ms(ms).call().map_err(|error| error.to_string())
}

/// Somebody who sends a text to whoever connects.
fn sender() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            stream.unwrap().write_all(b"hello").unwrap();
        }
    });
    address.to_string()
}

#[test]
#[cfg(unix)]
fn it_is_so_in_every_model_by_every_protocol() {
    for model in ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"] {
        let program = example("server");
        let program = program.get_program().to_str().unwrap();
        let server = Served::start(program, &format!("--listen 127.0.0.1:0 --model {model}"));
        let protocols = [
            ("", Dialect::Native),
            ("", Dialect::NativeWithoutIds),
            ("", Dialect::Ping),
            ("", Dialect::JsonRpc),
            ("http://", Dialect::JsonRpc),
            ("http://", Dialect::Native),
            ("http://", Dialect::XmlRpc),
            ("ws://", Dialect::JsonRpc),
            ("ws://", Dialect::Native),
        ];
        for (scheme, dialect) in protocols {
            let place = format!("{model} {scheme} {dialect:?}");
            let client = RpcClient::builder().dialect(dialect);
            let client = client.connect(format!("{scheme}{}", server.address())).unwrap();
            assert_eq!(client.call::<u64>("nap_ms", args![1], ()).expect(&place), 1, "{place}");
            assert_eq!(client.call::<u64>("block_ms", args![1], ()).expect(&place), 1, "{place}");
            assert_eq!(client.call::<i64>("add", args![1, 2], ()).expect(&place), 13, "{place}");
        }
    }
}

/// What works wherever asynchronous functions are run.
fn tries<S: BlockingStub>(stub: &S) {
    assert_eq!(stub.nap_ms(1).call().unwrap(), 1);
    assert_eq!(stub.nap_in_a_task(2).call().unwrap(), 2);
    assert_eq!(stub.nap_within(3).call().unwrap(), 3);
    assert_eq!(stub.read_from(&sender()).call().unwrap(), "hello");
}

#[test]
fn it_is_so_within_one_process() {
    let registry = FunctionRegistry::exported();
    tries(&registry);
    let stack = JsonRpc::new(FunctionRegistry::exported());
    tries(&stack);
    let memory = InMemory::new(JsonRpc::new(FunctionRegistry::exported()));
    let client = RpcClient::builder().connect_over(memory).unwrap();
    tries(&client);
}

#[test]
fn a_thread_of_a_runtime_may_call_within_its_process_too() {
    let one_thread = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    one_thread.block_on(async {
        let registry = FunctionRegistry::exported();
        tries(&registry);
    });
    run(async { tries(&JsonRpc::new(FunctionRegistry::exported())) });
}

#[test]
fn a_caller_within_the_process_waits_no_longer_than_it_says() {
    let registry = FunctionRegistry::exported();
    let soon = registry.within(Duration::from_millis(20));
    let late = soon.nap_ms(60_000).call().unwrap_err();
    assert_eq!(late.fault().unwrap().code(), code::TIMED_OUT);
    assert_eq!(soon.add(1, 2).call().unwrap(), 13);
    run(async { assert!(soon.nap_ms(60_000).call().is_err()) });
}

#[test]
fn a_caller_of_a_model_that_blocks_waits_no_longer_than_it_says() {
    // The connection goes on, which the function would have held up.
    let server = tests::Model::SingleThread.start(rpc_core::RpcServer::exported());
    let mut stream = std::net::TcpStream::connect(server.address().to_string()).unwrap();
    let late = br#"{"method_name":"nap_ms","method_args":[60000],"id":1,"timeout_ms":20}"#;
    stream.write_all(late).unwrap();
    stream.write_all(br#"{"method_name":"add","method_args":[1,2],"id":2}"#).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut replies = String::new();
    stream.read_to_string(&mut replies).unwrap();
    let expected =
        r#"{"error":{"code":-32001,"message":"`nap_ms` was not done within 20ms"},"id":1}"#;
    assert_eq!(replies.lines().collect::<Vec<_>>(), [expected, r#"{"res":13,"id":2}"#]);
}

#[test]
fn functions_of_the_process_serve_asynchronous_callers() {
    async fn nap_and_add<C: AsyncStub>(client: &C) -> Result<i64, Error> {
        call!(client.nap_ms(1)).await?;
        call!(client.add(1, 2, c = 3)).await
    }
    run(async {
        let functions = AsyncInProcess::new(FunctionRegistry::exported());
        assert_eq!(nap_and_add(&functions).await.unwrap(), 6);
        let soon = functions.clone().into_within(Duration::from_millis(20));
        let late = soon.nap_ms(60_000).call().await.unwrap_err();
        assert_eq!(late.fault().unwrap().code(), code::TIMED_OUT);
        // A function that blocks its thread blocks another.
        let gate = tests::Gate::closed();
        let waits = tokio::spawn(functions.pass_gate_blocking(gate.number(), 5).call());
        assert_eq!(functions.add(1, 2).call().await.unwrap(), 13);
        gate.open();
        assert_eq!(waits.await.unwrap().unwrap(), 5);

        let mut mock = FunctionRegistry::new();
        mock.register("nap_ms", |ms: u64| ms).unwrap();
        mock.register("add", |a: i64, b: i64, c: i64| a * b * c).unwrap();
        assert_eq!(nap_and_add(&AsyncInProcess::new(mock)).await.unwrap(), 6);
    });
}

/// Blocks the thread that polls it, as an asynchronous function should not.
#[rpc_export]
#[allow(clippy::unused_async)]
async fn block_the_thread(gate: u64) -> u64 {
    tests::Gate::wait_at(gate);
    gate
}

#[test]
fn a_function_that_blocks_its_thread_holds_up_no_other_timer() {
    run(async {
        let gate = tests::Gate::closed();
        let number = gate.number();
        let blocked = tokio::task::spawn_blocking(move || {
            FunctionRegistry::exported().block_the_thread(number).call()
        });
        let nap = tokio::task::spawn_blocking(|| FunctionRegistry::exported().nap_ms(1).call());
        assert_eq!(nap.await.unwrap().unwrap(), 1);
        gate.open();
        assert_eq!(blocked.await.unwrap().unwrap(), number);
    });
}
