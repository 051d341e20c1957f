//! Clients that connect in a way of their own: to the first of two servers that answers.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use examples::add;
use rpc_core::{AsyncRpcClient, RpcClient, RpcServer, call};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = RpcServer::exported().start("127.0.0.1:0")?;
    let second = server.address().socket_addr().ok_or("a TCP address")?;
    // Nobody listens there.
    let first = SocketAddr::from(([127, 0, 0, 1], 1));

    // A closure that connects is a transport. The client calls it for each connection.
    let connect = move |timeout: Duration| -> io::Result<TcpStream> {
        TcpStream::connect_timeout(&first, timeout)
            .or_else(|_| TcpStream::connect_timeout(&second, timeout))
    };
    let client = RpcClient::builder().connect_over(connect)?;
    println!("blocking: {}", call!(client.add(1, 2, c = 3))?);

    // The same for an asynchronous client, which takes any stream that tokio can poll.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connect = move || async move {
            match tokio::net::TcpStream::connect(first).await {
                Err(_) => tokio::net::TcpStream::connect(second).await,
                connected => connected,
            }
        };
        let client = AsyncRpcClient::builder().connect_async_over(connect).await?;
        println!("asynchronous: {}", call!(client.add(1, 2, c = 3)).await?);
        Ok(())
    })
}
