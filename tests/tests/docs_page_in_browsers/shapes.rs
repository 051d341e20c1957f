//! Functions that take values of every shape.

use std::collections::BTreeMap;
use std::fmt;

use rpc_core::{CallContext, FunctionRegistry, rpc_export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Low,
    High,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Task {
    /// What is to be *done*.
    title: String,
    done: bool,
    level: Level,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<Box<Task>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Shape {
    Circle { radius: f64 },
    Square { side: f64 },
    Nothing,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) enum Expression {
    Sum(Box<Expression>, Box<Expression>),
    Number(i64),
    Nothing,
}

/// Why something was refused.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Refused {
    limit: u64,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {} is refused", self.limit)
    }
}

pub(crate) struct Shapes;

/// What each takes, it returns.
#[rpc_export]
impl Shapes {
    /// Returns a text, *as it is*. More in [the wire's guide](https://example.org/wire), or by [mail](mailto:a@example.org).
    ///
    /// - one `item`
    /// - another
    ///
    /// ```
    /// assert_eq!(text("x"), "x");
    /// ```
    #[rpc_export(idempotent, read_only, example = text("Grüß Gott"))]
    pub fn text(
        &self,
        /// The **text**.
        text: String,
    ) -> String {
        text
    }

    /// Returns a count.
    pub fn count(&self, n: u64) -> u64 {
        n
    }

    pub fn ratio(&self, x: f64) -> f64 {
        x
    }

    pub fn flag(&self, on: bool, maybe: Option<bool>) -> (bool, Option<bool>) {
        (on, maybe)
    }

    pub fn level(&self, level: Level) -> Level {
        level
    }

    pub fn task(&self, task: Task) -> Task {
        task
    }

    pub fn shape(&self, shape: Shape) -> Shape {
        shape
    }

    pub fn expression(&self, expression: Expression) -> Expression {
        expression
    }

    pub fn point(&self, point: (f64, String)) -> (f64, String) {
        point
    }

    pub fn counts(&self, counts: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        counts
    }

    pub fn any(&self, value: Value) -> Value {
        value
    }

    pub fn bytes(&self, bytes: Vec<u8>) -> usize {
        bytes.len()
    }

    pub fn defaults(&self, a: i64, #[default(10)] b: i64, c: Option<String>) -> Value {
        json!([a, b, c])
    }

    pub fn gathered(
        &self,
        #[args] numbers: Vec<f64>,
        #[kwargs] flags: BTreeMap<String, bool>,
    ) -> Value {
        json!([numbers, flags])
    }

    pub fn several(&self, text: String, numbers: Vec<i64>, maybe: Option<bool>) -> Value {
        json!([text, numbers, maybe])
    }

    pub fn refuses(&self, n: u64) -> Result<u64, Refused> {
        Err(Refused { limit: n })
    }

    pub fn panics(&self) {
        panic!("on purpose");
    }

    #[deprecated(note = "there is *something*")]
    pub fn nothing(&self) {}

    /// Says what token it was called with.
    pub fn token(&self, context: &CallContext) -> Option<String> {
        context.header("authorization").map(str::to_owned)
    }

    /// <script>alert(1)</script> <img src=https://evil.example/i.png onerror=alert(2)> [click](javascript:alert(3))
    /// ![picture](https://evil.example/p.png) [data](data:text/html,<script>alert(4)</script>) <style>*{display:none}</style>
    ///
    /// | a | <svg onload=alert(5)> |
    /// |---|---|
    /// | [`x`]: javascript:alert(6) | </td></table><script>alert(7)</script> |
    ///
    /// [ref][r] <javascript:alert(8)> &lt;script&gt; <https://example.org/"onmouseover="alert(9)>
    ///
    /// [r]: javascript:alert(10)
    pub fn hostile(
        &self,
        /// </div><script>alert(11)</script>
        text: String,
    ) -> String {
        text
    }
}

/// What hostile names are made of.
pub(crate) const HOSTILE: [&str; 4] = [
    "<img src=x onerror=alert(12)>",
    "\"><script>alert(13)</script>",
    "javascript:alert(14)",
    "__proto__",
];

/// The functions, and what is said of them.
pub(crate) fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::new();
    registry.register_instance(Shapes).unwrap();
    registry.register("inner.closure", |n: u8, maybe: Option<bool>| (n, maybe)).unwrap();
    for name in HOSTILE {
        registry.register(name, |text: String| text).unwrap();
    }
    registry
}
