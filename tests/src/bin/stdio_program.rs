//! Serves the functions of the tests over standard input and output, and prints in between.

use std::process::Command;

use rpc_core::protocol::Protocol;
use rpc_core::{Error, RpcServer, rpc_export};
use tests as _; // links the functions, which are found by themselves

/// Prints, as functions may that were not written to be served so, and has another program print.
#[rpc_export]
fn print(text: &str) -> bool {
    println!("{text}");
    Command::new("echo").arg(text).status().is_ok_and(|status| status.success())
}

/// Has the letters of a text again and again.
#[rpc_export(subscription = "letters")]
fn letters_subscribe(text: String) -> impl Iterator<Item = char> {
    text.chars().collect::<Vec<_>>().into_iter().cycle()
}

fn main() -> Result<(), Error> {
    let mut server = RpcServer::exported();
    let has = |option: &str| std::env::args().any(|argument| argument == option);
    if has("--without-raw") {
        server = server.disable(Protocol::Raw);
    }
    server.serve_stdio()?;
    if !has("--quiet") {
        println!("over");
    }
    Ok(())
}
