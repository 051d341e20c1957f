//! Values arrive as they were sent, and what cannot be sent is refused by its sender.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use rpc_core::error::Misuse;
use rpc_core::types::Bytes;
use rpc_core::{CallError, Error, FunctionRegistry, Stub, args, call, kwargs, rpc_export};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tests::both_ways;

/// Answers with the numbers it is sent.
#[rpc_export]
fn large(signed: i128, unsigned: u128) -> (i128, u128) {
    (signed, unsigned)
}

/// Divides.
#[rpc_export]
fn ratio(dividend: f64, #[default(1.0)] divisor: f64) -> f64 {
    dividend / divisor
}

/// Turns bytes round.
#[rpc_export]
fn reversed(bytes: &[u8], more: Option<&[u8]>) -> Bytes<'static> {
    Bytes::from(bytes.iter().chain(more.unwrap_or_default()).rev().copied().collect::<Vec<_>>())
}

/// Answers with the texts it is sent.
#[rpc_export]
fn texts<'a>(borrowed: &'a str, cow: Cow<'a, str>, owned: String) -> Vec<Cow<'a, str>> {
    vec![borrowed.into(), cow, owned.into()]
}

fn registry() -> FunctionRegistry {
    FunctionRegistry::exported()
}

#[test]
fn whole_numbers_of_128_bits_are_exact() {
    both_ways!(registry(), |client| {
        for numbers in [(i128::MIN, u128::MAX), (i128::MAX, 0), (-1, u128::from(u64::MAX) + 1)] {
            assert_eq!(client.large(numbers.0, numbers.1).call().unwrap(), numbers);
            let rest = kwargs! { unsigned: numbers.1 };
            let by_name: (i128, u128) = client.call("large", args![numbers.0], rest).unwrap();
            assert_eq!(by_name, numbers);
        }
    });
}

#[test]
fn what_json_has_no_form_for_is_refused_by_its_sender() {
    both_ways!(registry(), |client| {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let refusal = client.ratio(number).call().unwrap_err();
            assert!(matches!(&refusal, Error::Misuse(Misuse::Argument(_))), "{refusal}");
            assert!(!refusal.may_have_run());
            let refusal = call!(client.ratio(1.0, divisor = number)).unwrap_err();
            assert!(refusal.to_string().contains("`divisor`"), "{refusal}");
        }
        let refusal = call!(client.ratio(1.0, divisor = 0.0)).unwrap_err();
        assert!(refusal.fault().unwrap().message().contains("inf has no JSON form"), "{refusal}");
        assert!((client.ratio(0.1).call().unwrap() - 0.1).abs() < f64::EPSILON);
    });
}

#[test]
fn bytes_travel_as_base64() {
    both_ways!(registry(), |client| {
        let all: Vec<u8> = (0..=255).collect();
        let reversed: Vec<u8> = all.iter().rev().copied().collect();
        assert_eq!(client.reversed(&all).call().unwrap().into_vec(), reversed);
        assert_eq!(&*call!(client.reversed(b"ab", more = b"c".as_slice())).unwrap(), b"cba");
        assert_eq!(client.call::<Value>("reversed", args!["/w=="], ()).unwrap(), "/w==");
        assert_eq!(client.call::<Value>("reversed", args![[1, 0]], ()).unwrap(), "AAE=");
        assert!(client.call::<Value>("reversed", args!["%"], ()).is_err());
        assert!(client.call::<Value>("reversed", args![[256]], ()).is_err());
    });
}

#[test]
fn text_arrives_as_it_was_whether_or_not_it_had_to_be_escaped() {
    let awkward = ["", "plain", "\"\\/\u{8}\u{c}\n\r\t", "\0\u{1f}\u{7f}", "ü 🦀 \u{2028}\u{feff}"];
    both_ways!(registry(), |client| {
        for text in awkward {
            let texts = client.texts(text, text.into(), text.to_owned()).call().unwrap();
            assert_eq!(texts, [text, text, text]);
        }
    });
}

/// One of several types, told by which of them fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Any {
    Whole(i64),
    Broken(f64),
    Text(String),
    Pair { a: u8, b: Option<f32> },
    List(Vec<Any>),
}

impl fmt::Display for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Members of another struct and all that are left over, among its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    size: Size,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Size {
    count: u64,
    below: i32,
    ratio: f64,
}

