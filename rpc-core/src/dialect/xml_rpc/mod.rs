//! The XML-RPC dialect (xmlrpc.com/spec): a translation between its messages and JSON texts.
//!
//! A `methodCall` becomes a method's name and the JSON text of its arguments, and runs as any call
//! does; the result's JSON text becomes a `methodResponse`. What JSON has no type for, bytes and
//! dates, keeps its type by a mark before the string (`protocol/json/form.rs`).

mod element;
mod encoding;
mod extensions;
mod read;
mod results;
mod single_byte;
mod tags;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use encoding::Encoding;
pub(crate) use extensions::Extensions;
pub(crate) use results::{count_results, write_results};

use crate::protocol::json::{Form, Reader};
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, Fault, Limits, code};

use element::Element;
use extensions::KEYWORDS;
use read::Values;
use write::{lossy_text, tag, text, write_text, write_value};

/// What a server is told of its XML-RPC callers.
///
/// ```
/// use rpc_core::server::XmlRpcOptions;
/// use rpc_core::RpcServer;
///
/// let options = XmlRpcOptions { extensions: true, ..XmlRpcOptions::default() };
/// let server = RpcServer::exported().xml_rpc(options);
/// # let _ = server;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct XmlRpcOptions {
    /// Whether all callers understand `<nil/>`, which the specification does not have. Off by default:
    /// a `None` goes as `<nil/>` to callers whose call has one or declares Apache's name space for it.
    /// For others it is left out where it is a member of a struct, and is an empty string elsewhere.
    pub extensions: bool,
    /// Whether a struct that is the last argument is the keyword arguments. Off by default: it is an
    /// argument like any other.
    pub trailing_struct_as_keywords: bool,
}

/// A call as JSON texts.
#[derive(Debug)]
pub(crate) struct MethodCall {
    pub(crate) method: String,
    /// An array.
    pub(crate) positional: String,
    /// An object.
    pub(crate) keyword: String,
    pub(crate) extensions: Extensions,
}

/// Reads a call; `charset` is what the content type says of its encoding.
pub(crate) fn read_call(
    message: &[u8],
    charset: Option<Encoding>,
    limits: &Limits,
    options: XmlRpcOptions,
) -> Result<MethodCall, Fault> {
    let text = encoding::decode(message, charset)?;
    let mut values = Values::new(&text, limits.max_depth);
    values.open(Element::MethodCall)?;
    values.open(Element::MethodName)?;
    let method = values.text()?.trim_ascii().to_owned();
    values.json.push(b'[');
    let mut last = 0..0;
    if values.opens(Element::Params)? {
        let mut first = true;
        while values.opens(Element::Param)? {
            let comma = values.json.len();
            values.comma(&mut first);
            values.open(Element::Value)?;
            last = comma..values.json.len();
            values.value()?;
            values.close()?;
        }
        values.close()?;
    }
    values.end()?;
    let extensions = match values.extensions() {
        Extensions::None if options.extensions => Extensions::Plain,
        shown => shown,
    };
    let has_keywords = options.trailing_struct_as_keywords || values.have_keywords();
    let mut positional = utf8(values.json)?;
    let mut keyword = "{}".to_owned();
    if has_keywords && positional[last.end..].starts_with('{') {
        keyword = positional.split_off(last.end);
        positional.truncate(last.start);
    }
    positional.push(']');
    Ok(MethodCall { method, positional, keyword, extensions })
}

fn utf8(json: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(json).map_err(|error| Fault::new(code::INTERNAL_ERROR, error.to_string()))
}

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// Appends the reply whose result is this JSON text, of the function of this name.
pub(crate) fn write_result(
    out: &mut Vec<u8>,
    method: &str,
    json: &str,
    extensions: Extensions,
) -> Result<(), Fault> {
    let start = out.len();
    begin_response(out, extensions);
    write_text(out, json, extensions).map_err(|problem| {
        out.truncate(start);
        let message = format!("`{method}` has run, but its result cannot be sent: {problem}");
        Fault::new(code::INTERNAL_ERROR, message)
    })?;
    end_response(out);
    Ok(())
}

