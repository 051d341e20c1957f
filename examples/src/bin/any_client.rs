//! Clients without their type: a list of several kinds, and a struct that has one.

use examples::add;
use rpc_core::client::{AnyClient, BlockingStub};
use rpc_core::{Error, FunctionRegistry, RpcClient, RpcServer, call};

/// Adds up with a client of whatever type.
struct Till {
    client: AnyClient,
}

impl Till {
    fn total(&self, prices: &[i64]) -> Result<i64, Error> {
        prices.iter().try_fold(0, |sum, price| call!(self.client.add(sum, *price, c = 0)))
    }
}

/// The same for a client whose type is known when this is compiled, which costs nothing.
fn total<C: BlockingStub>(client: &C, prices: &[i64]) -> Result<i64, Error> {
    prices.iter().try_fold(0, |sum, price| call!(client.add(sum, *price, c = 0)))
}

fn main() -> Result<(), Error> {
    let server = RpcServer::exported().start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?;

    println!("known: {}", total(&client, &[1, 2, 3])?);
    let clients = [
        ("socket", AnyClient::new(client)),
        // Functions of this process, without a socket.
        ("registry", AnyClient::new(FunctionRegistry::exported())),
    ];
    for (name, client) in clients {
        println!("{name}: {}", Till { client }.total(&[1, 2, 3])?);
    }
    Ok(())
}
