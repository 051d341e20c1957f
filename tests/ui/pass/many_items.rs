//! Functions that answer with many items, in all forms that they have, with the strictest lints.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::fmt;
use std::pin::Pin;
use std::sync::Mutex;

use futures_core::Stream;
use rpc_core::{RpcClient, State, call, rpc_export};
use serde::{Deserialize, Serialize};

/// Why there are no more.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped")
    }
}

type StopResult<T> = Result<T, Stopped>;

/// A stream of nothing.
#[derive(Debug)]
pub struct Nothing<T>(std::marker::PhantomData<fn() -> T>);

impl<T> Stream for Nothing<T> {
    type Item = T;

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<T>> {
        std::task::Poll::Ready(None)
    }
}

fn nothing<T>() -> Nothing<T> {
    Nothing(std::marker::PhantomData)
}

#[rpc_export]
fn countdown(from: u64) -> impl Iterator<Item = u64> {
    (1..=from).rev()
}

#[rpc_export(idempotent, blocking, read_only)]
fn words<'a>(
    text: &'a str,
    #[default(" ")] by: &'a str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    text.split(by)
}

#[rpc_export]
fn lent(text: &str, #[default(1)] from: usize) -> impl Iterator<Item = char> + Send + '_ {
    text.chars().skip(from)
}

#[rpc_export]
fn boxed(text: &str) -> Box<dyn Iterator<Item = u8> + Send + '_> {
    Box::new(text.bytes())
}

#[allow(unused_qualifications)]
#[rpc_export]
fn with_paths(
    numbers: Vec<i64>,
) -> std::boxed::Box<dyn std::iter::Iterator<Item = i64> + core::marker::Send> {
    Box::new(numbers.into_iter())
}

#[rpc_export]
fn gathered(
    #[args] numbers: Vec<i64>,
    #[kwargs] others: std::collections::HashMap<String, i64>,
) -> impl Iterator<Item = i64> {
    numbers.into_iter().chain(others.into_values())
}

#[rpc_export]
fn bytes() -> impl Iterator<Item = Vec<u8>> {
    std::iter::once(vec![1])
}

#[rpc_export]
fn may_refuse(from: u64) -> Result<impl Iterator<Item = u64>, Stopped> {
    if from == 0 { Err(Stopped) } else { Ok(1..=from) }
}

#[rpc_export]
fn may_stop(from: u64) -> impl Iterator<Item = Result<u64, Stopped>> {
    (1..=from).map(Ok).chain([Err(Stopped)])
}

#[rpc_export]
fn may_do_both(
    from: u64,
) -> Result<impl Iterator<Item = Result<Option<Vec<u8>>, Stopped>>, Stopped> {
    if from == 0 { Err(Stopped) } else { Ok((1..=from).map(|_| Ok(None))) }
}

#[rpc_export]
fn by_alias(from: u64) -> StopResult<impl Iterator<Item = StopResult<u64>>> {
    if from == 0 { Err(Stopped) } else { Ok((1..=from).map(Ok)) }
}

#[rpc_export]
fn lines(path: &str) -> std::io::Result<Box<dyn Iterator<Item = std::io::Result<String>> + Send>> {
    Ok(Box::new(
        std::fs::read_to_string(path)?
            .lines()
            .map(|it| Ok(it.to_owned()))
            .collect::<Vec<_>>()
            .into_iter(),
    ))
}

#[rpc_export]
fn words_alone() -> Result<impl Iterator<Item = u64>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(0..1)
}

#[rpc_export]
fn lent_error(ok: bool) -> Result<impl Iterator<Item = Result<u64, &'static str>>, &'static str> {
    if ok { Ok(std::iter::once(Err("no"))) } else { Err("no") }
}

#[rpc_export]
fn one_error_by_two_names(
    ok: bool,
) -> Result<impl Iterator<Item = Result<u64, &'static str>>, String> {
    if ok { Ok(std::iter::once(Err("no"))) } else { Err("no".to_owned()) }
}

#[rpc_export]
fn stated(context: &rpc_core::CallContext, count: State<Mutex<u64>>) -> impl Iterator<Item = u64> {
    let to = if context.metadata("none").is_some() { 0 } else { *count.lock().unwrap() };
    0..to
}

#[rpc_export]
async fn later(text: &str) -> impl Iterator<Item = u64> {
    std::future::ready(()).await;
    0..text.len() as u64
}

