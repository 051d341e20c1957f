//! tonic: server streaming, protocol buffers over HTTP/2. Written as its generator would from a `.proto` file.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;

use futures_util::stream::{self, Stream};
use tokio::runtime::Runtime;
use tonic::body::Body;
use tonic::client::Grpc as ClientGrpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::contenders::asynchronous::runtime;

use super::item::{self, Check, Kind, NAME, PRICE, TAGS};
use super::{Reader, Streamer};

/// tonic over HTTP/2 without TLS.
pub struct Tonic;

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Count {
    #[prost(uint32, tag = "1")]
    count: u32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Number {
    #[prost(int64, tag = "1")]
    number: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Record {
    #[prost(int64, tag = "1")]
    id: i64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(double, tag = "3")]
    price: f64,
    #[prost(string, repeated, tag = "4")]
    tags: Vec<String>,
    #[prost(bool, tag = "5")]
    open: bool,
}

impl Record {
    fn new(id: i64) -> Self {
        let (name, tags) = (NAME.to_owned(), TAGS.map(str::to_owned).to_vec());
        Self { id, name, price: PRICE, tags, open: id % 2 == 0 }
    }

    fn is(&self, id: i64) -> bool {
        self.id == id
            && self.name == NAME
            && (self.price - PRICE).abs() < f64::EPSILON
            && self.tags == TAGS
            && self.open == (id % 2 == 0)
    }
}

const NUMBERS: &str = "/items.Items/Numbers";
const RECORDS: &str = "/items.Items/Records";

type Items<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

struct Numbers;

impl ServerStreamingService<Count> for Numbers {
    type Response = Number;
    type ResponseStream = Items<Number>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Count>) -> Self::Future {
        let items = item::numbers(request.into_inner().count).map(|number| Ok(Number { number }));
        Box::pin(async move { Ok(Response::new(Box::pin(stream::iter(items)) as _)) })
    }
}

struct Records;

impl ServerStreamingService<Count> for Records {
    type Response = Record;
    type ResponseStream = Items<Record>;
    type Future = BoxFuture<Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: Request<Count>) -> Self::Future {
        let items = item::numbers(request.into_inner().count).map(|id| Ok(Record::new(id)));
        Box::pin(async move { Ok(Response::new(Box::pin(stream::iter(items)) as _)) })
    }
}

#[derive(Clone)]
struct ItemsServer;

impl NamedService for ItemsServer {
    const NAME: &'static str = "items.Items";
}

impl Service<http::Request<Body>> for ItemsServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            Ok(match request.uri().path() {
                NUMBERS => {
                    Grpc::new(ProstCodec::default()).server_streaming(Numbers, request).await
                }
                RECORDS => {
                    Grpc::new(ProstCodec::default()).server_streaming(Records, request).await
                }
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

impl Streamer for Tonic {
    fn name(&self) -> &'static str {
        "tonic"
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        runtime().block_on(async {
            let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?.with_nodelay(Some(true));
            announce(incoming.local_addr()?);
            Ok(Server::builder().add_service(ItemsServer).serve_with_incoming(incoming).await?)
        })
    }

    fn connect(&self, address: SocketAddr) -> Result<Box<dyn Reader>, Box<dyn Error>> {
        let runtime = runtime();
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
        let channel = runtime.block_on(endpoint.connect())?;
        Ok(Box::new(TonicReader { channel, runtime }))
    }
}

struct TonicReader {
    channel: Channel,
    runtime: Runtime,
}

impl TonicReader {
    fn items<T: prost::Message + Default + 'static>(
        &mut self,
        path: &'static str,
        count: u32,
        is: fn(&T, i64) -> bool,
    ) {
        self.runtime.block_on(async {
            let mut grpc = ClientGrpc::new(self.channel.clone());
            grpc.ready().await.unwrap();
            let (request, path) = (Request::new(Count { count }), PathAndQuery::from_static(path));
            let reply = grpc.server_streaming(request, path, ProstCodec::default()).await;
            let (mut items, mut check) = (reply.unwrap().into_inner(), Check::of(count));
            while let Some(item) = items.message().await.unwrap() {
                check.take(&item, is);
            }
            check.end();
        });
    }
}

impl Reader for TonicReader {
    fn read(&mut self, kind: Kind, count: u32) {
        match kind {
            Kind::Numbers => {
                self.items(NUMBERS, count, |item: &Number, id| item.number == id);
            }
            Kind::Records => self.items(RECORDS, count, Record::is),
        }
    }
}