/// Told by a member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of")]
enum Adjacent {
    Circle { radius: f64 },
    Square(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Circle { radius: f64, more: Value },
    Square(Size),
}

/// Answers with what it is sent.
#[rpc_export]
fn any(value: Any, more: Vec<Any>, flat: Flat) -> (Any, Vec<Any>, Flat) {
    (value, more, flat)
}

#[rpc_export]
fn tagged(adjacent: Vec<Adjacent>, internal: Vec<Internal>) -> (Vec<Adjacent>, Vec<Internal>) {
    (adjacent, internal)
}

/// Fails with what it is sent.
#[rpc_export]
fn fail_with(error: Any) -> Result<(), Any> {
    Err(error)
}

#[test]
fn numbers_arrive_behind_what_serde_puts_between() {
    let pair = Any::Pair { a: 200, b: Some(0.5) };
    let list = vec![
        Any::Whole(i64::MIN),
        Any::Whole(i64::MAX),
        Any::Broken(0.1),
        Any::Broken(-1e300),
        Any::Text("3".to_owned()),
        Any::List(vec![Any::Whole(0), pair.clone()]),
    ];
    let rest = json!({ "x": [1, 2.5, { "y": -3 }], "z": u64::MAX });
    let flat = Flat {
        name: "flat".to_owned(),
        size: Size { count: u64::MAX, below: -7, ratio: 1e-9 },
        rest: serde_json::from_value(rest).unwrap(),
    };
    let adjacent = vec![Adjacent::Circle { radius: 1.5 }, Adjacent::Square(-4)];
    let internal = vec![
        Internal::Circle { radius: 3.0, more: json!([1, 0.5, null]) },
        Internal::Square(flat.size.clone()),
    ];
    both_ways!(registry(), |client| {
        let (one, more, same) =
            client.any(pair.clone(), list.clone(), flat.clone()).call().unwrap();
        assert_eq!((one, more, same), (pair.clone(), list.clone(), flat.clone()));
        let back = client.tagged(adjacent.clone(), internal.clone()).call().unwrap();
        assert_eq!(back, (adjacent.clone(), internal.clone()));
        for error in list.iter().chain([&pair]) {
            let failed = client.fail_with(error.clone()).call();
            assert!(matches!(failed, Err(CallError::Function(came)) if came == *error), "{error}");
        }
    });
}

/// Numbers of any value, in an object and a list.
#[rpc_export]
fn values(value: Value, number: serde_json::Number) -> (Value, serde_json::Number) {
    (value, number)
}

#[rpc_export]
fn raw(text: Box<RawValue>) -> Box<RawValue> {
    text
}

#[test]
fn any_value_and_raw_text_are_numbers_and_text_again() {
    let value = json!({ "n": [0, -1, 2.5, u64::MAX, i64::MIN, 1e300], "t": "3" });
    let number = serde_json::Number::from(7);
    both_ways!(registry(), |client| {
        let back = client.values(value.clone(), number.clone()).call().unwrap();
        assert_eq!(back, (value.clone(), number.clone()));
        let text: Box<RawValue> = client.call("values", args![&value, &number], ()).unwrap();
        assert_eq!(text.get(), format!("[{value},7]"));
        let by_name = json!({ "value": { "a": 1.5 }, "number": 3 });
        let text: Box<RawValue> = client.call("values", (), &by_name).unwrap();
        assert_eq!(text.get(), r#"[{"a":1.5},3]"#);
        let raw = RawValue::from_string(r#"{"a":[1,2.50,"x"]}"#.to_owned()).unwrap();
        assert_eq!(client.raw(raw.clone()).call().unwrap().get(), raw.get());
        // A number is no keyword arguments, however it serialises.
        let refusal = client.call::<Value>("values", (), number.clone()).unwrap_err();
        assert!(refusal.to_string().contains("is none"), "{refusal}");
    });
}

/// A map that has the private name by which serde_json knows its own.
#[derive(Serialize)]
struct Disguised {
    #[serde(flatten)]
    members: BTreeMap<String, String>,
}

#[test]
fn a_private_name_of_serde_json_is_not_sent() {
    both_ways!(registry(), |client| {
        for kind in ["Number", "RawValue", "Other"] {
            let name = format!("$serde_json::private::{kind}");
            let members = BTreeMap::from([(name, "3".to_owned())]);
            let refusal =
                client.call::<Value>("same", args![Disguised { members }], ()).unwrap_err();
            assert!(matches!(refusal, Error::Misuse(Misuse::Argument(_))), "{refusal:?}");
            assert!(refusal.to_string().contains("a form of serde_json's own"), "{refusal}");
        }
    });
}

/// Borrows from the message.
#[derive(Deserialize, Serialize)]
struct Lent<'a> {
    text: &'a str,
    #[serde(borrow)]
    cow: Cow<'a, str>,
}

#[rpc_export]
fn lent(lent: Lent<'_>) -> String {
    format!("{}{}", lent.text, lent.cow)
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Wide {
    #[serde(flatten)]
    inner: WideInner,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct WideInner {
    number: i128,
}

#[rpc_export]
fn wide(wide: Wide) -> i128 {
    wide.inner.number
}

#[test]
fn what_serde_cannot_read_is_refused_with_a_way_out() {
    both_ways!(registry(), |client| {
        let plain = Lent { text: "a", cow: "b\n".into() };
        assert_eq!(client.lent(plain).call().unwrap(), "ab\n");
        let escaped = Lent { text: "a\n", cow: "b".into() };
        let refusal = client.lent(escaped).call().unwrap_err().to_string();
        assert!(refusal.contains("argument `lent` of `lent` must be"), "{refusal}");
        assert!(refusal.contains("so have a `String`, or a `Cow<str>`"), "{refusal}");
        let refusal = client.wide(Wide { inner: WideInner { number: 1 } }).call().unwrap_err();
        assert!(refusal.to_string().contains("serde has no 128 bits"), "{refusal}");
    });
}
