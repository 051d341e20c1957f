//! In which form a caller takes the items of a call, by `Accept` (RFC 9110, section 12.5.1).

use hyper::header::{ACCEPT, HeaderMap};

use crate::dialect::ItemForm;

const EVENTS: &str = "text/event-stream";
const LINES: [&str; 2] = ["application/x-ndjson", "application/jsonl"];

/// How items are sent to whoever prefers that to an array, and what it is called; of what is wanted equally, the first
/// that is named counts. `None` for an array.
pub(super) fn items_wanted(headers: &HeaderMap) -> Option<(ItemForm, &'static str)> {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    let mut best = (0, false);
    let mut wanted = None;
    for range in lines.flat_map(|line| line.split(',')) {
        let (name, parameters) = range.split_once(';').unwrap_or((range, ""));
        let name = name.trim();
        let is = |other: &&str| name.eq_ignore_ascii_case(other);
        let form = if is(&EVENTS) {
            Some((ItemForm::Events, EVENTS))
        } else if let Some(lines) = LINES.iter().find(|lines| is(lines)) {
            Some((ItemForm::Lines, *lines))
        } else if is(&"application/json") || name.ends_with("/*") {
            None
        } else {
            continue;
        };
        let rank = (weight(parameters), !name.ends_with('*'));
        if rank > best {
            (best, wanted) = (rank, form);
        }
    }
    wanted.filter(|_| best.0 > 0)
}

/// How much something is wanted, in thousandths.
fn weight(parameters: &str) -> u16 {
    let weight = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    match weight.map(str::parse::<f32>) {
        None => 1000,
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is 0 to 1000"
        )]
        Some(Ok(weight)) => (weight.clamp(0.0, 1.0) * 1000.0) as u16,
        Some(Err(_)) => 0,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::items_wanted;

    fn wanted(lines: &[&'static str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT, HeaderValue::from_static(line));
        }
        items_wanted(&headers).map(|(_, name)| name)
    }

    #[test]
    fn items_are_sent_to_whoever_asks_for_them_first() {
        let (events, ndjson, jsonl) =
            (Some("text/event-stream"), Some("application/x-ndjson"), Some("application/jsonl"));
        for (accept, expected) in [
            ("text/event-stream", events),
            ("Text/Event-Stream; charset=utf-8", events),
            ("application/x-ndjson", ndjson),
            ("application/jsonl", jsonl),
            ("application/jsonl, text/event-stream", jsonl),
            ("application/x-ndjson;q=0.5, text/event-stream;q=0.6", events),
            ("*/*, text/event-stream", events),
            ("text/event-stream;q=0.9, */*;q=0.1", events),
            ("text/html, application/xhtml+xml, text/event-stream", events),
            ("text/event-stream, application/json", events),
            ("application/json, text/event-stream", None),
            ("application/json, text/event-stream;q=0.9", None),
            ("*/*, text/event-stream;q=0.5", None),
            ("text/event-stream;q=0", None),
            ("text/event-stream;q=0.000", None),
            ("text/event-stream;q=much", None),
            ("text/event-stream;q=NaN", None),
            ("text/*", None),
            ("*/*", None),
            ("application/json", None),
            ("", None),
        ] {
            assert_eq!(wanted(&[accept]), expected, "{accept}");
        }
        assert_eq!(wanted(&[]), None);
        assert_eq!(wanted(&["application/json;q=0.1", "application/jsonl"]), jsonl);
    }
}
