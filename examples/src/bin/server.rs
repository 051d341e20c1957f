//! Serves the example functions:
//! `server [--listen ADDR | --systemd | --stdio | --mcp-stdio] [--model MODEL] [--workers N] [--list]
//! [--token NAME:TOKEN[:SCOPE,…]]… [--tls-cert FILE --tls-key FILE [--client-ca FILE]]`.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

// Names the crate with the functions, which are found by themselves then.
use examples::program;
use rpc_core::layer::Signature;
#[cfg(feature = "tokio")]
use rpc_core::server::EventLoop;
#[cfg(all(unix, feature = "tokio"))]
use rpc_core::server::PreforkEventLoop;
use rpc_core::server::{
    BoundServer, ForkPerConnection, Prefork, SingleThread, ThreadPerConnection,
};
use rpc_core::{Error, FunctionRegistry, JsonRpc, RpcServer, rpc_export};

const USAGE: &str = "usage: server [--listen ADDR | --systemd | --stdio | --mcp-stdio] [--workers N] [--list] \
    [--token NAME:TOKEN[:SCOPE,SCOPE]] [--tls-cert FILE --tls-key FILE [--client-ca FILE]] \
    [--model single|threads|fork|prefork|event-loop|prefork-event-loop]";

fn main() -> ExitCode {
    program(USAGE, run)
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut model = "threads".to_owned();
    let mut workers = 4;
    let mut tokens = Vec::new();
    let (mut list, mut stdio, mut mcp_stdio, mut systemd) = (false, false, false, false);
    let (mut certificate, mut key, mut client_ca) = (None, None, None);
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match option.as_str() {
            "--listen" => address = value()?,
            "--model" => model = value()?,
            "--workers" => workers = value()?.parse()?,
            "--token" => tokens.push(value()?),
            "--tls-cert" => certificate = Some(value()?),
            "--tls-key" => key = Some(value()?),
            "--client-ca" => client_ca = Some(value()?),
            "--list" => list = true,
            "--stdio" => stdio = true,
            "--mcp-stdio" => mcp_stdio = true,
            "--systemd" => systemd = true,
            _ => return Err(USAGE.into()),
        }
    }
    // Where nobody is known, nobody could call what asks for a permission.
    let is_for_all = |function: &Signature| function.permissions().len() == 0;
    let functions = FunctionRegistry::exported_where(|one| !tokens.is_empty() || is_for_all(one));
    let mut server = RpcServer::of(functions).stats();
    if !tokens.is_empty() {
        server = know(server, &tokens)?;
    }
    let server = match (certificate, key) {
        (Some(certificate), Some(key)) => over_tls(server, &certificate, &key, client_ca)?,
        (None, None) if client_ca.is_none() => server,
        _ => return Err(USAGE.into()),
    };
    #[cfg(feature = "schema")]
    let server = server.service(
        rpc_core::description::Service::new("Examples")
            .version(env!("CARGO_PKG_VERSION"))
            .description("Functions to play with."),
    );
    #[cfg(feature = "mcp")]
    let server = server.mcp(rpc_core::server::Tools::marked());
    if mcp_stdio {
        #[cfg(feature = "mcp")]
        return Ok(server.serve_mcp_stdio()?);
        #[cfg(not(feature = "mcp"))]
        return Err("`--mcp-stdio` needs the feature `mcp`".into());
    }
    if stdio {
        // Standard output is kept for messages.
        return Ok(server.serve_stdio()?);
    }
    let signatures: Vec<_> = server.functions().map(ToString::to_string).collect();
    let server = if systemd { bind_inherited(server)? } else { server.bind(address)? };
    println!("listening {}", server.address());
    if list {
        for signature in signatures {
            println!("serving {signature}");
        }
    }
    io::stdout().flush()?;
    match model.as_str() {
        "single" => server.serve_with(SingleThread),
        "threads" => server.serve_with(ThreadPerConnection::default()),
        "fork" => server.serve_with(ForkPerConnection::default()),
        "prefork" => server.serve_with(Prefork::workers(workers)),
        #[cfg(feature = "tokio")]
        "event-loop" => server.serve_with(EventLoop::default()),
        #[cfg(all(unix, feature = "tokio"))]
        "prefork-event-loop" => server.serve_with(PreforkEventLoop::workers(workers)),
        _ => return Err(USAGE.into()),
    }?;
    Ok(())
}

/// Begins anew, or would if there were anything to begin, and says how often it has: only callers with the scope `admin`
/// may have it do so.
#[rpc_export(allow = "admin")]
fn reset() -> u64 {
    static TIMES: AtomicU64 = AtomicU64::new(0);
    TIMES.fetch_add(1, Ordering::Relaxed) + 1
}

/// Knows callers by tokens, each with the caller's name before it and perhaps scopes behind it.
#[cfg(feature = "auth")]
fn know(server: RpcServer, tokens: &[String]) -> Result<RpcServer, &'static str> {
    let mut known = rpc_core::identity::Tokens::new();
    for token in tokens {
        let mut parts = token.splitn(3, ':');
        let (Some(name), Some(token)) = (parts.next(), parts.next()) else {
            return Err("a `--token` is `NAME:TOKEN` or `NAME:TOKEN:SCOPE,SCOPE`");
        };
        known = known.token(name, token, parts.next().into_iter().flat_map(|list| list.split(',')));
    }
    Ok(server.authenticate(known))
}

#[cfg(not(feature = "auth"))]
fn know(_: RpcServer, _: &[String]) -> Result<RpcServer, &'static str> {
    Err("`--token` needs the feature `auth`")
}

/// Has every protocol go over TLS, and clients show certificates where there is an authority for them.
#[cfg(feature = "tls")]
fn over_tls(
    server: RpcServer,
    certificate: &str,
    key: &str,
    client_ca: Option<String>,
) -> Result<RpcServer, Error> {
    let tls = rpc_core::tls::Tls::from_pem(certificate, key)?;
    Ok(server.tls(match client_ca {
        Some(authorities) => tls.client_ca(authorities)?,
        None => tls,
    }))
}

#[cfg(not(feature = "tls"))]
fn over_tls(_: RpcServer, _: &str, _: &str, _: Option<String>) -> Result<RpcServer, String> {
    Err("TLS needs the feature `tls`".to_owned())
}

/// Takes the socket that systemd listens at; `examples/systemd` has the units.
#[cfg(unix)]
fn bind_inherited(server: RpcServer) -> Result<BoundServer<JsonRpc<FunctionRegistry>>, Error> {
    server.bind(rpc_core::server::InheritedSocket::from_env()?)
}

#[cfg(not(unix))]
fn bind_inherited(server: RpcServer) -> Result<BoundServer<JsonRpc<FunctionRegistry>>, Error> {
    server.bind("there is no systemd here")
}
