//! One request and its response.

use std::fmt;
use std::future::poll_fn;
use std::ops::Deref;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http_body::Body;
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode, Version};
use tokio::time::timeout;

use crate::dialect::ItemForm;
use crate::json_rpc::{Answer, Feed, Session};
use crate::protocol::Coding;
use crate::protocol::{Fault, Memory, ProtocolError, Share, code};
use crate::pump::settle::{Settled, settle};
use crate::pump::{Voice, too_many};
use crate::registry::Caller;

use super::accept::items_wanted;
use super::body::{ReplyBody, Unread, read, skip_small};
#[cfg(feature = "gzip")]
use super::coding::restore;
use super::coding::{coded, coding_of, transfer};
#[cfg(feature = "docs-page")]
use super::docs_page;
use super::guard::Guard;
use super::health;
use super::items::Items;
use super::known::Known;
use super::media_type::MediaType;
use super::refusal::{Refusal, in_parts, last, later, methods, options, with_type};
use super::requester::Requester;

/// What answers requests, whichever connection they come over.
pub(crate) struct Exchange<A> {
    pub(crate) answer: Arc<A>,
    /// The session as every request finds it: nothing is remembered from one to the next.
    pub(crate) session: Session,
    pub(crate) guard: Arc<Guard>,
    /// How long a body may take.
    pub(crate) body_timeout: Duration,
    pub(crate) readiness: Readiness,
    /// How its peer is told something by whoever does not serve the connection.
    pub(crate) voice: Voice,
    /// What unfinished messages may take.
    pub(crate) memory: Memory,
    /// Held by each call that is answered with items.
    pub(crate) streams: Arc<()>,
    /// Whether the page that shows the functions is served.
    #[cfg(feature = "docs-page")]
    pub(crate) docs_page: bool,
}

/// Whether new work is taken.
#[derive(Clone)]
pub(crate) enum Readiness {
    /// As long as this says so.
    While(Arc<dyn Fn() -> bool + Send + Sync>),
    /// No: every call is answered that there is no room for it.
    Busy,
}

impl Readiness {
    fn says_ready(&self) -> bool {
        match self {
            Self::While(so) => so(),
            Self::Busy => false,
        }
    }
}

/// Tells the functions of a request that nobody waits any more, as soon as it is dropped.
struct Waiting<R: Deref<Target = Requester>>(Option<R>);

impl<R: Deref<Target = Requester>> Drop for Waiting<R> {
    fn drop(&mut self) {
        if let Some(requester) = &self.0 {
            requester.leave();
        }
    }
}

impl<A> Exchange<A> {
    /// Who sent a request.
    #[inline]
    pub(super) fn requester(&self, request: Parts) -> Arc<Requester> {
        let context = &self.session.context;
        let connection = context.caller().cloned();
        Arc::new(Requester::new(request, connection, !context.must_not_block()))
    }

    /// Answers a request that only looks; `None` where there is nothing to be seen.
    fn show(&self, request: &Parts) -> Option<Response<ReplyBody>> {
        let health = health::answer(request.uri.path(), self.is_ready());
        #[cfg(feature = "docs-page")]
        if health.is_none() && self.docs_page {
            let page = docs_page::answer(request)?;
            return Some(match self.readiness {
                Readiness::While(_) => page,
                Readiness::Busy => later(last(health::busy(), request.version)),
            });
        }
        health
    }

    /// Whether new work is taken.
    pub(super) fn is_ready(&self) -> bool {
        self.readiness.says_ready()
    }
}

/// What a request's body is, or why it is not taken.
fn taken(known: &Known<'_>) -> Result<(MediaType, Coding), Box<Response<ReplyBody>>> {
    let media_type = MediaType::of(known).map_err(|refusal| Box::new(refusal.into_response()))?;
    Ok((media_type, coding_of(known)?))
}

impl<A: Answer> Exchange<A> {
    /// Answers one request; `arrived` is told when its body has been read.
    pub(super) async fn respond<B>(
        &self,
        requester: &Arc<Requester>,
        body: B,
        arrived: impl FnOnce(),
    ) -> Response<ReplyBody>
    where
        B: Body<Error: fmt::Display>,
    {
        let mut body = pin!(body);
        let request = &requester.parts;
        let (admitted, taken) = {
            let known = Known::of(&request.headers);
            // Whoever knows how long a body is has no other coding.
            let admitted = match body.size_hint().exact() {
                Some(_) => self.guard.admit(request, &known),
                None => transfer(&request.headers).and_then(|()| self.guard.admit(request, &known)),
            };
            (admitted, (request.method == Method::POST).then(|| taken(&known)))
        };
        let response = match admitted {
            Ok(granted) => {
                let mut response = match (taken, &request.method) {
                    (Some(Ok(taken)), _) => {
                        self.call(requester, body.as_mut(), taken, arrived).await
                    }
                    (Some(Err(refused)), _) => {
                        self.tell_refused(requester, refused.status());
                        *refused
                    }
                    (_, &Method::OPTIONS) => options(self.show(request).is_some()),
                    (_, &Method::GET | &Method::HEAD) => {
                        self.show(request).unwrap_or_else(|| Refusal::method().into_response())
                    }
                    _ => Refusal::method().among(methods(self.show(request).is_some())),
                };
                granted.put(response.headers_mut());
                response
            }
            Err(refusal) => {
                let response = refusal.into_response();
                self.tell_refused(requester, response.status());
                // What follows may not be a request.
                let is_last = response.status() == StatusCode::NOT_IMPLEMENTED;
                if is_last { last(response, request.version) } else { response }
            }
        };
        if request.version == Version::HTTP_2 && response.status().is_client_error() {
            // To give up a stream that is being sent is an error to some clients, curl among them.
            const PATIENCE: Duration = Duration::from_secs(1);
            let _ = timeout(PATIENCE, skip_small(body)).await;
        }
        response
    }

