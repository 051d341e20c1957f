//! tarpc: frames with bincode or JSON in them.

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use tarpc::client::Config;
use tarpc::context::{self, Context};
use tarpc::serde_transport::Transport as SerdeTransport;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats;
use tarpc::{ClientMessage, Response, Transport};
use tokio::net::{TcpListener, TcpStream};

use crate::contenders::asynchronous::{self, AsyncClient};
use crate::contenders::{Clients, Contender, Kind};

/// tarpc with frames of a format.
pub struct Tarpc {
    name: &'static str,
    format: Format,
}

enum Format {
    Bincode,
    Json,
}

/// tarpc with bincode.
pub const BINCODE: Tarpc = Tarpc { name: "tarpc-bincode", format: Format::Bincode };

/// tarpc with JSON.
pub const JSON: Tarpc = Tarpc { name: "tarpc-json", format: Format::Json };

#[tarpc::service]
trait Math {
    async fn add(a: i64, b: i64, c: i64) -> i64;
    async fn echo(text: String) -> String;
}

#[derive(Clone)]
struct Functions;

impl Math for Functions {
    async fn add(self, _: Context, a: i64, b: i64, c: i64) -> i64 {
        a + b + c
    }

    async fn echo(self, _: Context, text: String) -> String {
        text
    }
}

impl Contender for Tarpc {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        match self.format {
            Format::Bincode => serve(announce, bincode),
            Format::Json => serve(announce, json),
        }
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        match self.format {
            Format::Bincode => connect(address, connections, bincode),
            Format::Json => connect(address, connections, json),
        }
    }
}

fn bincode<I, O>(stream: TcpStream) -> SerdeTransport<TcpStream, I, O, formats::Bincode<I, O>>
where
    I: for<'de> Deserialize<'de>,
    O: Serialize,
{
    SerdeTransport::from((stream, formats::Bincode::default()))
}

fn json<I, O>(stream: TcpStream) -> SerdeTransport<TcpStream, I, O, formats::Json<I, O>>
where
    I: for<'de> Deserialize<'de>,
    O: Serialize,
{
    SerdeTransport::from((stream, formats::Json::default()))
}

fn serve<T>(announce: fn(SocketAddr), over: fn(TcpStream) -> T) -> Result<(), Box<dyn Error>>
where
    T: Transport<Response<MathResponse>, ClientMessage<MathRequest>> + Send + 'static,
    T::TransportError: Send + Sync,
{
    asynchronous::runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        announce(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let calls = BaseChannel::with_defaults(over(stream)).execute(Functions.serve());
            tokio::spawn(calls.for_each(|call| async {
                tokio::spawn(call);
            }));
        }
    })
}

fn connect<T>(
    address: SocketAddr,
    connections: usize,
    over: fn(TcpStream) -> T,
) -> Result<Box<dyn Clients>, Box<dyn Error>>
where
    T: Transport<ClientMessage<MathRequest>, Response<MathResponse>, TransportError = io::Error>
        + Send
        + 'static,
{
    asynchronous::connect(connections, || async {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(MathClient::new(Config::default(), over(stream)).spawn())
    })
}

impl AsyncClient for MathClient {
    async fn add(&self) -> i64 {
        MathClient::add(self, context::current(), 1, 2, 3).await.unwrap()
    }

    async fn echo(&self, text: &str) -> String {
        MathClient::echo(self, context::current(), text.to_owned()).await.unwrap()
    }
}
