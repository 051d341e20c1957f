//! Reads responses (RFC 9112, sections 4 to 7).

use std::mem::MaybeUninit;

use httparse::{EMPTY_HEADER, Header, ParserConfig, Status};

use crate::protocol::{Coding, Inbound, ProtocolError, stranger};

use super::body::Body;
use super::malformed::{HEAD, bad};
use super::restore::restore;

/// Headers of a response at most.
const HEADERS: usize = 128;

/// A response as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::client) struct Response {
    pub(in crate::client) status: u16,
    /// Headers that say more of what is no reply.
    pub(in crate::client) headers: Box<str>,
    pub(in crate::client) body: Vec<u8>,
    /// Whether the connection carries no further request.
    pub(in crate::client) is_last: bool,
    /// Whether it is the connection's first.
    pub(in crate::client) is_first: bool,
    /// Whether it may answer a request before: it is not the first, and another one follows.
    pub(in crate::client) is_doubtful: bool,
}

impl Response {
    /// Whether the status says that the request was understood and done.
    pub(in crate::client) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The error that the response is, where its body is no reply.
    pub(in crate::client) fn to_error(&self) -> ProtocolError {
        const SHOWN: usize = 200;
        let body = String::from_utf8_lossy(&self.body);
        let mut said: String = body.trim().chars().take(SHOWN + 1).collect();
        if said.chars().count() > SHOWN {
            said.pop();
            said.push('…');
        }
        if self.status == 431 {
            // Mostly nothing else is said, and the head is not what a caller thinks of.
            let hint = "the headers of the request, to which metadata belongs, are larger than the server takes";
            said = if said.is_empty() { hint.into() } else { format!("{said} ({hint})") };
        }
        ProtocolError::Http { status: self.status, headers: self.headers.clone(), said }
    }

    /// The error that a success is whose body is no reply, for this reason.
    pub(in crate::client) fn no_reply(&self, reason: ProtocolError) -> ProtocolError {
        match (self.body.trim_ascii_start(), reason) {
            ([b'{' | b'[' | b'<', ..], ProtocolError::NotAReply(problem)) => {
                ProtocolError::NotAReply(format!("{problem}; {}", self.to_error()))
            }
            // What is wrong with JSON says more than how it begins.
            ([b'{' | b'[', ..], reason) => reason,
            _ => self.to_error(),
        }
    }
}

/// Reads one response after another.
#[derive(Debug)]
pub(in crate::client) struct Responses {
    limit: usize,
    /// The response whose head has come, how its body comes, and what that is coded in.
    begun: Begun,
}

impl Responses {
    /// Reads responses whose bodies have at most `limit` bytes.
    pub(in crate::client) fn new(limit: usize) -> Self {
        Self { limit, begun: None }
    }

    /// Takes interim responses, which answer nothing. What is wrong with one is said when the next response is
    /// read.
    #[cold]
    pub(super) fn skip_interim(&self, inbound: &mut Inbound) {
        while self.begun.is_none()
            && let Some(head) = interim_head(inbound.waiting())
        {
            inbound.consume(head);
        }
    }

    /// Whether bytes may begin an interim response.
    pub(super) fn may_be_interim(waiting: &[u8]) -> bool {
        const INTERIM: &[u8] = b"HTTP/1.1 1";
        waiting.starts_with(INTERIM) || INTERIM.starts_with(waiting)
    }

    /// Takes the next response from what has arrived, once it is whole; `ended` when no more will
    /// come.
    pub(in crate::client) fn next(
        &mut self,
        inbound: &mut Inbound,
        ended: bool,
    ) -> Result<Option<Response>, ProtocolError> {
        while self.begun.is_none() {
            let Some((head, begun)) = read_head(inbound.waiting(), self.limit)? else {
                return Ok(None);
            };
            inbound.consume(head);
            self.begun = begun;
        }
        if let Some((response, body, _)) = &mut self.begun
            && !body.read(inbound, &mut response.body, self.limit, ended)?
        {
            return Ok(None);
        }
        let Some((mut response, _, coding)) = self.begun.take() else {
            return Ok(None);
        };
        restore(coding, &mut response.body, self.limit)?;
        Ok(Some(response))
    }
}

