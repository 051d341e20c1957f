//! Reads a fault, whatever another implementation makes of one.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::protocol::{Fault, code};

use super::reply_id::whole_number;

/// Reads a fault's object: its message and data whatever its code is, a text or a float for one. What is no
/// such object is kept as data.
pub(super) fn read_fault(text: &str) -> Fault {
    #[derive(Deserialize)]
    struct Object<'m> {
        #[serde(default, borrow)]
        code: Option<&'m RawValue>,
        message: String,
        #[serde(default)]
        data: Option<Box<RawValue>>,
    }
    let whole = || RawValue::from_string(text.to_owned()).ok();
    match serde_json::from_str::<Object<'_>>(text) {
        Ok(Object { code, message, data }) => match code.and_then(number) {
            Some(code) => Fault::new(code, message).with_raw_data(data),
            // So that nothing is lost of what it says.
            None => Fault::new(code::INTERNAL_ERROR, message).with_raw_data(data.or_else(whole)),
        },
        Err(_) => {
            let message = serde_json::from_str::<String>(text)
                .unwrap_or_else(|_| "the other side failed the call".to_owned());
            Fault::new(code::INTERNAL_ERROR, message).with_raw_data(whole())
        }
    }
}

/// The number that a code is, in whatever spelling.
fn number(code: &RawValue) -> Option<i64> {
    let text = code.get();
    let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    whole_number(unquoted.unwrap_or(text)).and_then(|number| i64::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::read_fault;

    #[test]
    fn message_and_data_are_kept_whatever_the_code_is() {
        for (text, code, message, data) in [
            (r#"{"code":7,"message":"no","data":[1]}"#, 7, "no", Some("[1]")),
            (r#"{"code":-32601.0,"message":"no"}"#, -32601, "no", None),
            (r#"{"code":"-32601","message":"no"}"#, -32601, "no", None),
            (r#"{"code":"E_GONE","message":"no","data":[1]}"#, -32603, "no", Some("[1]")),
            (r#"{"code":7.5,"message":"no","data":null}"#, -32603, "no", Some("null")),
            (r#"{"message":"no","data":1}"#, -32603, "no", Some("1")),
            (r#"{"code":null,"message":"no","data":1}"#, -32603, "no", Some("1")),
        ] {
            let fault = read_fault(text);
            assert_eq!((fault.code(), fault.message()), (code, message), "{text}");
            let data = data.filter(|data| *data != "null");
            assert!(data.is_none() || fault.data() == data, "{text}: {:?}", fault.data());
        }
        let text = r#"{"code":"E_GONE","message":"no","more":1}"#;
        assert_eq!(read_fault(text).data(), Some(text));
        assert_eq!(read_fault("[5]").data(), Some("[5]"));
    }
}
