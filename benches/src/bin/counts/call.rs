//! Is the client that is counted.

use std::error::Error;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::{AsyncRpcClient, RpcClient};
use tokio::runtime::Builder;

use crate::allocations::counts_mark;
use crate::messages::{Call, Traffic};
use crate::serve::{add, echo};
use crate::subject::{CALLS, Protocol};

/// Makes every kind of call, with marks between.
pub fn run(client: &str, protocol: &str, address: &str) -> Result<(), Box<dyn Error>> {
    let protocol = Protocol::named(protocol)?;
    let (settings, url) = reach(protocol, address);
    // The first line that is printed has room made for it.
    println!("ready");
    match client {
        "blocking" => {
            let client = settings.connect(url)?;
            for traffic in protocol.traffic() {
                stretches(|calls| block(&client, traffic, calls));
            }
        }
        "async" => {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let client = runtime.block_on(settings.connect_async(url))?;
            for traffic in protocol.traffic() {
                stretches(|calls| runtime.block_on(wait(&client, traffic, calls)));
            }
        }
        _ => return Err("a client is `blocking` or `async`".into()),
    }
    Ok(())
}

fn reach(protocol: Protocol, address: &str) -> (ClientBuilder, String) {
    let settings = RpcClient::builder();
    match protocol {
        Protocol::Native => (settings, address.to_owned()),
        Protocol::JsonRpc => (settings.dialect(Dialect::JsonRpc), address.to_owned()),
        Protocol::Http => (settings, format!("http://{address}/")),
        Protocol::WebSocket => (settings, format!("ws://{address}/")),
    }
}

/// Makes calls until all is warm, then a stretch of them and one that is twice as long.
fn stretches(make: impl Fn(usize)) {
    make(2 * CALLS);
    counts_mark();
    make(CALLS);
    counts_mark();
    make(2 * CALLS);
    counts_mark();
}

fn block(client: &RpcClient, traffic: &Traffic, calls: usize) {
    match (traffic.call, traffic.in_flight) {
        (Call::Add, 1) => {
            for _ in 0..calls {
                assert_eq!(client.add(1, 2).c(3).call().unwrap(), 6);
            }
        }
        (Call::Add, in_flight) => {
            let mut started = Vec::with_capacity(in_flight);
            for _ in 0..calls / in_flight {
                let burst = client.burst();
                started.extend((0..in_flight).map(|_| client.add(1, 2).c(3).start().unwrap()));
                drop(burst);
                for call in started.drain(..) {
                    assert_eq!(call.wait().unwrap(), 6);
                }
            }
        }
        (Call::Echo(size), _) => {
            let text = Call::text(size);
            for _ in 0..calls {
                assert_eq!(client.echo(text).call().unwrap(), text);
            }
        }
    }
}

async fn wait(client: &AsyncRpcClient, traffic: &Traffic, calls: usize) {
    match (traffic.call, traffic.in_flight) {
        (Call::Add, in_flight) if traffic.is_batch => {
            for _ in 0..calls / in_flight {
                let batch = client.batch(|calls| {
                    (0..in_flight).map(|_| calls.add(1, 2).c(3).call()).collect::<Vec<_>>()
                });
                assert!(batch.await.unwrap().iter().all(|sum| *sum == 6));
            }
        }
        (Call::Add, 1) => {
            for _ in 0..calls {
                assert_eq!(client.add(1, 2).c(3).call().await.unwrap(), 6);
            }
        }
        (Call::Add, in_flight) => {
            let mut started = Vec::with_capacity(in_flight);
            for _ in 0..calls / in_flight {
                started.extend((0..in_flight).map(|_| client.add(1, 2).c(3).start().unwrap()));
                for call in started.drain(..) {
                    assert_eq!(call.await.unwrap(), 6);
                }
            }
        }
        (Call::Echo(size), _) => {
            let text = Call::text(size);
            for _ in 0..calls {
                assert_eq!(client.echo(text).call().await.unwrap(), text);
            }
        }
    }
}
