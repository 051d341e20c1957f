//! Serves the functions of the tests and the examples in a process of its own:
//! `model_server --model single|threads|event-loop|fork|prefork|prefork-event-loop
//! [--listen ADDRESS | --inherited NAME] [--OPTION N]…`.

use std::collections::HashMap;
use std::env;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use examples as _;
use rpc_core::jwt::{JwkSet, JwksUrl, Jwt};
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::server::{
    EventLoop, ForkPerConnection, Prefork, Rate, SingleThread, ThreadPerConnection, Tools,
};
use rpc_core::tls::Tls;
use rpc_core::{CallContext, Error, FunctionRegistry, JsonRpc, TcpServer};
use tests::{AUDIENCE, CountCalls, TOKEN_ISSUER, know, know_later};

/// Writes how every call ends into a file, if there is one, a line at once.
struct CallLog<D> {
    inner: D,
    file: Option<Arc<File>>,
}

impl<D: Dispatch> Dispatch for CallLog<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let outcome = self.inner.dispatch(call, context, reply);
        let Some(file) = self.file.clone() else {
            return outcome;
        };
        let name = call.method().to_owned();
        outcome.inspect(reply, move |ended| write(&file, &format!("layer: {name} -> {ended}\n")))
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.inner)
    }
}

fn write(mut file: &File, line: &str) {
    file.write_all(line.as_bytes()).expect("a file that takes a line");
}

/// Bounds what each caller may do.
fn limited<D: Dispatch>(
    mut server: TcpServer<JsonRpc<D>>,
    number: &impl Fn(&str) -> Option<u64>,
) -> TcpServer<JsonRpc<D>> {
    let count = |name| number(name).and_then(|number| usize::try_from(number).ok());
    let small = |name| number(name).and_then(|number| u32::try_from(number).ok());
    let rate = |name| {
        let per_minute = small("--limit-per-minute").unwrap_or(1);
        Some(Rate::per_minute(per_minute).burst(small(name)?))
    };
    if let Some(rate) = rate("--burst-per-address") {
        server = server.limit_calls_per_address(rate);
    }
    if let Some(rate) = rate("--burst-per-identity") {
        server = server.limit_calls_per_identity(rate);
    }
    if let Some(calls) = count("--in-flight-per-address") {
        server = server.limit_calls_in_flight_per_address(calls);
    }
    if let Some(calls) = count("--in-flight-per-identity") {
        server = server.limit_calls_in_flight_per_identity(calls);
    }
    if let Some(connections) = count("--connections-per-address") {
        server = server.max_connections_per_address(connections);
    }
    server
}

/// The same server, which finds out who calls: at once, later, or by tokens whose keys are in a file or at an address.
fn identifying<D: Dispatch>(
    server: TcpServer<JsonRpc<D>>,
    how: Option<&str>,
    time: &impl Fn(&str) -> Option<Duration>,
) -> Result<TcpServer<JsonRpc<D>>, Error> {
    Ok(match how {
        Some("now") => server.authenticate(know),
        Some("later") => server.authenticate_async(know_later),
        Some(keys) => {
            let keys = if keys.starts_with("http://") {
                let mut url = JwksUrl::new(keys);
                if let Some(every) = time("--keys-every-ms") {
                    url = url.refresh_every(every);
                }
                if let Some(keep) = time("--keys-for-ms") {
                    url = url.keep_for(keep);
                }
                url.fetch()?
            } else {
                JwkSet::from_file(keys)?
            };
            let tokens = Jwt::new(TOKEN_ISSUER, AUDIENCE).keys(keys);
            server.authenticate(tokens).slow_failed_logins(0, Duration::ZERO)
        }
        None => server,
    })
}

