//! A server that adds, on an event loop.

use std::future::ready;
use std::io;

use futures_util::StreamExt;
use tarpc::context::Context;
use tarpc::serde_transport::tcp;
use tarpc::server::{BaseChannel, Channel};
#[cfg(feature = "bincode")]
use tarpc::tokio_serde::formats::Bincode as Format;
#[cfg(not(feature = "bincode"))]
use tarpc::tokio_serde::formats::Json as Format;

#[tarpc::service]
trait Math {
    async fn add(a: i64, b: i64, c: i64) -> i64;
}

#[derive(Clone)]
struct Functions;

impl Math for Functions {
    async fn add(self, _: Context, a: i64, b: i64, c: i64) -> i64 {
        a + b + c
    }
}

fn main() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connections = tcp::listen("127.0.0.1:0", Format::default).await?;
        println!("{}", connections.local_addr());
        connections
            .filter_map(|connection| ready(connection.ok()))
            .for_each(|connection| async {
                let calls = BaseChannel::with_defaults(connection).execute(Functions.serve());
                tokio::spawn(calls.for_each(|call| async {
                    tokio::spawn(call);
                }));
            })
            .await;
        Ok(())
    })
}
