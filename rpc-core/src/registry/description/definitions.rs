//! Definitions of types: what is taken and what is given put into one table, each type under one name.

use std::collections::{BTreeMap, BTreeSet};

use schemars::Schema;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::{Map, Value};

use super::draft::DEFINITIONS;

pub(super) type Definitions = Map<String, Value>;

/// Schemas of one direction, and the definitions that they refer to.
pub(super) struct Side<'s> {
    /// What the name of a type ends in where the other direction has another schema of it.
    pub(super) suffix: &'static str,
    pub(super) schemas: Vec<&'s mut Value>,
    pub(super) definitions: Definitions,
}

/// Puts the definitions of both directions, what is taken first, into one table, and has the schemas refer to that.
/// A type that is read as it is written stands there once; another twice, as `Task-Input` and `Task-Output`.
pub(super) fn join([mut taken, mut given]: [Side<'_>; 2]) -> Definitions {
    for side in [&mut taken, &mut given] {
        let reached = reached(side.schemas.iter().map(|schema| &**schema), &side.definitions);
        side.definitions.retain(|name, _| reached.contains(name));
    }
    let different = different(&taken.definitions, &given.definitions);
    let mut joined = Definitions::new();
    for side in [taken, given] {
        let names: BTreeMap<String, String> = { side.definitions.keys() }
            .map(|name| {
                let suffix = if different.contains(name) { side.suffix } else { "" };
                (name.clone(), format!("{}{suffix}", portable(name)))
            })
            .collect();
        let mut rename = Renamed(&names);
        for schema in side.schemas {
            rename.value(schema);
        }
        for (name, mut schema) in side.definitions {
            rename.value(&mut schema);
            joined.entry(names[&name].clone()).or_insert(schema);
        }
    }
    joined
}

/// The definitions that schemas refer to, and those that these refer to.
pub(super) fn needed<'s>(
    schemas: impl IntoIterator<Item = &'s Value>,
    definitions: &Definitions,
) -> Definitions {
    let names = reached(schemas, definitions);
    let needed = definitions.iter().filter(|(name, _)| names.contains(*name));
    needed.map(|(name, schema)| (name.clone(), schema.clone())).collect()
}

/// Has a schema refer to definitions that stand elsewhere.
pub(super) fn refer_to(place: &str, schema: &mut Value) {
    References(&mut |reference: &mut String| {
        if let Some(name) = reference.strip_prefix(DEFINITIONS) {
            *reference = format!("{place}{name}");
        }
    })
    .value(schema);
}

/// The names that both tables have for what is not the same, all the way down.
fn different(taken: &Definitions, given: &Definitions) -> BTreeSet<String> {
    let mut different = BTreeSet::new();
    loop {
        let before = different.len();
        for (name, schema) in taken.iter().filter(|(name, _)| given.contains_key(*name)) {
            let refers = || names_in(schema).iter().any(|name| different.contains(name));
            if !covers(schema, &given[name]) || refers() {
                different.insert(name.clone());
            }
        }
        if different.len() == before {
            return different;
        }
    }
}

/// Whether what is given is described by the schema of what is taken: it may have members always that may be
/// left out there.
fn covers(taken: &Value, given: &Value) -> bool {
    match (taken, given) {
        (Value::Object(taken), Value::Object(given)) => {
            let is_list =
                |(name, value): &(&String, &Value)| *name == "required" && value.is_array();
            let rest = |all: &Definitions| all.iter().filter(|one| !is_list(one)).count();
            let is_covered = |(name, schema): (&String, &Value)| match given.get(name) {
                Some(other) if is_list(&(name, schema)) => is_subset(schema, other),
                Some(other) => covers(schema, other),
                None => false,
            };
            rest(taken) == rest(given) && taken.iter().all(is_covered)
        }
        (Value::Array(taken), Value::Array(given)) => {
            taken.len() == given.len() && taken.iter().zip(given).all(|(one, two)| covers(one, two))
        }
        _ => taken == given,
    }
}

fn is_subset(some: &Value, all: &Value) -> bool {
    match (some, all) {
        (Value::Array(some), Value::Array(all)) => some.iter().all(|one| all.contains(one)),
        _ => false,
    }
}

fn reached<'s>(
    schemas: impl IntoIterator<Item = &'s Value>,
    definitions: &Definitions,
) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<String> = schemas.into_iter().flat_map(names_in).collect();
    while let Some(name) = waiting.pop() {
        if let Some(schema) = definitions.get(&name)
            && reached.insert(name)
        {
            waiting.extend(names_in(schema));
        }
    }
    reached
}

