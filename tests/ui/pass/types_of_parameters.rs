//! Parameters may borrow, and results may, wherever a message can lend.

use std::borrow::Cow;
use std::collections::HashMap;

use rpc_core::{Stub, call, rpc_export};
use serde::{Deserialize, Serialize};

mod alias {
    pub type Result<T> = std::result::Result<T, String>;
}

#[derive(Serialize, Deserialize, Clone)]
struct Point {
    x: i64,
}

#[derive(Serialize, Deserialize)]
struct Label<'a> {
    text: Cow<'a, str>,
}

static ORIGIN: Point = Point { x: 0 };

#[rpc_export]
fn lent<'a>(
    text: &'a str,
    bytes: &[u8],
    numbers: &[i64],
    point: &Point,
    label: Label<'_>,
) -> &'a str {
    let _ = (bytes, numbers, point, label.text);
    text
}

#[rpc_export]
fn lent_or_not<'a>(
    text: Option<&'a str>,
    bytes: Option<&[u8]>,
    numbers: Option<&[i64]>,
    point: Option<&Point>,
    cow: Option<Cow<'_, str>>,
) -> Option<&'a str> {
    let _ = (bytes, numbers, point, cow);
    text
}

#[rpc_export]
fn lent_or_default<'a>(
    #[default("a")] text: &'a str,
    #[default(b"b")] bytes: &[u8],
    #[default(&[1, 2])] numbers: &[i64],
    #[default(&ORIGIN)] point: &'a Point,
    #[default(Cow::Borrowed("c"))] cow: Cow<'_, str>,
    #[default(Some("d"))] option: Option<&str>,
    #[default(Some(1))] number: Option<i64>,
) -> Result<Vec<&'a Point>, String> {
    let _ = (text, bytes, numbers, cow, option, number);
    Ok(vec![point])
}

#[rpc_export]
fn owned(
    map: HashMap<String, Vec<u8>>,
    pair: (i64, String),
    cow: Cow<'static, str>,
) -> alias::Result<bool> {
    let _ = (map, pair, cow);
    Ok(true)
}

fn calls<S: Stub>(client: S) {
    let point = ORIGIN.clone();
    let label = Label { text: "label".into() };
    let _ = call!(client.lent(&String::from("text"), &[1], &Vec::from([2]), &point, label));
    let _ =
        call!(client.lent_or_not("text", bytes = b"b".as_slice(), numbers = None, point = &point));
    let _ = call!(client.lent_or_default(point = &point, option = "x", number = None));
    let _ = call!(client.lent_or_default(bytes = b"b", numbers = &[1]));
    let _ = call!(client.owned(HashMap::new(), (1, String::new()), cow = "c".into()));
}

fn main() {
    let _ = calls::<rpc_core::RpcClient>;
}
