//! jsonrpsee's client subscribes: `jsonrpsee_subscriber ADDRESS`.

use std::env;
use std::time::Duration;

use foreign::{check, library, version};
use jsonrpsee_core::client::{ClientT, Subscription, SubscriptionClientT};
use jsonrpsee_core::params::ArrayParams;
use jsonrpsee_ws_client::WsClientBuilder;
use serde_json::{Value, json};
use tokio::time::timeout;

/// Takes items up to the end, or so many; `None` stands behind them where the stream has ended.
async fn take(subscription: &mut Subscription<Value>, most: usize) -> Value {
    let mut items = Vec::new();
    while items.len() < most {
        match timeout(Duration::from_secs(20), subscription.next()).await {
            Ok(Some(Ok(item))) => items.push(item),
            Ok(Some(Err(error))) => items.push(error.to_string().into()),
            Ok(None) => {
                items.push("end".into());
                break;
            }
            Err(_) => {
                items.push("nothing".into());
                break;
            }
        }
    }
    items.into()
}

fn params(argument: u64) -> ArrayParams {
    let mut params = ArrayParams::new();
    params.insert(argument).expect("JSON");
    params
}

#[tokio::main]
async fn main() {
    let address = env::args().nth(1).expect("usage: jsonrpsee_subscriber ADDRESS");
    library("jsonrpsee", version("jsonrpsee-ws-client"));
    let client = WsClientBuilder::new().build(format!("ws://{address}")).await.expect("a server");
    let subscribe = |method: &'static str, argument, unsubscribe: &'static str| {
        client.subscribe::<Value, _>(method, params(argument), unsubscribe)
    };
    let counted = subscribe("subscribe_count", 3, "unsubscribe_count").await;
    check("to the end", take(&mut counted.expect("an id"), 10).await, json!([1, 2, 3, "end"]));
    let halves = subscribe("halves", 12, "halves_unsubscribe").await;
    check("to an error", take(&mut halves.expect("an id"), 10).await, json!([6, 3, "end"]));
    let numbers = subscribe("slow_numbers", 5, "slow_numbers_unsubscribe").await;
    let mut numbers = numbers.expect("an id");
    check("without end", take(&mut numbers, 3).await, json!([5, 6, 7]));
    let sum = client.request::<Value, _>("alive", ArrayParams::new()).await.expect("a reply");
    check("calls between", sum, 1);
    check("unsubscribed", numbers.unsubscribe().await.is_ok(), true);
    let mut alive = Value::Null;
    for _ in 0..1000 {
        alive = client.request("alive", ArrayParams::new()).await.expect("a reply");
        if alive == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    check("given up", alive, 0);
}
