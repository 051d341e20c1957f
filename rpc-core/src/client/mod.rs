//! Clients: a transport with the extension trait [`Stub`] on top, and what stands before them.

mod alone;
mod any;
#[cfg(feature = "tokio")]
pub(crate) mod asynchronous;
mod at;
mod backoff;
mod batch;
mod batching;
mod builder;
mod burst;
mod by_name;
mod call_map;
mod call_message;
mod connect;
mod connections;
mod credentials;
mod deadline;
mod drive;
mod empty_list;
#[cfg(feature = "schema")]
mod examples;
mod flight;
mod from_error;
#[cfg(all(feature = "http", feature = "jwt"))]
mod get;
mod given_if;
mod greeting;
mod headers;
#[cfg_attr(not(feature = "http"), path = "without_http.rs")]
mod http;
mod identify;
#[cfg(feature = "tokio")]
mod in_process;
mod invocation;
mod items;
mod keywords;
mod kind;
mod local;
mod local_call;
mod local_items;
mod lost;
mod members;
mod metadata;
mod mock;
mod multiplexer;
mod names;
mod open;
mod outcomes;
mod owned;
mod owned_call;
mod pending;
mod pointers;
mod policy;
mod prepare;
mod raw_json;
mod refusal;
pub(crate) mod rpc_client;
mod secret;
mod send;
mod send_items;
mod streaming;
pub(crate) mod stub;
mod subscribing;
#[cfg(feature = "tower")]
mod tower;
mod tries;
mod unpack;
mod upload;
mod uploads;
mod url;
#[cfg_attr(not(feature = "http"), path = "without_websocket.rs")]
mod websocket;
mod with_metadata;
mod within;
mod wrappers;

pub use any::{AnyAsyncClient, AnyClient};
#[cfg(feature = "tokio")]
pub(crate) use asynchronous::AsyncRpcClient;
#[cfg(feature = "tokio")]
pub use asynchronous::{AsyncBatching, AsyncItems, CallFuture, CallFutures, Calls};
pub use at::At;
pub use batch::{Batch, Promise, Promised};
pub use batching::Batching;
pub use builder::{ClientBuilder, ConnectionState};
pub use burst::Burst;
pub use by_name::{Args, Kwargs};
#[doc(hidden)]
pub use by_name::{List, Named, Names, Nil};
pub use drive::Drive;
#[doc(hidden)]
pub use empty_list::{EmptyList, IntoArgs, IntoTexts};
pub use from_error::FromError;
#[cfg(all(feature = "http", feature = "jwt"))]
pub(crate) use get::Get;
pub use given_if::GivenIf;
#[doc(hidden)]
pub use given_if::{IntoOption, IntoText};
#[cfg(feature = "tokio")]
pub use in_process::AsyncInProcess;
#[doc(hidden)]
pub use invocation::{Argument, Gather, GivenArguments, TypedArguments};
pub use invocation::{Given, GivenArgs, GivenKwargs, Invocation, Omitted};
pub use items::Items;
#[doc(hidden)]
pub use keywords::{
    Also, GatheredBy, GathersKeywords, Keywords, OneType, TakesKeyword, TakesKeywords, ValueProbe,
    WhateverSerialises,
};
pub use kind::{Async, Blocking, Boxed, BoxedCall, Futures, Kind};
pub use local_items::LocalItems;
pub use outcomes::{Outcomes, Promises};
pub use owned_call::OwnedCall;
pub use pending::Pending;
pub use policy::{Admission, Attempt, Layered, Policy, Verdict};
pub use prepare::{Prepare, Prepared, Preparing};
pub use raw_json::RawJson;
pub(crate) use rpc_client::RpcClient;
pub use secret::Secret;
pub use streaming::Streaming;
pub(crate) use stub::Stub;
pub use stub::{AsyncStub, BlockingStub, Notify, OutcomeOf, Pipelined};
#[cfg(feature = "tower")]
pub use tower::{CallService, TowerCall, TowerCalls, TowerClient};
#[cfg(feature = "streams")]
pub use uploads::ByStream;
#[cfg(feature = "streams")]
#[doc(hidden)]
pub use uploads::Streamed;
pub use uploads::{ByIterator, Converses, IntoItems, Uploads};
#[doc(hidden)]
pub use uploads::{FromItems, GivenItems, ItemsFrom, Iterated, Source};
pub use with_metadata::WithMetadata;
pub use within::Within;

pub use crate::dialect::Dialect;
pub use crate::pump::block_on;