fn begin_response(out: &mut Vec<u8>, extensions: Extensions) {
    tag(out, DECLARATION);
    match extensions {
        Extensions::Apache => {
            tag(out, &format!("<methodResponse xmlns:ex=\"{}\">", Extensions::NAMESPACE));
        }
        _ => tag(out, "<methodResponse>"),
    }
    tag(out, "<params><param>");
}

fn end_response(out: &mut Vec<u8>) {
    tag(out, "</param></params></methodResponse>\n");
}

/// Appends a fault: its code, cut to 32 bits, and its message. The specification has no room for
/// its data.
pub(crate) fn write_fault(out: &mut Vec<u8>, fault: &Fault) {
    tag(out, DECLARATION);
    tag(out, "<methodResponse><fault>");
    write_fault_struct(out, fault);
    tag(out, "</fault></methodResponse>\n");
}

fn write_fault_struct(out: &mut Vec<u8>, fault: &Fault) {
    let code = fault.code().clamp(i32::MIN.into(), i32::MAX.into());
    tag(out, "<value><struct><member><name>faultCode</name><value><int>");
    tag(out, &code.to_string());
    tag(out, "</int></value></member><member><name>faultString</name><value><string>");
    lossy_text(out, fault.message());
    tag(out, "</string></value></member></struct></value>");
}

/// Appends a call. It declares that its writer knows the extensions, and has none itself unless a
/// value needs one.
pub(super) fn write_call(
    out: &mut Vec<u8>,
    method: &str,
    arguments: &impl Arguments,
) -> Result<(), ArgumentError> {
    let mut json = b"[".to_vec();
    let mut array = ArrayWriter::in_form(&mut json, Form::Marked);
    arguments.write_in_order(&mut array)?;
    let has_keywords = array.has_keywords();
    json.push(b']');
    let start = out.len();
    write_params(out, method, &json, has_keywords).inspect_err(|_| out.truncate(start))
}

fn write_params(
    out: &mut Vec<u8>,
    method: &str,
    json: &[u8],
    has_keywords: bool,
) -> Result<(), ArgumentError> {
    let unsendable = |problem| ArgumentError::new(format!("an argument cannot be sent: {problem}"));
    tag(out, DECLARATION);
    tag(out, &format!("<methodCall xmlns:ex=\"{}\"", Extensions::NAMESPACE));
    if has_keywords {
        tag(out, &format!(" xmlns:kw=\"{KEYWORDS}\""));
    }
    tag(out, "><methodName>");
    text(out, method).map_err(unsendable)?;
    tag(out, "</methodName><params>");
    let json = Reader::text(json).map_err(|error| unsendable(error.into()))?;
    let mut reader = Reader::new(json, usize::MAX);
    let written = reader.array(|reader| {
        tag(out, "<param>");
        write_value(out, reader, Extensions::Plain)?;
        tag(out, "</param>");
        Ok(())
    });
    written.map_err(unsendable)?;
    tag(out, "</params></methodCall>\n");
    Ok(())
}

/// Reads a reply: the result as JSON text, or the fault.
pub(crate) fn read_reply(message: &[u8], depth: usize) -> Result<Result<String, Fault>, Fault> {
    let text = encoding::decode(message, None)?;
    let mut values = Values::new(&text, depth);
    values.open(Element::MethodResponse)?;
    let fault = values.either(Element::Params, Element::Fault)? == Element::Fault;
    if fault {
        values.open(Element::Value)?;
        values.value()?;
        values.close()?;
    } else if values.opens(Element::Param)? {
        values.open(Element::Value)?;
        values.value()?;
        values.close()?;
        values.close()?;
    } else {
        // Some servers say so that there is no result.
        values.json.extend_from_slice(b"null");
    }
    values.close()?;
    values.end()?;
    let json = utf8(values.json)?;
    Ok(if fault { Err(fault_of(&json)) } else { Ok(json) })
}

fn fault_of(json: &str) -> Fault {
    #[derive(serde::Deserialize)]
    #[allow(non_snake_case)]
    struct Members {
        faultCode: i64,
        faultString: String,
    }
    match serde_json::from_str::<Members>(json) {
        Ok(Members { faultCode, faultString }) => Fault::new(faultCode, faultString),
        Err(_) => Fault::new(code::INTERNAL_ERROR, format!("the other side failed: {json}")),
    }
}
