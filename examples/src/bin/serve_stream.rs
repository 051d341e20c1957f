//! A stream that somebody else made: a pair of pipes, served on this thread until the other side ends. A
//! serial line or the pipes of a child process look the same.

use std::io::{Read, Write, pipe};
use std::thread;

use examples as _; // links the functions, which are found by themselves
use rpc_core::RpcServer;
use rpc_core::transport::Duplex;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (calls, mut to_server) = pipe()?;
    let (mut from_server, replies) = pipe()?;

    let caller = thread::spawn(move || {
        to_server.write_all(br#"{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"#)?;
        drop(to_server); // nothing more will be asked
        let mut received = String::new();
        from_server.read_to_string(&mut received)?;
        Ok::<_, std::io::Error>(received)
    });
    RpcServer::exported().serve_stream(Duplex::new(calls, replies))?;

    let received = caller.join().map_err(|_| "the caller panicked")??;
    println!("{}", received.trim_end());
    Ok(())
}
