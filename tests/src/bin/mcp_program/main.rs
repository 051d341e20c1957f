//! Serves tools to clients of the Model Context Protocol: over standard input and output, or at `--listen ADDRESS`.

mod tools;

use std::env;
use std::io::{self, Write};

use rpc_core::server::{EventLoop, Tools};
use rpc_core::{Error, RpcServer};

fn main() -> Result<(), Error> {
    let server = RpcServer::exported().mcp(Tools::marked());
    let mut arguments = env::args().skip_while(|argument| argument != "--listen").skip(1);
    let Some(address) = arguments.next() else {
        return server.serve_mcp_stdio();
    };
    let server = server.bind(address)?;
    println!("listening {}", server.address());
    let _ = io::stdout().flush();
    server.serve_with(EventLoop::default())
}
