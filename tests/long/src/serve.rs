//! The server side: this program started once more, as `long serve MODEL [--OPTION N]…`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use examples as _;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
#[cfg(unix)]
use rpc_core::server::PreforkEventLoop;
use rpc_core::server::{EventLoop, ForkPerConnection, Prefork, SingleThread, ThreadPerConnection};
use rpc_core::{CallContext, Error, FunctionRegistry, RpcServer, TcpServer};
use tests as _;

use crate::model::Model;

/// Serves until the process is told to stop.
pub(crate) fn serve(arguments: &[&str]) -> Result<(), Error> {
    let model = arguments.first().and_then(|name| Model::named(name)).expect("a model");
    let options: HashMap<_, _> =
        arguments[1..].chunks(2).filter_map(|pair| Some((pair[0], *pair.get(1)?))).collect();
    let number =
        |name: &str| options.get(name).map(|value| value.parse::<u64>().expect("a number"));
    let count = |name, default| number(name).map_or(default, |n| usize::try_from(n).unwrap());
    let time = |name: &str| number(name).map(Duration::from_millis);

    let log =
        options.get("--call-log").map(|path| File::options().append(true).open(path).unwrap());
    let mut server = TcpServer::of(CallLog { inner: FunctionRegistry::exported(), log });
    if let Some(timeout) = time("--stop-timeout-ms") {
        server = server.stop_timeout(timeout);
    }
    if let Some(timeout) = time("--idle-timeout-ms") {
        server = server.idle_timeout(timeout);
    }
    if let Some(timeout) = time("--message-timeout-ms") {
        server = server.message_timeout(timeout);
    }
    if let Some(timeout) = time("--write-timeout-ms") {
        server = server.write_timeout(timeout);
    }
    if options.contains_key("--with-a-thread") {
        thread::spawn(|| thread::sleep(Duration::from_secs(3600)));
    }
    let server = server.bind("127.0.0.1:0")?;
    println!("listening {}", server.address());
    io::stdout().flush().unwrap();

    match model {
        Model::SingleThread => server.serve_with(SingleThread),
        Model::ThreadPerConnection => server
            .serve_with(ThreadPerConnection { max_connections: count("--max-connections", 1024) }),
        Model::ForkPerConnection => {
            server.serve_with(ForkPerConnection { max_children: count("--max-connections", 64) })
        }
        Model::Prefork => server.serve_with(Prefork {
            busy_timeout: time("--busy-timeout-ms"),
            ..Prefork::workers(count("--workers", 2))
        }),
        Model::EventLoop => {
            let usual = EventLoop::default();
            let max_connections = count("--max-connections", usual.max_connections);
            server.serve_with(EventLoop { max_connections, ..usual })
        }
        #[cfg(unix)]
        Model::PreforkEventLoop => {
            let usual = PreforkEventLoop::workers(count("--workers", 2));
            let max_connections = count("--max-connections", usual.max_connections);
            let busy_timeout = time("--busy-timeout-ms");
            server.serve_with(PreforkEventLoop { max_connections, busy_timeout, ..usual })
        }
        #[cfg(not(unix))]
        Model::PreforkEventLoop => panic!("this system cannot fork"),
    }
}

/// Serves over standard input and output.
pub(crate) fn serve_stdio() -> Result<(), Error> {
    RpcServer::exported().serve_stdio()
}

/// A layer that writes how every call ends into a file, if there is one, a line at once.
#[derive(Debug)]
struct CallLog<D> {
    inner: D,
    log: Option<File>,
}

impl<D: Dispatch> Dispatch for CallLog<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let outcome = self.inner.dispatch(call, context, reply);
        let Some(log) = &self.log else { return outcome };
        let (name, mut log) = (call.method().to_owned(), log.try_clone().unwrap());
        outcome.inspect(reply, move |ended| {
            log.write_all(format!("{name} -> {ended}\n").as_bytes()).unwrap();
        })
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.inner)
    }
}
