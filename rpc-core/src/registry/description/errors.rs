//! The errors that any call may end in, as components of OpenRPC.

use serde_json::{Map, Value, json};

use crate::protocol::code;

const ERRORS: [(&str, i64, &str); 13] = [
    ("ParseError", code::PARSE_ERROR, "the text is not JSON"),
    ("InvalidRequest", code::INVALID_REQUEST, "JSON, but not a call"),
    ("MethodNotFound", code::METHOD_NOT_FOUND, "no function of that name is served"),
    ("InvalidParams", code::INVALID_PARAMS, "the arguments do not fit the function's signature"),
    ("InternalError", code::INTERNAL_ERROR, "the function panicked, or its result cannot be sent"),
    ("Overloaded", code::OVERLOADED, "the server has as many connections or calls as it takes"),
    ("TimedOut", code::TIMED_OUT, "a message or a call took longer than its limit"),
    ("Cancelled", code::CANCELLED, "the caller went away or took the call back"),
    ("ShuttingDown", code::SHUTTING_DOWN, "the server is stopping"),
    ("TooLarge", code::TOO_LARGE, "the call's message is larger or deeper than its limit"),
    ("Unauthorised", code::UNAUTHORISED, "the caller may not do this"),
    (
        "ReplyTooLarge",
        code::REPLY_TOO_LARGE,
        "the reply of a call that has run is too large or deep",
    ),
    ("Unauthenticated", code::UNAUTHENTICATED, "who calls is not known, or no longer"),
];

/// The components by their names.
pub(super) fn table() -> Map<String, Value> {
    let errors = ERRORS.iter().map(|(name, code, message)| {
        ((*name).to_owned(), json!({ "code": code, "message": message }))
    });
    errors.collect()
}
