//! A stock XML-RPC client, which has not shown that it knows `<nil/>`, calls functions whose results hold
//! a `None`: what has run is answered, and what cannot be answered says that it has run.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Mutex;

use rpc_core::{RpcServer, State, rpc_export};
use serde::{Deserialize, Serialize};
use tests::{Model, Running, python};

#[derive(Clone, Serialize, Deserialize)]
struct Row {
    id: usize,
    name: String,
    note: Option<String>,
}

type Rows = Mutex<Vec<Row>>;

fn add(rows: &Rows, name: &str, note: Option<String>) -> Row {
    let mut rows = rows.lock().unwrap();
    let row = Row { id: rows.len() + 1, name: name.to_owned(), note };
    rows.push(row.clone());
    row
}

#[rpc_export]
fn insert(rows: State<Rows>, name: &str, note: Option<String>) -> Row {
    add(&rows, name, note)
}

#[rpc_export]
async fn insert_later(rows: State<Rows>, name: String) -> Row {
    add(&rows, &ready(name).await, None)
}

#[rpc_export]
fn insert_with_control(rows: State<Rows>) -> Row {
    add(&rows, "\u{1}", None)
}

#[rpc_export]
fn insert_with_huge(rows: State<Rows>) -> u64 {
    add(&rows, "huge", None);
    u64::MAX
}

#[rpc_export]
fn note_of(rows: State<Rows>, id: usize) -> Option<String> {
    rows.lock().unwrap().get(id - 1)?.note.clone()
}

#[rpc_export]
fn notes(rows: State<Rows>) -> Vec<Option<String>> {
    rows.lock().unwrap().iter().map(|row| row.note.clone()).collect()
}

#[rpc_export]
fn by_name(rows: State<Rows>) -> BTreeMap<String, Option<String>> {
    rows.lock().unwrap().iter().map(|row| (row.name.clone(), row.note.clone())).collect()
}

#[rpc_export]
fn count(rows: State<Rows>) -> usize {
    rows.lock().unwrap().len()
}

#[test]
fn a_stock_client_inserts_each_row_once() {
    let server = RpcServer::exported().share(Rows::default());
    let server = Model::ThreadPerConnection.start(server);
    let Some(mut client) = python("xmlrpc_insert.py") else { return };
    let url = format!("http://{}", server.address());
    assert_eq!(Running::lines(client.arg(url)), ["passed"]);
}
