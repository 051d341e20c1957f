//! What a client knows of the functions of its server: the names of their parameters.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use crate::error::{Error, Misuse};
use crate::protocol::{ArgumentError, code};

use super::Invocation;
use super::by_name::{ByName, List, Nil};
use super::deadline::Deadline;
use super::owned::{Names, Positions};

/// The names asked for so far.
#[derive(Debug, Default)]
pub(super) struct KnownNames {
    functions: Mutex<HashMap<String, Names>>,
    /// Why this server tells none.
    silence: Mutex<Option<String>>,
}

/// What `system.describe` says of a function.
#[derive(Debug, Deserialize)]
pub(super) struct Description {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    name: String,
    kind: String,
}

impl Description {
    fn names(self) -> Names {
        let mut parameters = self.parameters.into_iter().peekable();
        let single = |parameter: &Parameter| !matches!(parameter.kind.as_str(), "args" | "kwargs");
        let singles = std::iter::from_fn(|| parameters.next_if(single)).map(|p| p.name).collect();
        let rest = parameters.next().filter(|p| p.kind == "args").map(|p| p.name);
        Names::new(Positions { singles, rest })
    }
}

/// The call that asks for a function's parameters, in the time that is left.
pub(super) fn question(
    method: &str,
    deadline: Option<Deadline>,
) -> Invocation<'static, ByName<List<&str, Nil>, Nil>> {
    let arguments = ByName { args: List(method, Nil), kwargs: Nil };
    let question = Invocation::of("system.describe", arguments);
    match deadline {
        Some(deadline) => question.within(deadline.left()),
        None => question,
    }
}

/// Whether the names of the function's parameters would help where a call failed so.
pub(super) fn would_help(error: &Error) -> bool {
    matches!(error, Error::Misuse(Misuse::Argument(error)) if error.would_names_help())
}

impl KnownNames {
    /// The names of a function's parameters, if they have been asked for.
    ///
    /// # Errors
    ///
    /// The `problem` that they would solve, where the server has been found not to tell.
    pub(super) fn of(&self, method: &str, problem: &ArgumentError) -> Result<Option<Names>, Error> {
        if let Some(reason) = &*lock(&self.silence) {
            return Err(unknown(problem, reason));
        }
        Ok(lock(&self.functions).get(method).cloned())
    }

    /// Takes note of what the server has answered. The call that this was asked for has not run,
    /// whatever became of the question.
    pub(super) fn learn(
        &self,
        method: &str,
        problem: &ArgumentError,
        answer: Result<Description, Error>,
    ) -> Result<Names, Error> {
        match answer {
            Ok(description) => {
                let names = description.names();
                lock(&self.functions).insert(method.to_owned(), Arc::clone(&names));
                Ok(names)
            }
            Err(Error::Io(error)) => Err(error.may_have_run(false).into()),
            Err(error) => {
                let reason = format!("asking the server for its parameters: {error}");
                if error.fault().is_some_and(|fault| fault.code() == code::METHOD_NOT_FOUND) {
                    *lock(&self.silence) = Some(reason.clone());
                }
                Err(unknown(problem, &reason))
            }
        }
    }
}

fn unknown(problem: &ArgumentError, reason: &str) -> Error {
    Misuse::Argument(problem.because(reason)).into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
