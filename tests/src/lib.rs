//! What the tests share: functions to serve, servers in every model, sockets that speak bytes, and
//! programs of other languages.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

mod at_once;
mod callers;
mod cargo;
mod counting;
mod cutting_proxy;
mod doorman;
#[cfg(unix)]
mod editor;
mod either_client;
mod example;
mod fake;
mod flow;
mod folder;
mod foreign;
#[cfg(unix)]
mod front;
mod functions;
mod gate;
mod http_peer;
mod identities;
mod issuer;
mod item_functions;
mod item_reader;
mod key_server;
mod mcp_peer;
mod memory;
mod model;
mod own_stream;
mod page;
mod peer;
mod process;
mod program;
mod run;
mod signer;
mod socket_table;
mod streaming;
mod tls;
mod uploading;
mod ways;
mod web_socket;

use examples as _; // serves the functions of the examples too

pub use at_once::at_once;
pub use callers::*;
pub use cargo::cargo;
pub use counting::{Counting, allocations, largest_allocation};
pub use cutting_proxy::CuttingProxy;
pub use doorman::{Doorman, Guarded};
#[cfg(unix)]
pub use editor::Editor;
pub use either_client::{EitherClient, EitherItems, with_both};
pub use example::{example, example_names};
pub use fake::{Fake, Received};
pub use flow::{Flow, serve_flows, serve_numbers};
pub use folder::Folder;
pub use foreign::{Language, Report, all_good, browser, language_server, mcp};
#[cfg(unix)]
pub use front::Front;
pub use functions::*;
pub use gate::*;
pub use http_peer::{HttpPeer, Response};
pub use identities::*;
pub use issuer::{Certified, DAY, Issuer};
pub use item_functions::*;
pub use item_reader::ItemReader;
pub use key_server::{KeyServer, Says, ok};
pub use mcp_peer::McpPeer;
pub use memory::MemoryWatch;
pub use model::Model;
pub use own_stream::{OwnAsyncStream, OwnStream};
pub use page::{UPDATE, report_table, section};
pub use peer::{DIALECTS, EVERY_FRAMING, FRAMINGS, Peer, frame};
pub use process::{Process, Served, Task, until};
pub use program::{Running, curl, node, openssl, python};
pub use run::run;
pub use signer::{AUDIENCE, Signer, TOKEN_ISSUER, claims_but, claims_of};
pub use socket_table::{until_accepted, until_closed};
pub use streaming::*;
pub use tls::{Authority, Issued, TlsPeer};
pub use uploading::*;
pub use web_socket::{Frame, WebSocket, web_socket_frame};
