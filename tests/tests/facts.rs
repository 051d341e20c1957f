//! What `#[rpc_export(…)]` says of a function is known to whoever looks at its signature.

#![allow(clippy::unwrap_used, clippy::unused_self, unreachable_pub)]

use rpc_core::layer::Signature;
use rpc_core::{FunctionRegistry, rpc_export};

#[rpc_export(read_only, open_world = false)]
fn look(words: &str) -> usize {
    words.len()
}

#[rpc_export(destructive, open_world, mcp)]
fn discard(name: &str) -> usize {
    name.len()
}

#[rpc_export(idempotent, destructive = false, mcp = false)]
fn keep(name: &str) -> usize {
    name.len()
}

#[rpc_export]
fn plain() {}

#[rpc_export]
#[deprecated(since = "1.2.0", note = "call `look`")]
fn peek() {}

#[rpc_export]
#[deprecated = "has no use"]
fn glance() {}

#[rpc_export]
#[deprecated]
fn gaze() {}

#[rpc_export]
mod shelf {
    #[rpc_export(read_only, mcp)]
    pub fn count() -> usize {
        0
    }
}

struct Crate;

#[rpc_export]
impl Crate {
    #[rpc_export(read_only)]
    #[deprecated(note = "open it")]
    pub fn weigh(&self) -> u32 {
        1
    }
}

fn facts(of: &Signature) -> (bool, bool, Option<bool>, Option<bool>, Option<bool>) {
    let read_only = of.is_read_only();
    (of.is_idempotent(), read_only, of.is_destructive(), of.is_open_world(), of.is_tool())
}

#[test]
fn a_signature_says_what_its_options_say() {
    let mut registry = FunctionRegistry::exported();
    registry.register_instance_at("box", Crate).unwrap();
    registry.register("closure", || ()).unwrap();
    let of = |name: &str| registry.functions().find(|one| one.name() == name).unwrap();
    let nothing = (false, false, None, None, None);
    for (name, said, deprecation) in [
        ("look", (false, true, None, Some(false), None), None),
        ("discard", (false, false, Some(true), Some(true), Some(true)), None),
        ("keep", (true, false, Some(false), None, Some(false)), None),
        ("plain", nothing, None),
        ("peek", nothing, Some("call `look`")),
        ("glance", nothing, Some("has no use")),
        ("gaze", nothing, Some("")),
        ("shelf.count", (false, true, None, None, Some(true)), None),
        ("box.weigh", (false, true, None, None, None), Some("open it")),
        ("closure", nothing, None),
    ] {
        assert_eq!((facts(of(name)), of(name).deprecation()), (said, deprecation), "{name}");
    }
}
