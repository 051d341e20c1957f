//! What is answered to a request of HTTP/1 whose head cannot be read, or does not come in time.

use std::time::Duration;

/// Bytes of a request's head, at most.
pub(super) const HEAD: usize = 64 * 1024;
/// Headers of a request, at most; hyper's own bound.
const HEADERS: usize = 100;

/// Where in what hyper writes its own answer to a head that it cannot read begins: a status without a body, the
/// last on its connection.
#[cold]
pub(super) fn own_answer(written: &[u8]) -> Option<usize> {
    let begins = written.windows(7).rposition(|part| part == b"HTTP/1.")?;
    let head = std::str::from_utf8(&written[begins..]).ok()?;
    let is_error = [" 400 ", " 414 ", " 431 "]
        .iter()
        .any(|status| head.get(8..).is_some_and(|rest| rest.starts_with(status)));
    let is_empty = head.lines().any(|line| line.eq_ignore_ascii_case("content-length: 0"));
    (is_error && is_empty).then_some(begins)
}

/// The answer in its place.
pub(super) fn answer(error: &hyper::Error) -> Vec<u8> {
    if error.is_parse_too_large() {
        let sentence = format!(
            "the head of the request has more than {HEAD} bytes or {HEADERS} headers; send less"
        );
        return response("431 Request Header Fields Too Large", &sentence);
    }
    let sentence = format!("the head of the request is not as RFC 9112 has it: {error}");
    response("400 Bad Request", &sentence)
}

/// The answer to a head that has not come within `limit`.
pub(super) fn late(limit: Duration) -> Vec<u8> {
    let sentence = format!(
        "the head of a request was begun and not finished within {limit:?}; be faster, or raise the server's \
         `message_timeout`"
    );
    response("408 Request Timeout", &sentence)
}

fn response(status: &str, sentence: &str) -> Vec<u8> {
    let length = sentence.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{sentence}\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::own_answer;

    #[test]
    fn an_answer_of_hypers_own_is_told_from_replies() {
        let own = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                   content-length: 0\r\ndate: Sun, 29 Nov 2026 09:00:00 GMT\r\n\r\n";
        let reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(own_answer(own.as_bytes()), Some(0));
        assert_eq!(own_answer(format!("{reply}{own}").as_bytes()), Some(reply.len()));
        let others = [
            reply,
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\n",
            "HTTP/1.",
            "",
        ];
        for other in others {
            assert_eq!(own_answer(other.as_bytes()), None, "{other}");
        }
    }
}
