//! One connection that speaks HTTP, from the bytes that told so to its end.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http_body::Body;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderMap, HeaderValue};
use hyper::server::conn::http1::Parts;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::json_rpc::Answer;
use crate::pump::Timeouts;

use super::body::ReplyBody;
use super::exchange::Exchange;
use super::io::{Io, Tasks};
use super::streams::Streams;
use super::traffic::{Late, Traffic};
use super::unread::{self, HEAD};
use super::watch::{Ended, Watch};
use super::websocket;

/// How a connection's head start tells HTTP/2 (RFC 9113, section 3.4).
const HTTP_2: &[u8] = b"PRI ";
/// Requests of one connection that are under way at one time, at most.
const STREAMS: usize = 256;

/// Answers what comes over a stream, of which `received` has been read, until either side ends it,
/// or it becomes a WebSocket: then it is returned with what has been read of its frames, and with the
/// headers of the request that opened it. When
/// `stopping` is ready, requests that run are answered and then the connection is closed. When there
/// is a `crowd` that the connection keeps waiting, its peer may be silent for only so long.
///
/// # Errors
///
/// Where the stream breaks.
pub(crate) async fn serve<S, A>(
    stream: S,
    received: Vec<u8>,
    exchange: Exchange<A>,
    timeouts: &Timeouts,
    stopping: impl Future<Output = ()>,
    crowd: impl Future<Output = Duration>,
) -> io::Result<Option<(S, Vec<u8>, HeaderMap)>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answer,
{
    let is_http2 = received.starts_with(HTTP_2);
    let traffic = Arc::new(Traffic::new(is_http2));
    let mut io = Io::new(stream, received, &traffic, timeouts);
    if is_http2 {
        io.count_frames(&streams_of(&exchange));
    }
    let exchange = Arc::new(exchange);
    let of_log = Arc::clone(&exchange);
    let log = |ended: &Ended| match ended {
        Ended::Late(Late::Replies) => of_log.session.context.unread(timeouts.write),
        Ended::Unread(error) => of_log.session.context.unreadable(error),
        _ => {}
    };
    let at_once = exchange.session.limits.max_calls_running.clamp(1, STREAMS);
    let watch = Watch { traffic: Arc::clone(&traffic), timeouts };
    let service = {
        let traffic = Arc::clone(&traffic);
        service_fn(move |request| respond(request, &exchange, &traffic))
    };
    if is_http2 {
        let mut builder = http2::Builder::new(Tasks);
        builder.max_concurrent_streams(u32::try_from(at_once).unwrap_or(u32::MAX));
        builder.max_header_list_size(u32::try_from(HEAD).unwrap_or(u32::MAX));
        let mut connection = pin!(builder.serve_connection(io, service));
        let close = http2::Connection::graceful_shutdown;
        log(&watch.run(connection.as_mut(), close, stopping, crowd).await?);
        Ok(None)
    } else {
        let mut builder = http1::Builder::new();
        builder.header_read_timeout(None).max_header_size(HEAD);
        let mut connection = builder.serve_connection(io, service);
        let close = http1::Connection::graceful_shutdown;
        let ended = watch.run(Pin::new(&mut connection), close, stopping, crowd).await?;
        log(&ended);
        let Parts { mut io, read_buf, .. } = connection.into_parts();
        match &ended {
            // hyper has written nothing that would not be whole, because no request runs.
            Ended::Late(Late::Head) => io.say_last(&unread::late(timeouts.message)).await,
            Ended::Unread(error) if io.is_owed_answer() => {
                io.say_last(&unread::answer(error)).await;
            }
            _ => {}
        }
        let headers = match traffic.take_switched() {
            Some(headers) if matches!(ended, Ended::Well) => headers,
            _ => return Ok(None),
        };
        let (stream, rest) = io.into_inner();
        Ok(Some((stream, [&read_buf[..], &rest].concat(), headers)))
    }
}

/// The requests of a connection of HTTP/2, which can be told from now on that they are cut off.
fn streams_of<A>(exchange: &Exchange<A>) -> Arc<Streams> {
    let streams = Arc::new(Streams::default());
    let cut_off = Arc::clone(&streams);
    exchange.voice.speak_by(move |body| cut_off.cut_off(body));
    streams
}

/// Answers one request, which counts as running until its reply is taken.
fn respond<A: Answer>(
    request: Request<Incoming>,
    exchange: &Arc<Exchange<A>>,
    traffic: &Arc<Traffic>,
) -> impl Future<Output = Result<Response<ReplyBody>, Infallible>> + Send + use<A> {
    let mut running = traffic.begin();
    let (exchange, traffic) = (Arc::clone(exchange), Arc::clone(traffic));
    async move {
        traffic.capacity().await;
        let is_alone = !traffic.is_multiplexed();
        if is_alone {
            exchange.voice.owe_response(true);
        }
        let (parts, body) = request.into_parts();
        let requester = exchange.requester(parts);
        let request = &requester.parts;
        let response = match websocket::open(request, !body.is_end_stream(), &exchange) {
            Some(response) => {
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    traffic.switch(requester.copy_headers());
                }
                response
            }
            None => {
                let mut response = exchange.respond(&requester, body, || running.arrived()).await;
                if traffic.is_crowded() && request.version <= Version::HTTP_11 {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                response
            }
        };
        if is_alone {
            exchange.voice.owe_response(false);
        }
        Ok(response.map(|body| body.held(running)))
    }
}