#[rpc_export]
async fn ticks(every_ms: u64, #[default(10)] n: u64) -> impl Stream<Item = u64> {
    std::future::ready(every_ms + n).await;
    nothing()
}

#[allow(unused_qualifications)]
#[rpc_export]
fn at_once() -> impl futures_core::Stream<Item = Result<Vec<u8>, Stopped>> + Send {
    nothing()
}

#[rpc_export]
async fn pinned() -> Result<Pin<Box<dyn Stream<Item = StopResult<Vec<u8>>> + Send>>, Stopped> {
    std::future::ready(()).await;
    Ok(Box::pin(nothing()))
}

/// A list.
#[derive(Debug)]
pub struct List(Vec<String>);

#[rpc_export]
impl List {
    /// All of it.
    #[must_use]
    pub fn all(&self) -> Box<dyn Iterator<Item = &str> + Send + '_> {
        Box::new(self.0.iter().map(String::as_str))
    }

    /// All of it that has a beginning.
    pub fn with(&self, start: &str) -> impl Iterator<Item = String> + Send {
        self.0.iter().filter(move |it| it.starts_with(start)).cloned()
    }

    /// All lists.
    pub fn own(&self) -> impl Iterator<Item = Option<u64>> {
        std::iter::once(Some(self.0.len() as u64))
    }

    /// Changes.
    pub async fn changes(&self, #[default(Self::FIRST)] from: u64) -> impl Stream<Item = String> {
        std::future::ready(from).await;
        nothing()
    }

    const FIRST: u64 = 3;
}

/// What has items.
#[rpc_export]
pub trait Source {
    /// All of them.
    fn all(&self) -> Box<dyn Iterator<Item = u64> + Send + '_>;

    /// Some of them.
    fn some<'a>(&'a self, from: &'a str, #[default(2)] to: u64) -> impl Iterator<Item = u64>;

    /// Some of them, if there are any.
    ///
    /// # Errors
    ///
    /// Where there are none.
    fn any(&self) -> Result<impl Iterator<Item = Result<u64, Stopped>>, Stopped> {
        Ok(self.all().map(Ok))
    }

    /// New ones.
    async fn news(&self, about: &str) -> impl Stream<Item = String>;

    /// Only here.
    #[rpc_export(skip)]
    fn local(&self) -> impl Iterator<Item = std::rc::Rc<u64>>;
}

impl Source for List {
    fn all(&self) -> Box<dyn Iterator<Item = u64> + Send + '_> {
        Box::new(self.0.iter().map(|it| it.len() as u64))
    }

    fn some<'a>(&'a self, from: &'a str, to: u64) -> impl Iterator<Item = u64> {
        self.0.iter().map(move |it| (it.len() + from.len()) as u64 + to)
    }

    async fn news(&self, about: &str) -> impl Stream<Item = String> {
        std::future::ready(about).await;
        nothing()
    }

    fn local(&self) -> impl Iterator<Item = std::rc::Rc<u64>> {
        std::iter::empty()
    }
}

/// Functions in a module.
#[rpc_export]
pub mod inner {
    /// Counts.
    pub fn up(to: u64) -> impl Iterator<Item = u64> {
        0..to
    }
}

fn calls(client: &RpcClient) -> Result<(), rpc_core::Error> {
    use inner::up;

    for n in call!(client.countdown(3))? {
        let _: u64 = n?;
    }
    for word in call!(client.words("a b", by = " "))? {
        let _: String = word?;
    }
    for n in call!(client.may_refuse(3))? {
        if let Err(rpc_core::CallError::Function(stopped)) = n {
            let _: Stopped = stopped;
        }
    }
    let _: Vec<Result<Vec<u8>, rpc_core::Error>> = client.bytes().call()?.collect();
    let _ = client.by_alias(3).call()?.next().unwrap().unwrap() + 1_u64;
    let _: Result<String, rpc_core::Error> = client.lines("a").call()?.next().unwrap();
    let _ = client.up(3).call()?.count();
    let _ = client.ticks(3).n(2).call()?.count();
    let _ = ListStub::with(client, "a").call()?.count();
    let _ = SourceStub::some(client, "a").call()?.count();
    Ok(())
}

fn main() {
    let mut registry = rpc_core::FunctionRegistry::new();
    let _ = registry.register_instance(List(Vec::new())).is_ok();
    let _ = calls;
}
