//! A server that wants to know who calls, by tokens that are withdrawn when a test says so.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Call, code};
use rpc_core::{CallContext, Fault, FunctionRegistry};

/// Who knows the values of `Authorization` that are good, and gives them out.
#[derive(Debug, Default)]
pub struct Doorman {
    good: Mutex<HashSet<String>>,
    issued: AtomicUsize,
    greetings: AtomicUsize,
}

impl Doorman {
    /// Gives out a value that is good until [`withdraw`](Self::withdraw).
    pub fn issue(&self) -> String {
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        let value = format!("Bearer s3cret-{number}");
        self.good.lock().unwrap().insert(value.clone());
        value
    }

    /// Has no value be good any more.
    pub fn withdraw(&self) {
        self.good.lock().unwrap().clear();
    }

    /// Takes this value, too.
    pub fn take(&self, value: &str) {
        self.good.lock().unwrap().insert(value.to_owned());
    }

    /// How many values were given out.
    pub fn issued(&self) -> usize {
        self.issued.load(Ordering::SeqCst)
    }

    /// How often connections have begun, or gone on, by saying who calls.
    pub fn greetings(&self) -> usize {
        self.greetings.load(Ordering::SeqCst)
    }

    fn is_good(&self, value: &str) -> bool {
        self.good.lock().unwrap().contains(value)
    }
}

/// Lets through whose value is good: in the header `Authorization`, the metadata of the call, or the
/// greeting of the connection.
#[derive(Debug)]
pub struct Guarded {
    functions: FunctionRegistry,
    doorman: Arc<Doorman>,
}

struct Said(String);

impl Guarded {
    /// Stands before all exported functions.
    pub fn new(doorman: &Arc<Doorman>) -> Self {
        let mut functions = FunctionRegistry::exported();
        functions.register("rpc.authenticate", |_: String| "ada").unwrap();
        Self { functions, doorman: Arc::clone(doorman) }
    }
}

impl Dispatch for Guarded {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let connection = context.connection();
        let is_greeting = call.method() == "rpc.authenticate";
        let said = if is_greeting {
            self.doorman.greetings.fetch_add(1, Ordering::SeqCst);
            let text = call.positional().iter().next().unwrap_or_default();
            serde_json::from_str(text).ok()
        } else {
            let greeted = || connection?.get::<Said>().map(|said| said.0.clone());
            // Of a WebSocket, that of the request which opened it.
            let said =
                context.metadata("authorization").or_else(|| context.header("authorization"));
            said.map(str::to_owned).or_else(greeted)
        };
        let Some(said) = said.filter(|said| self.doorman.is_good(said)) else {
            return Fault::new(code::UNAUTHENTICATED, "who are you?").into();
        };
        if is_greeting && let Some(connection) = connection {
            connection.insert(Said(said));
        }
        self.functions.dispatch(call, context, reply)
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.functions)
    }
}
