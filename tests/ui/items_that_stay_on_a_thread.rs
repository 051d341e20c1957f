use std::rc::Rc;

use rpc_core::rpc_export;

#[rpc_export]
fn shares(of: u64) -> impl Iterator<Item = u64> {
    let shared = Rc::new(of);
    (0..3).map(move |it| it * *shared)
}

struct Bank;

#[rpc_export]
impl Bank {
    pub fn shares(&self, of: u64) -> impl Iterator<Item = u64> {
        let shared = Rc::new(of);
        (0..3).map(move |it| it * *shared)
    }
}

#[rpc_export]
trait Shares {
    fn shares(&self, of: u64) -> impl Iterator<Item = u64>;
}

impl Shares for Bank {
    fn shares(&self, of: u64) -> impl Iterator<Item = u64> {
        let shared = Rc::new(of);
        (0..3).map(move |it| it * *shared)
    }
}

fn main() {}
