//! One connection that speaks HTTP, from the bytes that told so to its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::yield_now;
use tokio::time::{Sleep, sleep_until};

use crate::json_rpc::Answer;
use crate::pump::blocking::Timeouts;

use super::body::ReplyBody;
use super::exchange::Exchange;
use super::io::{Io, Tasks};
use super::traffic::{Late, Traffic};

/// How a connection's head start tells HTTP/2 (RFC 9113, section 3.4).
const HTTP_2: &[u8] = b"PRI ";
/// Requests of one connection that are under way at one time, at most.
const STREAMS: usize = 256;
/// Bytes of a request's head, at most.
const HEAD: u32 = 64 * 1024;
/// Time between two looks at what nobody tells.
const LOOK: Duration = Duration::from_secs(30);
/// What is said to a peer that takes too long over the head of a request.
const SLOW: &[u8] =
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Answers what comes over a stream, of which `received` has been read, until either side ends it.
/// When `stopping` is ready, requests that run are answered and then the connection is closed.
pub(crate) async fn serve<S, A>(
    stream: S,
    received: Vec<u8>,
    exchange: Exchange<A>,
    timeouts: &Timeouts,
    stopping: impl Future<Output = ()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Answer,
{
    let is_http2 = received.starts_with(HTTP_2);
    let traffic = Arc::new(Traffic::new(is_http2));
    let io = Io::new(stream, received, &traffic, timeouts.write);
    let exchange = Arc::new(exchange);
    let streams = exchange.session.limits.calls_running.clamp(1, STREAMS);
    let watch = Watch { traffic: Arc::clone(&traffic), timeouts };
    let service = service_fn(move |request| respond(request, &exchange, &traffic));
    if is_http2 {
        let mut builder = http2::Builder::new(Tasks);
        builder.max_concurrent_streams(u32::try_from(streams).unwrap_or(u32::MAX));
        builder.max_header_list_size(HEAD);
        let mut connection = pin!(builder.serve_connection(io, service));
        watch.run(connection.as_mut(), http2::Connection::graceful_shutdown, stopping).await;
    } else {
        let mut builder = http1::Builder::new();
        builder.header_read_timeout(None).max_header_size(HEAD as usize);
        let mut connection = builder.serve_connection(io, service);
        let end =
            watch.run(Pin::new(&mut connection), http1::Connection::graceful_shutdown, stopping);
        if end.await == Some(Late::Head) {
            // hyper has written nothing that would not be whole, because no request runs.
            let mut io = connection.into_parts().io;
            io.say_last(SLOW).await;
        }
    }
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
        traffic.room().await;
        let response = exchange.respond(request, || running.arrived()).await;
        Ok(response.map(|body| body.held(running)))
    }
}

/// Sees to it that a connection ends when it should.
struct Watch<'a> {
    traffic: Arc<Traffic>,
    timeouts: &'a Timeouts,
}

/// What a connection's task wakes up for.
enum Event {
    /// The connection has ended.
    End,
    /// The server is about to stop.
    Stopping,
    /// The peer's time is up.
    Late(Late),
}

/// Whether a connection takes requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    /// One more, if it has begun to arrive.
    Closing,
    /// No more.
    Closed,
}

impl Watch<'_> {
    /// Runs the connection to its end; or to where its peer is late, and then says with what.
    async fn run<C: Future>(
        &self,
        mut connection: Pin<&mut C>,
        close: impl Fn(Pin<&mut C>),
        stopping: impl Future<Output = ()>,
    ) -> Option<Late> {
        let mut stopping = pin!(stopping);
        let mut stage = Stage::Open;
        let mut alarm = pin!(sleep_until(Instant::now().into()));
        loop {
            let event = poll_fn(|task| {
                if connection.as_mut().poll(task).is_ready() {
                    return Poll::Ready(Event::End);
                }
                if stage == Stage::Open && stopping.as_mut().poll(task).is_ready() {
                    return Poll::Ready(Event::Stopping);
                }
                if stage == Stage::Closing && !self.traffic.is_in_head() {
                    stage = Stage::Closed;
                    close(connection.as_mut());
                    if connection.as_mut().poll(task).is_ready() {
                        return Poll::Ready(Event::End);
                    }
                }
                self.poll_late(stage != Stage::Open, alarm.as_mut(), task).map(Event::Late)
            })
            .await;
            match event {
                Event::End => return None,
                Event::Stopping => {
                    // What has arrived by now is answered: the runtime looks for it once more.
                    yield_now().await;
                    stage = Stage::Closing;
                    self.traffic.restart();
                }
                Event::Late(Late::Idle) if stage != Stage::Closed => {
                    stage = Stage::Closing;
                    self.traffic.restart();
                }
                Event::Late(late) => return Some(late),
            }
        }
    }

    /// Waits until the peer is late.
    fn poll_late(
        &self,
        told: bool,
        mut alarm: Pin<&mut Sleep>,
        task: &mut Context<'_>,
    ) -> Poll<Late> {
        loop {
            let now = Instant::now();
            let next = match self.traffic.due(self.timeouts, told) {
                Some((due, late)) if due <= now => return Poll::Ready(late),
                Some((due, _)) => due,
                // Streams of HTTP/2 begin and end without being heard of here, so this looks.
                None => now + self.timeouts.idle.min(self.timeouts.write).min(LOOK),
            };
            // Set anew when it would ring too late, or has rung too early, not at every message.
            if alarm.deadline() <= now.into() || alarm.deadline() > next.into() {
                alarm.as_mut().reset(next.into());
            }
            ready!(alarm.as_mut().poll(task));
        }
    }
}
