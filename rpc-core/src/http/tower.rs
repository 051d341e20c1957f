//! The same answers as a tower service, for programs that have an HTTP server already.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body::Body;
use hyper::{Request, Response};
use tower_service::Service;

use crate::json_rpc::Answer;

use super::body::ReplyBody;
use super::exchange::Exchange;

/// A tower service that answers calls: made by
/// [`TcpServer::into_service`](crate::TcpServer::into_service) (feature `http`).
///
/// It runs on tokio, on whose threads plain functions must not block; one that does is declared
/// `#[rpc_export(blocking)]`. They find the request's extensions by
/// [`CallContext::extension`](crate::CallContext::extension).
pub struct RpcService<A> {
    exchange: Arc<Exchange<A>>,
}

impl<A> RpcService<A> {
    pub(crate) fn new(exchange: Exchange<A>) -> Self {
        Self { exchange: Arc::new(exchange) }
    }
}

impl<A> Clone for RpcService<A> {
    fn clone(&self) -> Self {
        Self { exchange: Arc::clone(&self.exchange) }
    }
}

impl<A> fmt::Debug for RpcService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RpcService").finish_non_exhaustive()
    }
}

impl<A: Answer, B> Service<Request<B>> for RpcService<A>
where
    B: Body<Data: Send, Error: fmt::Display> + Send + 'static,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let exchange = Arc::clone(&self.exchange);
        let (request, body) = request.into_parts();
        let requester = exchange.requester(request);
        Box::pin(async move { Ok(exchange.respond(&requester, body, || ()).await) })
    }
}
