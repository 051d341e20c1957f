use std::rc::Rc;

use rpc_core::rpc_export;

struct Shares(Rc<u64>);

impl Iterator for Shares {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        Some(*self.0)
    }
}

#[rpc_export]
fn shares(of: u64) -> impl Iterator<Item = u64> {
    Shares(Rc::new(of))
}

struct Bank;

#[rpc_export]
impl Bank {
    pub async fn shares(&self, of: u64) -> Result<impl Iterator<Item = u64>, String> {
        Ok(Shares(Rc::new(of)))
    }
}

#[rpc_export]
trait Api {
    fn shares(&self, of: u64) -> impl Iterator<Item = u64>;
}

impl Api for Bank {
    fn shares(&self, of: u64) -> impl Iterator<Item = u64> {
        Shares(Rc::new(of))
    }
}

fn main() {}
