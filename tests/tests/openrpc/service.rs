//! A service that has everything that a description has to cope with.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use rpc_core::types::{Bytes, DateTime};
use rpc_core::{Fault, rpc_export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Task {
    /// Its number.
    pub id: u32,
    pub title: String,
    #[serde(default)]
    pub done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(rename = "dueAt")]
    pub due: Option<DateTime>,
}

pub fn task() -> Task {
    let due = "1998-07-17T14:08:55.25+02:00".parse().ok();
    Task { id: 7, title: "write".to_owned(), done: false, note: None, due }
}

/// Another type of the same name.
pub mod other {
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Task {
        pub command: String,
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<u64>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tree {
    pub name: String,
    pub children: Vec<Tree>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub enum Filter {
    All,
    Owner(String),
    Between { from: u8, to: u8 },
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    TaskAdded { id: u32 },
    Cleared,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Labelled {
    pub label: String,
    #[serde(flatten)]
    pub event: Event,
    #[serde(flatten)]
    pub size: Size,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Size {
    #[serde(rename = "nPages")]
    pub pages: u8,
}

/// A type that is written in another form than it is read.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    #[serde(rename(serialize = "wordCount", deserialize = "words"))]
    pub words: u8,
}

/// A type that has no schema.
#[derive(Serialize, Deserialize)]
pub struct Plain {
    pub secret: u8,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub enum Refusal {
    Locked,
    TooMany { limit: u32 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

type TaskResult<T> = Result<T, Refusal>;

/// Finds tasks.
///
/// All of the words stand in their titles.
#[rpc_export(idempotent, read_only, example = find("write", limit = 1), example = find("x") == Page { items: Vec::new(), next: None })]
pub fn find(
    /// What to look for.
    words: &str,
    #[default(20)] limit: u32,
    filter: Option<Filter>,
) -> Page<Task> {
    let _ = filter;
    let items = if words == "x" { Vec::new() } else { vec![task(); limit.min(2) as usize] };
    Page { items, next: None }
}

#[rpc_export(destructive = false, open_world = false)]
fn add(task: Task) -> TaskResult<u32> {
    if task.title.is_empty() { Err(Refusal::TooMany { limit: 3 }) } else { Ok(task.id) }
}

#[rpc_export]
fn recount(counted: Counted) -> Counted {
    counted
}

#[rpc_export]
fn other_task(task: other::Task) -> Page<other::Task> {
    Page { items: vec![task], next: Some(u64::MAX) }
}

#[rpc_export]
#[deprecated(note = "ask `find`")]
fn tree(tree: Tree) -> Tree {
    Tree { name: "root".to_owned(), children: vec![tree] }
}

#[rpc_export]
fn happened(event: Event) -> Labelled {
    Labelled { label: "new".to_owned(), event, size: Size { pages: 3 } }
}

#[rpc_export]
fn label(labelled: Labelled, at: Option<Point>) -> Option<Point> {
    let _ = labelled;
    at
}

#[rpc_export(example = copy(&[1, 2]) == vec![1, 2, 0xde, 0xad])]
fn copy(bytes: &[u8], #[default(vec![222, 173])] more: Vec<u8>) -> Vec<u8> {
    [bytes, &more[..]].concat()
}

#[rpc_export]
fn wrap(bytes: Option<Bytes<'static>>) -> Result<Option<Vec<u8>>, Fault> {
    Ok(bytes.map(Bytes::into_vec))
}

#[rpc_export]
fn plain(items: Vec<Plain>, map: BTreeMap<String, Plain>, one: Option<Plain>) -> Plain {
    let _ = one;
    Plain { secret: u8::try_from(items.len() + map.len()).unwrap_or(0) }
}

#[rpc_export(
    example = join(" ", parts = ["a", "b"], upper = true) == "A B",
    example = join("-", "a", "b", "c", upper = false)
)]
fn join(
    separator: &str,
    #[args] parts: Vec<String>,
    #[default(false)] upper: bool,
    #[kwargs] others: HashMap<String, i64>,
) -> String {
    let _ = others;
    let joined = parts.join(separator);
    if upper { joined.to_uppercase() } else { joined }
}

#[rpc_export]
fn odd_defaults(
    #[default(f64::NAN)] nothing: f64,
    #[default(panics())] never: i64,
    #[default(Some(2.5))] some: Option<f64>,
    #[default(&format!("{}-{}", 1, 2))] text: &str,
    #[default(&[1, 2])] list: &[i64],
    #[default(u128::from(u64::MAX))] large: u128,
) -> (f64, String, char) {
    let _ = (never, some, list, large);
    (if nothing.is_nan() { 0.0 } else { nothing }, text.to_owned(), 'ß')
}

fn panics() -> i64 {
    panic!("no such default")
}

/// When it is.
#[rpc_export]
async fn when(date: DateTime, #[default(5)] hours: u8) -> DateTime {
    let _ = hours;
    date
}

/// What has a name of its own.
#[rpc_export]
pub mod shelf {
    /// Counts.
    #[rpc_export(read_only)]
    pub fn count() -> usize {
        2
    }
}

#[derive(Default)]
pub struct Bank;

impl Bank {
    const LIMIT: u32 = 9;
}

#[rpc_export]
impl Bank {
    /// Puts money on an account.
    pub fn deposit(
        &self,
        account: &str,
        #[default(Self::LIMIT)] amount: u32,
    ) -> Result<u32, Refusal> {
        if account.is_empty() { Err(Refusal::Locked) } else { Ok(amount) }
    }
}

#[rpc_export(more, stub = BankMoreStub)]
impl Bank {
    pub fn close(&self, #[default(Self::LIMIT)] limit: u32) {
        let _ = limit;
    }
}

#[rpc_export]
pub trait Clock {
    const STEP: u8;

    /// Goes on.
    fn tick(&self, #[default(Self::STEP)] by: u8) -> u8;
}

pub struct Fast;

impl Clock for Fast {
    const STEP: u8 = 4;

    fn tick(&self, by: u8) -> u8 {
        by
    }
}
