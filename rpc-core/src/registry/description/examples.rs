//! Examples as values: to be shown, and to be run.

use std::fmt;

use serde_json::Value;

use super::super::Example;
use super::super::entry::Entry;
use super::values::value;

/// An example that has a form in JSON.
#[derive(Debug)]
pub(crate) struct ExampleValues {
    pub(super) text: &'static str,
    /// The arguments, each with the name of its parameter, or of what it gathers.
    pub(crate) arguments: Vec<(&'static str, Value)>,
    pub(crate) result: Option<Value>,
}

impl ExampleValues {
    /// Evaluates an example of a function; `None` where a value of it has no form in JSON.
    pub(super) fn of(example: &Example, entry: &Entry) -> Option<Self> {
        let (table, parameters) = (entry.described.table, entry.signature.parameters());
        let arguments = example.arguments.iter().map(|(name, make)| {
            let index = parameters.iter().position(|parameter| parameter.name == *name);
            let of = index.and_then(|index| table.parameters.get(index));
            Some((*name, value(*make, of.map(|described| &described.schema))?))
        });
        let result = match example.result {
            Some(make) => Some(value(make, Some(&table.result))?),
            None => None,
        };
        Some(Self { text: example.text, arguments: arguments.collect::<Option<_>>()?, result })
    }
}

/// An example of a function, to be run.
#[derive(Debug)]
pub(crate) struct KnownExample {
    /// The name of the function.
    pub(crate) function: String,
    /// The call as it stands in the source.
    pub(crate) text: &'static str,
    /// `None` where a value of it has no form in JSON.
    pub(crate) values: Option<ExampleValues>,
}

impl KnownExample {
    /// Those of a function.
    pub(super) fn of(entry: &Entry) -> impl Iterator<Item = Self> {
        entry.described.table.examples.iter().map(|example| Self {
            function: entry.signature.name().to_owned(),
            text: example.text,
            values: ExampleValues::of(example, entry),
        })
    }
}

/// Examples of functions that do not do what they say ([`check_examples`](crate::FunctionRegistry::check_examples)).
///
/// `Display` and `Debug` say so in the same words, so that a test which unwraps it can be read.
pub struct FailedExamples(Vec<String>);

impl FailedExamples {
    /// Takes what is wrong with each, a sentence each, of which there is one at least.
    pub(crate) fn new(failures: Vec<String>) -> Self {
        Self(failures)
    }
}

impl fmt::Display for FailedExamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("examples of functions do not do what they say\n")?;
        self.0.iter().try_for_each(|failure| write!(f, "\n  {failure}"))
    }
}

impl fmt::Debug for FailedExamples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FailedExamples {}
