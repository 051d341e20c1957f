//! Ours: functions that return iterators, and the blocking client.

use std::error::Error;
use std::fmt::Debug;
use std::net::SocketAddr;

use rpc_core::{RpcClient, rpc_export};

use crate::contenders::models::THREADS;
use crate::contenders::over::Over;

use super::item::{self, Check, Kind, Record};
use super::{Reader, Streamer};

#[rpc_export]
pub fn numbers(count: u32) -> impl Iterator<Item = i64> {
    item::numbers(count)
}

#[rpc_export]
pub fn records(count: u32) -> impl Iterator<Item = Record> {
    item::records(count)
}

/// The blocking client, and a server with a thread for each connection.
pub struct Ours;

impl Streamer for Ours {
    fn name(&self) -> &'static str {
        "ours"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        Ok(THREADS.serve(Over::Tcp, announce)?)
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>> {
        Ok(Box::new(RpcClient::connect(address)?))
    }
}

impl Reader for RpcClient {
    fn read(&mut self, kind: Kind, count: u32) {
        match kind {
            Kind::Numbers => check(self.numbers(count).call().unwrap(), count, item::is_number),
            Kind::Records => check(self.records(count).call().unwrap(), count, Record::is),
        }
    }
}

fn check<T, E: Debug>(
    items: impl Iterator<Item = Result<T, E>>,
    count: u32,
    is: fn(&T, i64) -> bool,
) {
    let mut check = Check::of(count);
    items.for_each(|item| check.take(&item.unwrap(), is));
    check.end();
}