/// A response whose head has come, how its body does, and what that is coded in; `None` where another head
/// follows.
type Begun = Option<(Response, Body, Coding)>;

/// How long the head of an interim response is that comes first, if it is whole. A reader of its own, so that
/// [`read_head`] stays part of its only caller.
fn interim_head(waiting: &[u8]) -> Option<usize> {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(Status::Complete(size)) = head.parse(waiting) else { return None };
    let is_interim = head.code.is_some_and(|status| status < 200 && status != 101);
    (is_interim && size <= HEAD).then_some(size)
}

/// Reads a head, and says how long it is, once it is whole.
fn read_head(waiting: &[u8], limit: usize) -> Result<Option<(usize, Begun)>, ProtocolError> {
    let mut headers = [MaybeUninit::uninit(); HEADERS];
    let mut head = httparse::Response::new(&mut []);
    let parsed = ParserConfig::default().parse_response_with_uninit_headers(
        &mut head,
        waiting,
        &mut headers,
    );
    let size = match parsed.map_err(|error| no_head(waiting, error))? {
        Status::Complete(size) if size <= HEAD => size,
        Status::Partial if waiting.len() <= HEAD => return Ok(None),
        _ => return Err(ProtocolError::TooLarge { size: waiting.len(), limit: HEAD }),
    };
    let status = head.code.unwrap_or_default();
    if status == 101 {
        return Err(bad("it changes to another protocol, which nobody asked for"));
    }
    if status < 200 {
        return Ok(Some((size, None)));
    }
    let fields = Fields::of(head.headers);
    let coding = fields.coding()?;
    let body = match status {
        204 | 304 => Body::Length(0),
        _ => fields.body(limit)?,
    };
    let stays = if head.version == Some(1) { !fields.closes } else { fields.keeps };
    let is_last = !stays || body.is_last() || fields.has_both_lengths();
    let headers =
        if (200..300).contains(&status) && fields.media_type.is_none_or(is_type_of_replies) {
            Box::default()
        } else {
            telling(head.headers)
        };
    let (body_so_far, is_first, is_doubtful) = (Vec::new(), true, false);
    let response = Response { status, headers, body: body_so_far, is_last, is_first, is_doubtful };
    Ok(Some((size, Some((response, body, coding)))))
}

/// The error of what is no response: that the peer speaks something else, where that shows.
#[cold]
fn no_head(waiting: &[u8], error: httparse::Error) -> ProtocolError {
    match stranger(waiting) {
        Some(stranger) => bad(format!("{error}; {stranger}")),
        None => bad(error.to_string()),
    }
}

/// The headers that say more of a response that is no reply.
#[cold]
fn telling(headers: &[Header<'_>]) -> Box<str> {
    const NAMES: [&str; 4] = ["Location", "Retry-After", "WWW-Authenticate", "Content-Type"];
    const SHOWN: usize = 2048;
    let mut telling = String::new();
    for name in NAMES {
        for header in headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)) {
            let value: String = String::from_utf8_lossy(header.value).chars().take(SHOWN).collect();
            let separator = if telling.is_empty() { "" } else { "; " };
            telling.extend([separator, name, ": ", &value]);
        }
    }
    telling.into()
}

/// What a head says that matters here. Each field may stand in several lines, and be a list.
struct Fields<'h> {
    /// What the body is coded in, where it is not as it is.
    content: Option<&'h str>,
    /// In what the body travels.
    transfer: Option<&'h str>,
    /// How long the body is, or what is wrong with that.
    length: Result<Option<usize>, &'static str>,
    /// Whether the connection is said to end, and to stay.
    closes: bool,
    keeps: bool,
    /// The type of the body.
    media_type: Option<&'h [u8]>,
}

