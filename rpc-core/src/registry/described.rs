//! What describes a function besides its signature: the schemas of its types, and values as JSON.
//!
//! Generated code writes it by a macro that is this crate's own, so that this crate's feature decides, and none
//! of the crate that exports the function: a type without a schema compiles whoever turns the feature on.

use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::protocol::json;

/// Where the table of a function stands.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// The table.
    pub table: &'static Table,
}

/// What is asked of a function's types and values when somebody wants to know, and not before.
#[derive(Debug)]
pub struct Table {
    /// Its parameters, in order; none where only their types' names are known.
    pub parameters: &'static [DescribedParameter],
    /// The value that a call comes to.
    pub result: SchemaOf,
    /// The function's own error, if it has one.
    pub error: Option<SchemaOf>,
    /// Calls that show what it does.
    pub examples: &'static [Example],
}

/// What is known of a parameter.
#[derive(Debug)]
pub struct DescribedParameter {
    /// Its type.
    pub schema: SchemaOf,
    /// Evaluates its default.
    pub default: Option<ValueFn>,
}

/// What is known of a type.
#[derive(Debug)]
pub struct SchemaOf {
    /// The type as it stands in the source.
    pub name: &'static str,
    /// Its schema, where it has one.
    pub whole: Option<SchemaFn>,
    /// What its spelling tells.
    pub shape: Shape,
}

/// What a type is by its spelling.
#[derive(Debug)]
pub enum Shape {
    /// Not known.
    Unknown,
    /// Bytes, which travel as text, or such in an `Option`.
    Bytes,
    /// A list.
    List {
        /// What is in it.
        of: &'static SchemaOf,
    },
    /// A map whose keys are text.
    Map {
        /// What is in it.
        of: &'static SchemaOf,
    },
    /// An `Option`.
    Optional {
        /// What may be in it.
        of: &'static SchemaOf,
    },
}

/// A call of a function, and what it comes to.
#[derive(Debug)]
pub struct Example {
    /// The call as it stands in the source.
    pub text: &'static str,
    /// The arguments that are given, each with the name of its parameter, or of what it gathers.
    pub arguments: &'static [(&'static str, ValueFn)],
    /// The result, if it is said.
    pub result: Option<ValueFn>,
}

/// Writes the schema of a type.
pub type SchemaFn = fn(&mut SchemaGenerator) -> Schema;

/// Makes a value, and shows it as JSON, if it has that form.
pub type ValueFn = fn() -> Option<Value>;

impl Described {
    /// What describes a function of which no more than its signature is known.
    pub(super) const NONE: Self = Self {
        table: &Table { parameters: &[], result: SchemaOf::UNKNOWN, error: None, examples: &[] },
    };
}

impl SchemaOf {
    /// That of a type of which only the name is known, which stands in the signature.
    pub(super) const UNKNOWN: Self = Self { name: "", whole: None, shape: Shape::Unknown };
}

/// Asks whether a type has a schema.
#[derive(Debug)]
pub struct SchemaProbe<T: ?Sized>(PhantomData<T>);

/// The answer where nothing more is known. An inherent constant goes before that of a trait.
pub trait NoSchema {
    /// None.
    const SCHEMA: Option<SchemaFn> = None;
}

impl<T: ?Sized> NoSchema for SchemaProbe<T> {}

impl<T: JsonSchema + ?Sized> SchemaProbe<T> {
    /// Its schema.
    pub const SCHEMA: Option<SchemaFn> = Some(SchemaGenerator::subschema_for::<T>);
}

/// A value that is asked for its form in JSON.
#[derive(Debug)]
pub struct Shown<'v, T: ?Sized>(pub &'v T);

/// The answer where nothing more is known. An inherent method goes before that of a trait.
pub trait NoJson {
    /// It has none.
    fn json(&self) -> Option<Value> {
        None
    }
}

impl<T: ?Sized> NoJson for Shown<'_, T> {}

impl<T: Serialize + ?Sized> Shown<'_, T> {
    /// The value as it would travel; `None` where it cannot, as a `NaN`.
    pub fn json(&self) -> Option<Value> {
        let mut text = Vec::new();
        json::write(&mut text, self.0).ok()?;
        serde_json::from_slice(&text).ok()
    }
}
