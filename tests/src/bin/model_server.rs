//! Serves the functions of the tests and the examples in a process of its own:
//! `model_server --model single|threads|event-loop|fork|prefork|prefork-event-loop
//! [--listen ADDRESS] [--OPTION N]…`.

use std::collections::HashMap;
use std::env;
use std::io::{self, Write};
use std::time::Duration;

use examples as _;
use rpc_core::{
    Error, EventLoop, ForkPerConnection, Prefork, RpcServer, SingleThread, ThreadPerConnection,
};
use tests as _;

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let options: HashMap<_, _> = arguments
        .chunks(2)
        .map(|option| (option[0].as_str(), option.get(1).map_or("", String::as_str)))
        .collect();
    let number = |name: &str| options.get(name).and_then(|number| number.parse::<u64>().ok());
    let time = |name: &str| number(name).map(Duration::from_millis);

    let mut server = RpcServer::exported();
    if let Some(timeout) = time("--stop-timeout-ms") {
        server = server.stop_timeout(timeout);
    }
    if let Some(timeout) = time("--idle-timeout-ms") {
        server = server.idle_timeout(timeout);
    }
    if options.contains_key("--silent") {
        server = server.log(|_| {});
    }
    let server = server.bind(options.get("--listen").copied().unwrap_or("127.0.0.1:0"))?;
    println!("listening {}", server.address());
    // Left unfinished: every process that writes what it holds would write this.
    print!("once ");
    let _ = io::stderr().flush();

    let count = |name, default| {
        number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    match options.get("--model").copied().unwrap_or_default() {
        "single" => server.serve_with(SingleThread),
        "event-loop" => server.serve_with(EventLoop::default()),
        "threads" => server.serve_with(ThreadPerConnection::default()),
        "fork" => {
            server.serve_with(ForkPerConnection { max_children: count("--max-children", 64) })
        }
        #[cfg(unix)]
        "prefork-event-loop" => {
            server.serve_with(rpc_core::PreforkEventLoop::workers(count("--workers", 2)))
        }
        _ => server.serve_with(Prefork {
            busy_timeout: time("--busy-timeout-ms"),
            max_calls: number("--max-calls"),
            ..Prefork::workers(count("--workers", 2))
        }),
    }?;
    println!("and for all");
    Ok(())
}
