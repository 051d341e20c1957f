//! The text that a set of keys is (RFC 7517, section 5).

use std::sync::Arc;

use serde_json::Value;

use super::json::{members, text};
use super::key::Jwk;

/// As long a set's text may be, in bytes.
pub(super) const LENGTH: usize = 1 << 20;

/// So many keys may be in a set.
const KEYS: usize = 100;

/// The keys of a set that can be used, or why there are none.
pub(super) fn keys(json: &[u8]) -> Result<Arc<[Jwk]>, String> {
    if json.len() > LENGTH {
        return Err("it is larger than 1 MiB".into());
    }
    let Some(set) = members(json) else {
        return Err(
            "it is no JSON object with distinct members; a set of keys is {\"keys\":[…]}".into()
        );
    };
    let Some(Value::Array(all)) = set.get("keys") else {
        return Err(if set.contains_key("kty") {
            "it is one key; a set of keys is {\"keys\":[…]}, and one key is for `Jwk::from_json`"
                .into()
        } else {
            "it has no `keys`; a set of keys is {\"keys\":[…]}".into()
        });
    };
    if all.len() > KEYS {
        return Err(format!("it has more than {KEYS} keys"));
    }
    let mut why = String::from("it has none");
    let mut keys = Vec::new();
    for (place, key) in all.iter().enumerate() {
        let read = match key {
            Value::Object(members) => Jwk::of(members),
            _ => Err("it is no object"),
        };
        match read {
            Ok(key) => keys.push(key),
            Err(problem) => {
                let id = key.as_object().and_then(|members| text(members, "kid"));
                let id = id.map_or_else(|| format!("number {}", place + 1), |id| format!("`{id}`"));
                why = format!("of the key {id}, {problem}");
            }
        }
    }
    if keys.is_empty() {
        return Err(format!("no key in it can be used: {why}"));
    }
    Ok(keys.into())
}