/// The same server, which writes a record of every call into a file.
fn recording<D: Dispatch>(
    server: TcpServer<JsonRpc<D>>,
    path: Option<&str>,
) -> TcpServer<JsonRpc<D>> {
    let Some(path) = path else { return server };
    let file = File::options().append(true).create(true).open(path).expect("a file");
    server.on_call(move |call| {
        write(&file, &(serde_json::to_string(call).expect("a record") + "\n"));
    })
}

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let options: HashMap<_, _> = arguments
        .chunks(2)
        .map(|option| (option[0].as_str(), option.get(1).map_or("", String::as_str)))
        .collect();
    let number = |name: &str| options.get(name).and_then(|number| number.parse::<u64>().ok());
    let time = |name: &str| number(name).map(Duration::from_millis);

    let file = options.get("--call-log").map(|path| {
        Arc::new(File::options().append(true).create(true).open(path).expect("a file"))
    });
    let functions = CountCalls(FunctionRegistry::exported());
    let stack = CallLog { inner: functions, file: file.clone() };
    let mut server = TcpServer::of(stack).mcp(Tools::marked());
    if let Some(file) = file {
        server = server.on_call(move |call| {
            let ended = call.ended();
            write(&file, &format!("hook: {} {} -> {ended}\n", call.protocol(), call.method()));
        });
    }
    server = recording(server, options.get("--records").copied());
    if let Some(timeout) = time("--stop-timeout-ms") {
        server = server.stop_timeout(timeout);
    }
    if let Some(timeout) = time("--idle-timeout-ms") {
        server = server.idle_timeout(timeout);
    }
    if let Some(timeout) = time("--write-timeout-ms") {
        server = server.write_timeout(timeout);
    }
    if let Some(limit) = number("--unfinished-bytes") {
        server = server.unfinished_bytes(usize::try_from(limit).expect("a size"));
    }
    if options.contains_key("--stats") {
        server = server.stats();
    }
    server = identifying(server, options.get("--identities").copied(), &time)?;
    if let Some(certificate) = options.get("--tls-cert") {
        let tls =
            Tls::from_pem(certificate, options.get("--tls-key").copied().unwrap_or_default())?;
        server = server.tls(tls);
    }
    if let Some(proxies) = options.get("--trusted-proxies") {
        server = server.trusted_proxies(proxies.split(','))?;
    }
    if options.contains_key("--proxy-protocol") {
        server = server.proxy_protocol();
    }
    server = limited(server, &number);
    if options.contains_key("--silent") {
        server = server.log(|_| {});
    }
    let server = match options.get("--inherited").copied() {
        #[cfg(unix)]
        Some("the-only-one") => server.bind(rpc_core::server::InheritedSocket::from_env()?)?,
        #[cfg(unix)]
        Some(name) => server.bind(rpc_core::server::InheritedSocket::named(name)?)?,
        _ => server.bind(options.get("--listen").copied().unwrap_or("127.0.0.1:0"))?,
    };
    println!("listening {}", server.address());
    // Left unfinished: every process that writes what it holds would write this.
    print!("once ");
    let _ = io::stderr().flush();

    if let Some(file) = options.get("--serve-after") {
        while !std::path::Path::new(file).exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let count = |name, default| {
        number(name).and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    match options.get("--model").copied().unwrap_or_default() {
        "single" => server.serve_with(SingleThread),
        "event-loop" => {
            let max_connections = count("--max-connections", 65_536);
            server.serve_with(EventLoop { max_connections, ..EventLoop::default() })
        }
        "started" => server.start()?.wait(),
        "threads" => {
            let max_connections = count("--max-connections", 1024);
            server.serve_with(ThreadPerConnection { max_connections })
        }
        "fork" => {
            server.serve_with(ForkPerConnection { max_children: count("--max-children", 64) })
        }
        #[cfg(unix)]
        "prefork-event-loop" => server.serve_with(rpc_core::server::PreforkEventLoop {
            max_connections: count("--max-connections", 65_536),
            ..rpc_core::server::PreforkEventLoop::workers(count("--workers", 2))
        }),
        _ => server.serve_with(Prefork {
            busy_timeout: time("--busy-timeout-ms"),
            max_calls: number("--max-calls"),
            ..Prefork::workers(count("--workers", 2))
        }),
    }?;
    println!("and for all");
    Ok(())
}
