//! Serves functions with secrets among their arguments, and writes a record of every call into a file, and all else that it says of it to its
//! standard error: `audit_server MODEL FILE [CERTIFICATE KEY]`.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use rpc_core::protocol::Limits;
use rpc_core::server::{
    EventLoop, ForkPerConnection, KeptArguments, Prefork, PreforkEventLoop, SingleThread,
    ThreadPerConnection, Tools,
};
use rpc_core::tls::Tls;
use rpc_core::{
    CallContext, Error, Fault, FunctionRegistry, Stub, TcpServer, args, kwargs, rpc_export,
};
use serde_json::Value;
use tests::know;

/// Takes money from an account that has 100.
///
/// # Errors
///
/// Where that is not enough.
///
/// # Panics
///
/// Where the sum brings bad luck.
#[rpc_export]
pub fn transfer(
    account: &str,
    password: &str,
    sum: u64,
    details: Option<Value>,
) -> Result<u64, Fault> {
    assert_ne!(sum, 13, "{account} has no luck");
    let _ = (password, details);
    100_u64.checked_sub(sum).ok_or_else(|| Fault::new(402, "that is not enough"))
}

/// Takes a secret of which nothing is kept.
#[rpc_export]
pub fn keep_quiet(secret: &str) -> usize {
    secret.len()
}

/// For nobody who is there.
#[rpc_export(allow = "admin")]
pub fn reset() {}

/// Never ends.
#[rpc_export]
pub async fn wait_for_ever(password: String) {
    let _ = password;
    std::future::pending::<()>().await;
}

/// Makes a file, and runs for much longer than anybody waits.
///
/// # Panics
///
/// Where the file cannot be made.
#[rpc_export]
pub fn hang(path: &str, password: &str) {
    let _ = password;
    fs::write(path, "").expect("a place for the file");
    thread::sleep(Duration::from_secs(600));
}

/// Runs for longer than its caller waits, and ends then.
///
/// # Errors
///
/// Where it is to `fail`.
///
/// # Panics
///
/// Where it is to `panic`.
#[rpc_export]
pub fn overrun(end: &str, context: &CallContext) -> Result<(), Fault> {
    while !context.is_cancelled() {
        thread::sleep(Duration::from_millis(1));
    }
    assert_ne!(end, "panic");
    if end == "fail" { Err(Fault::new(402, "that is not enough")) } else { Ok(()) }
}

/// The same on a thread that may be blocked.
///
/// # Errors
///
/// As [`overrun()`].
#[rpc_export(blocking)]
pub fn overrun_aside(end: &str, context: &CallContext) -> Result<(), Fault> {
    overrun(end, context)
}

/// Calls another function as nobody who is known, and says what that said.
///
/// # Errors
///
/// That it was refused.
#[rpc_export]
pub fn reset_within(function: &str) -> Result<(), Fault> {
    inner(function)
}

/// The same without blocking its thread.
///
/// # Errors
///
/// As [`reset_within()`].
#[rpc_export]
#[expect(clippy::unused_async, reason = "it is served as what takes time")]
pub async fn reset_later(function: String) -> Result<(), Fault> {
    inner(&function)
}

fn inner(function: &str) -> Result<(), Fault> {
    match functions().call::<()>(function, args![], kwargs! {}) {
        Err(Error::Fault(fault)) => Err(fault),
        ended => ended.map_err(Fault::from),
    }
}

fn functions() -> FunctionRegistry {
    FunctionRegistry::exported_where(|function| function.module().ends_with("audit_server"))
}

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [model, file, pair @ ..] = arguments.as_slice() else { panic!("audit_server MODEL FILE") };
    let file = File::options().append(true).create(true).open(file).expect("a file");
    let mut functions = functions();
    functions.register("reset_in_closure", |function: String| inner(&function))?;
    let kept = KeptArguments::of(["transfer", "wait_for_ever", "hang"]).withhold(["password"]);
    let mut server = TcpServer::of(functions)
        .mcp(Tools::all())
        .authenticate(know)
        .slow_failed_logins(0, Duration::from_secs(60))
        .limits(Limits { max_batch_calls: 3, ..Limits::default() })
        .stop_timeout(Duration::from_millis(300))
        .keep_arguments(kept)
        .on_call(move |call| {
            let line = serde_json::to_string(call).expect("a record") + "\n";
            (&file).write_all(line.as_bytes()).expect("a file that takes a line");
            eprintln!("{call}\n{call:?} {:?} {:?}", call.context(), call.identity());
        });
    if let [certificate, key] = pair {
        server = server.tls(Tls::from_pem(certificate, key)?);
    }
    let server = server.bind("127.0.0.1:0")?;
    println!("listening {}", server.address());
    io::stdout().flush().expect("somebody who reads");
    match model.as_str() {
        "single" => server.serve_with(SingleThread),
        "threads" => server.serve_with(ThreadPerConnection::default()),
        "fork" => server.serve_with(ForkPerConnection::default()),
        "prefork" => server.serve_with(Prefork::workers(2)),
        "event-loop" => server.serve_with(EventLoop::default()),
        _ => server.serve_with(PreforkEventLoop::workers(2)),
    }
}