impl<'h> Fields<'h> {
    fn of(headers: &'h [Header<'h>]) -> Self {
        let mut fields = Self {
            content: None,
            transfer: None,
            length: Ok(None),
            closes: false,
            keeps: false,
            media_type: None,
        };
        for header in headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            let text = || str::from_utf8(header.value).unwrap_or_default().trim();
            let values = || text().split(',').map(str::trim);
            match header.name.len() {
                12 if is("content-type") => fields.media_type = Some(header.value),
                14 if is("content-length") => {
                    values().for_each(|value| fields.add_length(value));
                }
                10 if is("connection") => {
                    for option in values() {
                        fields.closes |= option.eq_ignore_ascii_case("close");
                        fields.keeps |= option.eq_ignore_ascii_case("keep-alive");
                    }
                }
                17 if is("transfer-encoding") => {
                    // All of the line: what comes in two codings is not read.
                    let again = fields.transfer.is_some();
                    fields.transfer = Some(if again { "more than one coding" } else { text() });
                }
                16 if is("content-encoding") => {
                    let mut values =
                        values().filter(|name| Coding::named(name) != Some(Coding::Identity));
                    let coding = values.next();
                    let again =
                        fields.content.is_some() && coding.is_some() || values.next().is_some();
                    fields.content = if again {
                        Some("more than one coding")
                    } else {
                        coding.or(fields.content)
                    };
                }
                _ => {}
            }
        }
        fields
    }

    fn add_length(&mut self, value: &str) {
        let Ok(before) = self.length else {
            return;
        };
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        // More than a number here can say is too large in any case.
        let length = value.parse().unwrap_or(usize::MAX);
        self.length = if !is_number {
            Err("its content length is no number")
        } else if before.is_some_and(|before| before != length) {
            Err("it has two content lengths")
        } else {
            Ok(Some(length))
        };
    }

    /// What the body is coded in.
    fn coding(&self) -> Result<Coding, ProtocolError> {
        let Some(content) = self.content else {
            return Ok(Coding::Identity);
        };
        let coding = Coding::named(content);
        coding.ok_or_else(|| {
            bad(format!("its body is compressed ({content}), which nobody asked for"))
        })
    }

    /// How the body comes (RFC 9112, section 6.3).
    fn body(&self, limit: usize) -> Result<Body, ProtocolError> {
        match self.transfer {
            Some(coding) if coding.eq_ignore_ascii_case("chunked") => return Ok(Body::chunked()),
            Some(coding) => {
                return Err(bad(format!(
                    "its body travels in another coding than `chunked`, which nobody asked for: {coding}"
                )));
            }
            None => {}
        }
        match self.length.map_err(bad)? {
            Some(size) if size > limit => Err(ProtocolError::TooLarge { size, limit }),
            Some(length) => Ok(Body::Length(length)),
            None => Ok(Body::UntilEnd),
        }
    }

    /// What has a length and comes in chunks may have been written by two hands.
    fn has_both_lengths(&self) -> bool {
        self.transfer.is_some() && self.length != Ok(None)
    }
}

/// Whether replies may have this type: JSON, or XML.
fn is_type_of_replies(value: &[u8]) -> bool {
    if value == b"application/json" {
        return true;
    }
    let media_type = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let end = media_type
        .last_chunk::<4>()
        .map_or([0; 4], |end| end.map(|byte| byte.to_ascii_lowercase()));
    end == *b"json" || &end[1..] == b"xml"
}

#[cfg(test)]
mod tests {
    use super::{HEAD, Inbound, ProtocolError, Response, Responses};
    use crate::protocol::websocket::Side;
    use crate::protocol::{Framing, Limits};

    const LIMIT: usize = 1000;

