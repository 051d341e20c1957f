//! The numbers a fault carries, in one table.
//!
//! | code | constant | meaning |
//! |---|---|---|
//! | -32700 | [`PARSE_ERROR`] | the text is not JSON; over raw JSON and WebSocket the connection closes after the answer |
//! | -32701 | [`UNSUPPORTED_ENCODING`] | the XML is in an encoding that is not understood |
//! | -32702 | [`INVALID_CHARACTER`] | the XML has bytes that its encoding has not |
//! | -32600 | [`INVALID_REQUEST`] | JSON, but not a call |
//! | -32601 | [`METHOD_NOT_FOUND`] | no function of that name is served |
//! | -32602 | [`INVALID_PARAMS`] | the arguments do not fit the function's signature |
//! | -32603 | [`INTERNAL_ERROR`] | the function panicked, or its result cannot be sent |
//! | -32000 | [`OVERLOADED`] | the server has as many connections or calls as it takes, of all or of this caller |
//! | -32001 | [`TIMED_OUT`] | a message or a call took longer than its limit |
//! | -32002 | [`CANCELLED`] | the caller went away or took the call back |
//! | -32003 | [`SHUTTING_DOWN`] | the server is stopping |
//! | -32004 | [`TOO_LARGE`] | a call's message is larger or deeper than its limit; it has not run |
//! | -32005 | [`UNAUTHORISED`] | the caller may not do this |
//! | -32006 | [`REPLY_TOO_LARGE`] | a call's reply is larger or deeper than its limit; it has run |
//! | -32007 | [`UNAUTHENTICATED`] | who calls is not known, or no longer; the call has not run |
//!
//! -32768 to -32000 are reserved, as JSON-RPC 2.0 section 5.1 reserves them; every number outside
//! belongs to the application, and [`APPLICATION`] is what a function's own error carries unless
//! it says otherwise.

/// The text is not JSON (JSON-RPC 2.0, section 5.1).
pub const PARSE_ERROR: i64 = -32700;
/// The XML is in an encoding that is not understood (XML-RPC's "specification for fault code
/// interoperability").
pub const UNSUPPORTED_ENCODING: i64 = -32701;
/// The XML has bytes that its encoding has not (XML-RPC's "specification for fault code
/// interoperability").
pub const INVALID_CHARACTER: i64 = -32702;
/// The JSON is not a call (JSON-RPC 2.0, section 5.1).
pub const INVALID_REQUEST: i64 = -32600;
/// No function of that name is served (JSON-RPC 2.0, section 5.1).
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The arguments do not fit the function's signature (JSON-RPC 2.0, section 5.1).
pub const INVALID_PARAMS: i64 = -32602;
/// The function panicked, or its result cannot be sent (JSON-RPC 2.0, section 5.1).
pub const INTERNAL_ERROR: i64 = -32603;
/// The server has as many connections or calls as it takes, of all or of this caller. The call has not run.
pub const OVERLOADED: i64 = -32000;
/// A message or a call took longer than its limit.
pub const TIMED_OUT: i64 = -32001;
/// The caller went away or took the call back.
pub const CANCELLED: i64 = -32002;
/// The server is stopping, and has not run the call; where the data is `{"may_have_run":true}`, it may have.
pub const SHUTTING_DOWN: i64 = -32003;
/// A call's message is larger or deeper than its limit, so the call has not run.
pub const TOO_LARGE: i64 = -32004;
/// The caller may not do this.
pub const UNAUTHORISED: i64 = -32005;
/// The reply of a call that has run, a result or an error, is larger or deeper than its limit.
pub const REPLY_TOO_LARGE: i64 = -32006;
/// Who calls is not known, or no longer: credentials are missing, wrong or have expired. The call has not run.
pub const UNAUTHENTICATED: i64 = -32007;
/// A function's own error, when it gives no code itself.
pub const APPLICATION: i64 = 1;

/// Whether a fault of this code says for certain that the call has not run.
pub(crate) const fn is_refusal(code: i64) -> bool {
    matches!(
        code,
        PARSE_ERROR
            | UNSUPPORTED_ENCODING
            | INVALID_CHARACTER
            | INVALID_REQUEST
            | METHOD_NOT_FOUND
            | INVALID_PARAMS
            | OVERLOADED
            | SHUTTING_DOWN
            | TOO_LARGE
            | UNAUTHORISED
            | UNAUTHENTICATED
    )
}
