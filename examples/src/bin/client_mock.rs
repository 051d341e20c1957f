//! A client that a test answers, in twenty lines: no server, and the same typed stubs.

use rpc_core::client::AnyClient;
use rpc_core::{Error, FunctionRegistry, call, rpc_export};

/// What a shop serves somewhere.
#[rpc_export]
pub trait Shop {
    /// Says what an article costs.
    fn price(&self, sku: &str, #[default("EUR")] currency: &str) -> f64;
}

/// What is to be tested.
fn offer(client: &AnyClient, sku: &str) -> Result<String, Error> {
    let (here, there) = (call!(client.price(sku))?, call!(client.price(sku, currency = "USD"))?);
    Ok(format!("{sku}: {here} EUR, {there} USD"))
}

fn main() -> Result<(), Error> {
    let mut mock = FunctionRegistry::new();
    mock.register("price", |sku: String, currency: String| match (&*sku, &*currency) {
        ("tea", "EUR") => 3.5,
        ("tea", "USD") => 4.0,
        _ => panic!("nobody was to ask for {sku} in {currency}"),
    })?;
    println!("{}", offer(&AnyClient::new(mock), "tea")?);
    Ok(())
}
