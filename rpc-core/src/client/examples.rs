//! Runs the examples of functions, for a test.

use serde_json::{Map, Value};

use crate::args;
use crate::registry::FunctionRegistry;
use crate::registry::description::{FailedExamples, KnownExample};

use super::Stub;

impl FunctionRegistry {
    /// Runs every example of its functions, those of `#[rpc_export(example = …)]`, and compares what comes with what an
    /// example says, as JSON (feature `schema`). Returns how many there are.
    ///
    /// An example that says no result is run, too: its arguments have to fit, and the call may not fail. Functions run
    /// as they do when they are called, in the order of their names, so a function that changes something does:
    /// give the registry instances and state for a test.
    ///
    /// ```standalone_crate
    /// use rpc_core::{FunctionRegistry, rpc_export};
    ///
    /// #[rpc_export(example = add(1, 2) == 3, example = add(1, b = 2))]
    /// fn add(a: i64, b: i64) -> i64 {
    ///     a + b
    /// }
    ///
    /// // In a test:
    /// assert_eq!(FunctionRegistry::exported().check_examples().unwrap(), 2);
    /// ```
    ///
    /// # Errors
    ///
    /// Where examples do not do what they say: all of them, a line each.
    pub fn check_examples(&self) -> Result<usize, FailedExamples> {
        let examples = self.examples();
        let failures: Vec<_> =
            examples.iter().filter_map(|example| self.failure_of(example)).collect();
        if failures.is_empty() { Ok(examples.len()) } else { Err(FailedExamples::new(failures)) }
    }

    fn failure_of(&self, example: &KnownExample) -> Option<String> {
        let KnownExample { function, text, values } = example;
        let failure = match values {
            None => "has a value that panics, or has no form in JSON".to_owned(),
            Some(values) => {
                let named = { values.arguments.iter() }
                    .map(|(name, value)| ((*name).to_owned(), value.clone()));
                let named: Map<String, Value> = named.collect();
                match (self.call::<Value>(function, args![], named), &values.result) {
                    (Ok(came), Some(said)) if came != *said => {
                        format!("comes to {came}, not {said}")
                    }
                    (Ok(_), _) => return None,
                    (Err(error), _) => format!("fails: {error}"),
                }
            }
        };
        Some(format!("{function}: example {text} {failure}"))
    }
}