/// The names of the definitions that a schema refers to itself.
fn names_in(schema: &Value) -> Vec<String> {
    let mut names = Vec::new();
    References(&mut |reference: &mut String| names.extend(named(reference)))
        .value(&mut schema.clone());
    names
}

/// The name of the definition that a reference points to.
fn named(reference: &str) -> Option<String> {
    let encoded = reference.strip_prefix(DEFINITIONS)?;
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, behind @ ..] = rest {
        let two = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match two.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    let name = String::from_utf8_lossy(&bytes);
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// A name that stands in a reference as it is, and that OpenRPC takes for a component.
fn portable(name: &str) -> String {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.chars().all(is_usual) && !name.is_empty() {
        return name.to_owned();
    }
    // What is told apart only by other characters is told apart by their numbers.
    let part = |c: char| if is_usual(c) { c.to_string() } else { format!("_{:x}_", u32::from(c)) };
    name.chars().map(part).collect()
}

struct Renamed<'n>(&'n BTreeMap<String, String>);

impl Renamed<'_> {
    fn value(&mut self, schema: &mut Value) {
        References(&mut |reference: &mut String| {
            if let Some(name) = named(reference).and_then(|name| self.0.get(&name)) {
                *reference = format!("{DEFINITIONS}{name}");
            }
        })
        .value(schema);
    }
}

/// Shows every reference in a schema, and takes what is made of it.
struct References<'f>(&'f mut dyn FnMut(&mut String));

impl References<'_> {
    fn value(&mut self, schema: &mut Value) {
        if let Ok(schema) = schema.try_into() {
            self.transform(schema);
        }
    }
}

impl Transform for References<'_> {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::String(reference)) = schema.get_mut("$ref") {
            (self.0)(reference);
        }
        transform_subschemas(self, schema);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Side, covers, join, named, portable};

    fn table(value: Value) -> super::Definitions {
        match value {
            Value::Object(table) => table,
            _ => panic!("no table"),
        }
    }

    #[test]
    fn a_type_that_is_read_as_it_is_written_stands_once() {
        let mut taken = json!({ "$ref": "#/$defs/Outer" });
        let mut given = json!({ "type": "array", "items": { "$ref": "#/$defs/Outer" } });
        let outer = json!({ "properties": { "in": { "$ref": "#/$defs/Inner" }, "same": { "$ref": "#/$defs/Same" } } });
        let joined = join([
            Side {
                suffix: "-Input",
                schemas: vec![&mut taken],
                definitions: table(json!({
                    "Outer": outer, "Inner": {}, "Same": { "type": "null" }, "Unused": {},
                })),
            },
            Side {
                suffix: "-Output",
                schemas: vec![&mut given],
                definitions: table(
                    json!({ "Outer": outer, "Inner": { "type": "object" }, "Same": { "type": "null" } }),
                ),
            },
        ]);
        let names: Vec<_> = joined.keys().collect();
        assert_eq!(names, ["Inner-Input", "Inner-Output", "Outer-Input", "Outer-Output", "Same"]);
        assert_eq!(taken["$ref"], "#/$defs/Outer-Input");
        assert_eq!(given["items"]["$ref"], "#/$defs/Outer-Output");
        assert_eq!(joined["Outer-Input"]["properties"]["in"]["$ref"], "#/$defs/Inner-Input");
        assert_eq!(joined["Outer-Output"]["properties"]["same"]["$ref"], "#/$defs/Same");
    }

    #[test]
    fn what_may_be_left_out_where_it_is_taken_makes_no_second_type() {
        let given =
            json!({ "type": "object", "properties": { "required": {} }, "required": ["a", "b"] });
        let mut taken = given.clone();
        assert!(covers(&taken, &given));
        taken["required"] = json!(["b"]);
        assert!(covers(&taken, &given));
        assert!(!covers(&given, &taken));
        taken.as_object_mut().unwrap().remove("required");
        assert!(covers(&taken, &given));
        assert!(!covers(&given, &taken));
        taken["properties"]["required"] = json!(true);
        assert!(!covers(&taken, &given));
    }

    #[test]
    fn names_are_read_from_references_and_made_portable() {
        assert_eq!(named("#/$defs/Page%3CUser%3E").as_deref(), Some("Page<User>"));
        assert_eq!(named("#/$defs/a~1b~0c").as_deref(), Some("a/b~c"));
        assert_eq!(named("#/elsewhere/User"), None);
        assert_eq!(portable("Page<User>"), "Page_3c_User_3e_");
        assert_eq!(portable("User2"), "User2");
    }
}
