//! Ours: the asynchronous client, and the event loop.

use std::error::Error;
use std::net::SocketAddr;
use std::rc::Rc;

use rpc_core::{AsyncRpcClient, CallFuture, Error as RpcError};
use tokio::runtime::{Builder, Runtime};

use super::models::EVENT_LOOP;
use super::ours::{add, echo};
use super::{Client, Contender, TEXT};

/// The asynchronous client on one thread, and a server with an event loop.
pub struct OursAsync;

thread_local! {
    /// All clients of a thread run on it, as they would in a program.
    static RUNTIME: Rc<Runtime> =
        Rc::new(Builder::new_current_thread().enable_all().build().unwrap());
}

impl Contender for OursAsync {
    fn name(&self) -> &'static str {
        "ours-async"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        Ok(EVENT_LOOP.serve(announce)?)
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Client>, Box<dyn Error>> {
        let runtime = RUNTIME.with(Rc::clone);
        let client = runtime.block_on(AsyncRpcClient::connect(address))?;
        Ok(Box::new(AsyncClient { runtime, client, begun: None }))
    }
}

struct AsyncClient {
    runtime: Rc<Runtime>,
    client: AsyncRpcClient,
    begun: Option<CallFuture<i64, RpcError>>,
}

impl Client for AsyncClient {
    fn begin_add(&mut self) {
        let _runtime = self.runtime.enter();
        self.begun = Some(self.client.add(1, 2).c(3).start().unwrap());
    }

    fn end_add(&mut self) {
        let begun = self.begun.take().unwrap();
        assert_eq!(self.runtime.block_on(begun).unwrap(), 6);
    }

    fn add(&mut self) {
        let call = self.client.add(1, 2).c(3).call();
        assert_eq!(self.runtime.block_on(call).unwrap(), 6);
    }

    fn add_many(&mut self, calls: usize) {
        self.runtime.block_on(async {
            let calls: Vec<_> =
                (0..calls).map(|_| self.client.add(1, 2).c(3).start().unwrap()).collect();
            for call in calls {
                assert_eq!(call.await.unwrap(), 6);
            }
        });
    }

    fn echo(&mut self) {
        let call = self.client.echo(&TEXT).call();
        assert!(self.runtime.block_on(call).unwrap() == *TEXT);
    }
}