    /// Has it told that a request was refused before its message was looked at.
    #[cold]
    fn tell_refused(&self, requester: &Arc<Requester>, status: StatusCode) {
        if requester.parts.method == Method::POST {
            let mut session = self.session.called_by(Arc::clone(requester) as _);
            let fault = Fault::new(
                code::INVALID_REQUEST,
                format!("the request was answered with the status {status}"),
            );
            self.answer.refuse(&[], &fault, &mut session, &mut Vec::new());
        }
    }

    /// Begins to answer with items; where as many calls of the connection do as may, what the caller is told.
    fn open(
        &self,
        feed: Box<Feed>,
        form: ItemForm,
        requester: &Arc<Requester>,
    ) -> Result<Box<Items>, Vec<u8>> {
        let limit = self.session.limits.max_streams;
        let place = Arc::clone(&self.streams);
        // The two that are no call's are the exchange's own and this one.
        if Arc::strong_count(&place).saturating_sub(2) >= limit {
            return Err(feed.refuse(&too_many(limit)));
        }
        let waiting = Waiting(Some(Arc::clone(requester)));
        let (readiness, caller) = (self.readiness.clone(), Arc::clone(requester));
        let is_cut_off = move || !readiness.says_ready() && caller.is_gone();
        Ok(Box::new(Items::new(feed, form, is_cut_off, (waiting, place))))
    }

    /// Answers a request that carries a message.
    async fn call<B>(
        &self,
        requester: &Arc<Requester>,
        body: B,
        (media_type, coding): (MediaType, Coding),
        arrived: impl FnOnce(),
    ) -> Response<ReplyBody>
    where
        B: Body<Error: fmt::Display>,
    {
        let request = &requester.parts;
        let mut session = self.session.called_by(Arc::clone(requester) as _);
        media_type.begin(&mut session);
        let limit = session.limits.max_message_bytes;
        // Until it has been answered: whoever finds out who calls may take time, and hold many.
        let mut share = Share::of(&self.memory);
        let message = {
            let mut read = pin!(read(body, limit, &mut share));
            // Mostly it is there already, and no clock is looked at.
            match poll_fn(|task| Poll::Ready(read.as_mut().poll(task))).await {
                Poll::Ready(message) => Ok(message),
                Poll::Pending => timeout(self.body_timeout, read).await,
            }
        };
        let message = match coding {
            Coding::Identity => message,
            #[cfg(feature = "gzip")]
            Coding::Gzip => message.map(|read| {
                let body = read?;
                let mut inflated = Share::of(&self.memory);
                let restored = restore(&body, limit, &mut inflated);
                // What has come is not kept beside what it was.
                drop(body);
                share = inflated;
                restored
            }),
        };
        let unread = match message {
            Ok(Ok(message)) => {
                arrived();
                let mut waiting = Waiting(Some(&**requester));
                let mut item_type = "";
                let item_form = || {
                    let (form, named) = items_wanted(&request.headers)?;
                    item_type = named;
                    Some(form)
                };
                let reply = match settle(&self.answer, session, message, item_form).await {
                    Settled::Reply(reply) => reply,
                    Settled::Items(feed, form) => match self.open(feed, form, requester) {
                        Ok(items) => {
                            waiting.0 = None;
                            return in_parts(items, item_type);
                        }
                        Err(refused) => refused,
                    },
                };
                let status = match self.readiness {
                    Readiness::While(_) => StatusCode::OK,
                    Readiness::Busy => StatusCode::SERVICE_UNAVAILABLE,
                };
                let response = coded(status, reply, media_type.of_reply(), &request.headers);
                return match self.readiness {
                    Readiness::While(_) => requester.formed(response),
                    Readiness::Busy => later(last(response, request.version)),
                };
            }
            Ok(Err(unread)) => Some(unread),
            Err(_) => None,
        };
        let (status, fault) = match unread {
            Some(Unread::TooLarge(size)) => {
                (StatusCode::PAYLOAD_TOO_LARGE, ProtocolError::TooLarge { size, limit }.to_fault())
            }
            Some(Unread::NoMemory) => {
                let limit = self.memory.limit();
                (StatusCode::SERVICE_UNAVAILABLE, ProtocolError::NoMemory { limit }.to_fault())
            }
            Some(Unread::Broken(problem)) => (
                StatusCode::BAD_REQUEST,
                Fault::new(code::PARSE_ERROR, format!("the request's body broke off: {problem}")),
            ),
            #[cfg(feature = "gzip")]
            Some(Unread::Refused(refusal)) => *refusal,
            None => {
                let limit = self.body_timeout;
                let message = format!(
                    "a body was begun and not finished within {limit:?}; be faster, or raise the \
                     server's `message_timeout`"
                );
                (StatusCode::REQUEST_TIMEOUT, Fault::new(code::TIMED_OUT, message))
            }
        };
        let mut reply = Vec::new();
        self.answer.refuse(&[], &fault, &mut session, &mut reply);
        let response = with_type(status, reply, media_type.of_reply());
        // What follows of the body would be read as another request.
        last(response, request.version)
    }
}
