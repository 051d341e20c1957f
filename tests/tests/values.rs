//! Values arrive as they were sent, and what cannot be sent is refused by its sender.

#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use rpc_core::error::Misuse;
use rpc_core::types::Bytes;
use rpc_core::{Error, FunctionRegistry, Stub, args, call, kwargs, rpc_export};
use serde_json::Value;
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
