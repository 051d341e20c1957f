//! One connection that speaks HTTP, from the bytes that told so to its end.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::upgrade::{self, OnUpgrade};
use hyper::{Request, Response, StatusCode};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::json_rpc::Answer;
use crate::pump::blocking::Timeouts;

use super::body::ReplyBody;
use super::exchange::Exchange;
use super::io::{Io, Tasks};
use super::traffic::{Late, Traffic};
use super::watch::Watch;

/// How a connection's head start tells HTTP/2 (RFC 9113, section 3.4).
const HTTP_2: &[u8] = b"PRI ";
/// Requests of one connection that are under way at one time, at most.
const STREAMS: usize = 256;
/// Bytes of a request's head, at most.
const HEAD: u32 = 64 * 1024;
/// What is said to a peer that takes too long over the head of a request.
const SLOW: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Answers what comes over a stream, of which `received` has been read, until either side ends it.
/// When `stopping` is ready, requests that run are answered and then the connection is closed.
///
/// Gives the stream back where it has become a WebSocket.
pub(crate) async fn serve<S, A>(
    stream: S,
    received: Vec<u8>,
    exchange: Exchange<A>,
    timeouts: &Timeouts,
    stopping: impl Future<Output = ()>,
) -> Option<WebSocket<S>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answer,
{
    let is_http2 = received.starts_with(HTTP_2);
    let traffic = Arc::new(Traffic::new(is_http2));
    let io = Io::new(stream, received, &traffic, timeouts.write);
    let exchange = Arc::new(exchange);
    let streams = exchange.session.limits.calls_running.clamp(1, STREAMS);
    let watch = Watch { traffic: Arc::clone(&traffic), timeouts };
    let upgrade = Arc::default();
    let upgrading = Arc::clone(&upgrade);
    let service = service_fn(move |request| respond(request, &exchange, &traffic, &upgrading));
    if is_http2 {
        let mut builder = http2::Builder::new(Tasks);
        builder.max_concurrent_streams(u32::try_from(streams).unwrap_or(u32::MAX));
        builder.max_header_list_size(HEAD);
        let mut connection = pin!(builder.serve_connection(io, service));
        watch.run(connection.as_mut(), http2::Connection::graceful_shutdown, stopping).await;
    } else {
        let mut builder = http1::Builder::new();
        builder.header_read_timeout(None).max_header_size(HEAD as usize);
        let mut connection = builder.serve_connection(io, service).with_upgrades();
        let close = http1::UpgradeableConnection::graceful_shutdown;
        if watch.run(Pin::new(&mut connection), close, stopping).await == Some(Late::Head)
            && let Some(mut parts) = connection.into_parts()
        {
            // hyper has written nothing that would not be whole, because no request runs.
            parts.io.say_last(SLOW).await;
            return None;
        }
    }
    let upgrade = upgrade.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let parts = upgrade.await.ok()?.downcast::<Io<S>>().ok()?;
    let (stream, mut received) = parts.io.into_inner();
    received.splice(..0, parts.read_buf);
    Some(WebSocket { stream, received })
}

/// A stream that has become a WebSocket, and what has been received of it.
pub(crate) struct WebSocket<S> {
    pub(crate) stream: S,
    pub(crate) received: Vec<u8>,
}

/// What becomes of a connection whose protocol was switched.
type Upgrade = Arc<Mutex<Option<OnUpgrade>>>;

/// Answers one request, which counts as running until its reply is taken.
fn respond<A: Answer>(
    mut request: Request<Incoming>,
    exchange: &Arc<Exchange<A>>,
    traffic: &Arc<Traffic>,
    upgrading: &Upgrade,
) -> impl Future<Output = Result<Response<ReplyBody>, Infallible>> + Send + use<A> {
    let mut running = traffic.begin();
    let (exchange, traffic) = (Arc::clone(exchange), Arc::clone(traffic));
    let (upgrade, upgrading) = (upgrade::on(&mut request), Arc::clone(upgrading));
    async move {
        traffic.room().await;
        let response = exchange.respond(request, || running.arrived()).await;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            *upgrading.lock().unwrap_or_else(PoisonError::into_inner) = Some(upgrade);
        }
        Ok(response.map(|body| body.held(running)))
    }
}
