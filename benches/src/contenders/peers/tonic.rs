//! tonic: gRPC, protocol buffers over HTTP/2.
//!
//! `Math` and its messages are written as tonic's generator would from a `.proto` file.

use std::convert::Infallible;
use std::error::Error;
#[cfg(feature = "tls")]
use std::fs;
use std::net::SocketAddr;

use tonic::body::Body;
use tonic::client::Grpc as ClientGrpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::{BoxFuture, Context, Poll, Service, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
#[cfg(feature = "tls")]
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::contenders::asynchronous::{self, AsyncClient};
use crate::contenders::over::Over;
#[cfg(feature = "tls")]
use crate::contenders::over::{CERTIFICATE, KEY};
use crate::contenders::{Clients, Contender, Kind};

/// tonic over HTTP/2, with TLS or without.
pub struct Tonic {
    name: &'static str,
    over: Over,
}

/// tonic over HTTP/2 without TLS.
pub const PLAIN: Tonic = Tonic { name: "tonic", over: Over::Tcp };

/// The same with TLS.
#[cfg(feature = "tls")]
pub const TLS: Tonic = Tonic { name: "tonic-tls", over: Over::Tls };

impl Tonic {
    fn server(&self) -> Result<Server, Box<dyn Error>> {
        Ok(match self.over {
            Over::Tcp => Server::builder(),
            #[cfg(feature = "tls")]
            Over::Tls => {
                let identity = Identity::from_pem(fs::read(CERTIFICATE)?, fs::read(KEY)?);
                Server::builder().tls_config(ServerTlsConfig::new().identity(identity))?
            }
        })
    }

    fn endpoint(&self, address: SocketAddr) -> Result<Endpoint, Box<dyn Error>> {
        let scheme = self.over.scheme("http");
        let endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))?.tcp_nodelay(true);
        Ok(match self.over {
            Over::Tcp => endpoint,
            #[cfg(feature = "tls")]
            Over::Tls => {
                let authority = Certificate::from_pem(fs::read(CERTIFICATE)?);
                endpoint.tls_config(ClientTlsConfig::new().ca_certificate(authority))?
            }
        })
    }
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct AddRequest {
    #[prost(int64, tag = "1")]
    a: i64,
    #[prost(int64, tag = "2")]
    b: i64,
    #[prost(int64, optional, tag = "3")]
    c: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct AddReply {
    #[prost(int64, tag = "1")]
    sum: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Text {
    #[prost(string, tag = "1")]
    text: String,
}

const ADD: &str = "/math.Math/Add";
const ECHO: &str = "/math.Math/Echo";

struct Add;

impl UnaryService<AddRequest> for Add {
    type Response = AddReply;
    type Future = BoxFuture<Response<AddReply>, Status>;

    fn call(&mut self, request: Request<AddRequest>) -> Self::Future {
        let AddRequest { a, b, c } = request.into_inner();
        Box::pin(async move { Ok(Response::new(AddReply { sum: a + b + c.unwrap_or(10) })) })
    }
}

struct Echo;

impl UnaryService<Text> for Echo {
    type Response = Text;
    type Future = BoxFuture<Response<Text>, Status>;

    fn call(&mut self, request: Request<Text>) -> Self::Future {
        Box::pin(async move { Ok(Response::new(request.into_inner())) })
    }
}

#[derive(Clone)]
struct MathServer;

impl NamedService for MathServer {
    const NAME: &'static str = "math.Math";
}

impl Service<http::Request<Body>> for MathServer {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        match request.uri().path() {
            ADD => {
                Box::pin(
                    async move { Ok(Grpc::new(ProstCodec::default()).unary(Add, request).await) },
                )
            }
            ECHO => {
                Box::pin(
                    async move { Ok(Grpc::new(ProstCodec::default()).unary(Echo, request).await) },
                )
            }
            _ => Box::pin(async { Ok(Status::unimplemented("no such method").into_http()) }),
        }
    }
}

impl Contender for Tonic {
    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> Kind {
        Kind::Peer
    }

    fn serve(&self, announce: fn(SocketAddr)) -> Result<(), Box<dyn Error>> {
        asynchronous::runtime().block_on(async {
            let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?.with_nodelay(Some(true));
            announce(incoming.local_addr()?);
            Ok(self.server()?.add_service(MathServer).serve_with_incoming(incoming).await?)
        })
    }

    fn connect(
        &self,
        address: SocketAddr,
        connections: usize,
    ) -> Result<Box<dyn Clients>, Box<dyn Error>> {
        asynchronous::connect(connections, || async {
            Ok(MathClient(self.endpoint(address)?.connect().await?))
        })
    }
}

struct MathClient(Channel);

impl MathClient {
    async fn call<M, R>(&self, path: &'static str, message: M) -> R
    where
        M: prost::Message + 'static,
        R: prost::Message + Default + 'static,
    {
        let mut grpc = ClientGrpc::new(self.0.clone());
        grpc.ready().await.unwrap();
        let path = PathAndQuery::from_static(path);
        grpc.unary(Request::new(message), path, ProstCodec::default()).await.unwrap().into_inner()
    }
}

impl AsyncClient for MathClient {
    async fn add(&self) -> i64 {
        self.call::<_, AddReply>(ADD, AddRequest { a: 1, b: 2, c: Some(3) }).await.sum
    }

    async fn echo(&self, text: &str) -> String {
        self.call::<_, Text>(ECHO, Text { text: text.to_owned() }).await.text
    }
}
