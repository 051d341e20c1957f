//! What a closure returned, sent as the result of an exported function is.

use std::any::{Any, type_name};
use std::borrow::Cow;
use std::fmt;

use serde::ser::{Error as _, Impossible, Serialize, Serializer};

use crate::protocol::{Fault, code};

use super::{Bytes, Reply};

/// Sends a result, of bytes as bytes travel; the error of a `Result` is a fault.
pub(super) fn send<R: Serialize + 'static>(result: &R, reply: &mut Reply<'_>) -> Result<(), Fault> {
    let any: &dyn Any = result;
    if let Some(bytes) = any.downcast_ref::<Vec<u8>>() {
        reply.send(&Bytes::from(&bytes[..]))
    } else if let Some(bytes) = any.downcast_ref::<Option<Vec<u8>>>() {
        reply.send(&bytes.as_deref().map(Bytes::from))
    } else if is_result(type_name::<R>()) {
        result.serialize(Answer(reply)).map_err(|Stop(fault)| fault)
    } else {
        send_value(result, reply)
    }
}

/// Whether a type is the `Result` of the standard library, or one in a box or an `Option`.
fn is_result(mut name: &str) -> bool {
    let around = ["alloc::boxed::Box<", "core::option::Option<"];
    while let Some(inner) = around.iter().find_map(|outer| name.strip_prefix(outer)) {
        name = inner;
    }
    name.starts_with("core::result::Result<")
}

/// Sends what a `Result` holds when all goes well, of bytes as bytes travel.
fn send_value<T: Serialize + ?Sized>(value: &T, reply: &mut Reply<'_>) -> Result<(), Fault> {
    if !is_bytes(type_name::<T>()) {
        return reply.send(value);
    }
    // No more is known of them than their name, and what serde writes.
    let bytes = serde_json::to_vec(value).and_then(|text| serde_json::from_slice(&text));
    match bytes {
        Ok(bytes) => reply.send::<Option<Bytes<'_>>>(&bytes),
        Err(_) => reply.send(value),
    }
}

/// Whether a type is bytes, or bytes in an `Option`.
fn is_bytes(name: &str) -> bool {
    type Shared = Cow<'static, [u8]>;
    let plain = [type_name::<Vec<u8>>(), type_name::<Box<[u8]>>(), type_name::<Shared>()];
    let optional = [
        type_name::<Option<Vec<u8>>>(),
        type_name::<Option<Box<[u8]>>>(),
        type_name::<Option<Shared>>(),
    ];
    plain.contains(&name) || optional.contains(&name)
}

/// Takes a `Result` apart. It need not be told which types it has: serde says which variant it is.
struct Answer<'a, 'o>(&'a mut Reply<'o>);

/// Why nothing was sent.
#[derive(Debug)]
struct Stop(Fault);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Stop {}

impl serde::ser::Error for Stop {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Fault::new(code::INTERNAL_ERROR, message.to_string()))
    }
}

/// The fault that an error travels as: a text is its own message, and of others their JSON is.
fn fault<E: Serialize + ?Sized>(error: &E) -> Fault {
    let message = match serde_json::to_value(error) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(unsent) => format!("the function failed, and its error cannot be sent: {unsent}"),
    };
    Fault::new(code::APPLICATION, message).with_data(error)
}

/// Writes the methods that neither a `Result` nor what it may be in calls.
macro_rules! not_called {
    ($($method:ident($($ty:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$ok, Stop> {
            Err(Stop::custom("the function has run, but its result is not a `Result`"))
        }
    )*};
}

type Never = Impossible<(), Stop>;

impl Serializer for Answer<'_, '_> {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        match variant {
            "Ok" if is_result(type_name::<T>()) => value.serialize(self),
            "Ok" => send_value(value, self.0).map_err(Stop),
            _ => Err(Stop(fault(value))),
        }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), Stop> {
        self.0.send(&()).map_err(Stop)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        value.serialize(self)
    }

    not_called! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