    /// What is read of a connection over which these bytes come, so many at a time.
    fn read(bytes: &[u8], step: usize) -> Result<Vec<Response>, ProtocolError> {
        let mut inbound = Inbound::new(Some(Framing::Raw), Side::Client, &Limits::default());
        let mut responses = Responses::new(LIMIT);
        let mut read = Vec::new();
        for chunk in bytes.chunks(step) {
            inbound.feed(chunk);
            while let Some(response) = responses.next(&mut inbound, false)? {
                read.push(response);
            }
        }
        read.extend(responses.next(&mut inbound, true)?);
        Ok(read)
    }

    const GOOD: [&str; 10] = [
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\ncontent-length: 4\r\n\r\nbody",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n3 ;x=y\r\nody\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n004\r\nbody\r\n0\r\nA: b\r\nC: d\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4, 4\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.0 200 OK\r\n\r\nbody",
        "HTTP/1.0 200 OK\r\nContent-Encoding: identity\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    ];

    #[test]
    fn responses_come_whole_however_they_come_and_were_cut() {
        for (number, good) in GOOD.into_iter().enumerate() {
            let (headers, body) = (Box::default(), b"body".to_vec());
            let response = Response {
                status: 200,
                headers,
                body,
                is_last: number >= 5,
                is_first: true,
                is_doubtful: false,
            };
            for step in 1..=good.len() {
                assert_eq!(read(good.as_bytes(), step).as_deref(), Ok(&[response.clone()][..]));
            }
            if number < 5 {
                assert_eq!(read(good.repeat(3).as_bytes(), 5).unwrap().len(), 3, "{good}");
            }
        }
        let empty = "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(read(empty.as_bytes(), 1).unwrap().len(), 2);
    }

    #[test]
    fn a_cut_response_is_none_and_a_changed_one_harms_nothing() {
        for good in GOOD {
            let whole = read(good.as_bytes(), good.len()).unwrap();
            for at in 0..good.len() {
                let (before, after) = good.as_bytes().split_at(at);
                // Up to the end of the connection, what has come is all there is.
                let is_open_ended =
                    whole[0].is_last && !good.contains("Length") && !good.ends_with("\r\n");
                let cut = read(before, at.max(1)).unwrap();
                assert!(cut.is_empty() || is_open_ended, "{good:?} cut at {at}");
                for byte in *b"\r\n :;,0f\xff\x00" {
                    for changed in
                        [[before, &[byte], after].concat(), [before, &[byte], &after[1..]].concat()]
                    {
                        // How what is no response begins depends on how much has come.
                        let kind = |error| match error {
                            ProtocolError::NotHttp(_) => ProtocolError::NotHttp(String::new()),
                            error => error,
                        };
                        let read = |step| read(&changed, step).map_err(kind);
                        let steps = [1, 7, changed.len()].map(read);
                        assert!(steps.iter().all(|read| *read == steps[0]), "{changed:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn interim_responses_are_taken_and_nothing_else() {
        let mut inbound = Inbound::new(None, Side::Client, &Limits::default());
        inbound.feed(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 1",
        );
        Responses::new(LIMIT).skip_interim(&mut inbound);
        assert_eq!(inbound.waiting(), b"HTTP/1.1 1");
        for (begins, may_be) in
            [("", true), ("HTT", true), ("HTTP/1.1 100 C", true), ("HTTP/1.1 2", false)]
        {
            assert_eq!(Responses::may_be_interim(begins.as_bytes()), may_be, "{begins}");
        }
    }

    #[test]
    fn what_is_no_response_is_refused_and_what_is_too_large_before_it_comes() {
        for bad in [
            "{}\n\r\n",
            "HTTP/2 200 OK\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, x\r\n\r\nbody",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nbody\r\n",
        ] {
            assert!(matches!(read(bad.as_bytes(), 1), Err(ProtocolError::NotHttp(_))), "{bad}");
        }
        for large in [
            "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n".to_owned(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(LIMIT + 1)),
            format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(HEAD)),
            format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}",
                "x".repeat(HEAD + 1)
            ),
        ] {
            let read = read(large.as_bytes(), 4096);
            assert!(matches!(read, Err(ProtocolError::TooLarge { .. })), "{read:?}");
        }
    }
}
