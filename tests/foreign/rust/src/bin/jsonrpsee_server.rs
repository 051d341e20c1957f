//! A jsonrpsee server, over HTTP and WebSocket: prints its address and serves until it is ended.

use std::collections::BTreeSet;
use std::sync::Mutex;

use foreign::version;
use jsonrpsee_server::types::{ErrorObjectOwned, Params};
use jsonrpsee_server::{RpcModule, Server};
use serde::Deserialize;

#[derive(Deserialize)]
struct Add {
    a: i64,
    b: i64,
    c: Option<i64>,
}

/// An array must hold a value for every member without a default of serde's own.
fn add(params: Params<'_>) -> Result<i64, ErrorObjectOwned> {
    let Add { a, b, c } = if params.is_object() {
        params.parse()?
    } else {
        let mut given = params.sequence();
        Add { a: given.next()?, b: given.next()?, c: given.optional_next()? }
    };
    Ok(a + b + c.unwrap_or(10))
}

fn text(params: Params<'_>) -> Result<String, ErrorObjectOwned> {
    #[derive(Deserialize)]
    struct Text {
        #[serde(alias = "message")]
        text: String,
    }
    params.parse().map(|Text { text }| text)
}

fn module() -> Result<RpcModule<Mutex<BTreeSet<String>>>, Box<dyn std::error::Error>> {
    let mut module = RpcModule::new(Mutex::new(BTreeSet::new()));
    module.register_method("add", |params, _, _| add(params))?;
    module.register_method("echo", |params, _, _| text(params))?;
    module.register_method("fail", |params, _, _| {
        Err::<(), _>(ErrorObjectOwned::owned(7, text(params)?, Some("paper")))
    })?;
    module.register_method("remember", |params, told, _| {
        told.lock().expect("no panic").insert(text(params)?);
        Ok::<_, ErrorObjectOwned>(())
    })?;
    module.register_method("remembers", |params, told, _| {
        Ok::<_, ErrorObjectOwned>(told.lock().expect("no panic").contains(&text(params)?))
    })?;
    Ok(module)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder().build("127.0.0.1:0").await?;
    println!("library\tjsonrpsee\t{}", version("jsonrpsee-server"));
    println!("listening {}", server.local_addr()?);
    server.start(module()?).stopped().await;
    Ok(())
}
