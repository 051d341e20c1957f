//! Two documents of an API are compared as what callers can rely on.

#![allow(clippy::unwrap_used)]

use rpc_core::contract::{Kind, compare};
use serde_json::{Value, json};

#[path = "contract/limits.rs"]
mod limits;
#[path = "contract/maps.rs"]
mod maps;
#[path = "contract/members.rs"]
mod members;

/// A document with one function, `f`.
fn document(function: Value, schemas: Value) -> Value {
    let mut function = function;
    function["name"] = json!("f");
    if function.get("params").is_none() {
        function["params"] = json!([]);
    }
    json!({
        "openrpc": "1.3.2", "info": { "title": "t", "version": "1" },
        "methods": [function], "components": { "schemas": schemas },
    })
}

fn parameter(name: &str, required: bool, schema: Value) -> Value {
    json!({ "name": name, "required": required, "schema": schema })
}

/// What is said of each change, behind a letter for its kind.
fn said(old: &Value, new: &Value) -> Vec<String> {
    let changes = compare(old, new);
    let line = |change: &rpc_core::contract::Change| {
        let kind = match change.kind {
            Kind::Breaking => "-",
            Kind::Unknown => "?",
            _ => "+",
        };
        format!("{kind} {change}")
    };
    changes.iter().map(line).collect()
}

/// The same of functions with one parameter, `p`, and with one result.
fn schemas(old: Value, new: Value, schemas: [Value; 2]) -> [Vec<String>; 2] {
    let [before, now] = schemas;
    let taken = |schema: &Value, all: &Value| {
        document(json!({ "params": [parameter("p", true, schema.clone())] }), all.clone())
    };
    let given = |schema: &Value, all: &Value| {
        document(json!({ "result": { "name": "r", "schema": schema } }), all.clone())
    };
    [
        said(&taken(&old, &before), &taken(&new, &now)),
        said(&given(&old, &before), &given(&new, &now)),
    ]
}

/// Asserts that a schema that allows more is compatible for parameters and breaks results, that the
/// other way round it is the other way round, and that nothing has changed where nothing has.
fn is_wider(narrow: Value, wide: Value, what: &str) {
    let none = [json!({}), json!({})];
    let [taken, given] = schemas(narrow.clone(), wide.clone(), none.clone());
    assert_eq!(taken, [format!("+ f: parameter `p` takes {what}, too")], "{narrow} -> {wide}");
    assert_eq!(given, [format!("- f: result may now be {what}")], "{narrow} -> {wide}");
    let [taken, given] = schemas(wide.clone(), narrow.clone(), none.clone());
    assert_eq!(taken, [format!("- f: parameter `p` no longer takes {what}")], "{wide} -> {narrow}");
    assert_eq!(given, [format!("+ f: result is never {what} any more")], "{wide} -> {narrow}");
    for schema in [narrow, wide] {
        let same = schemas(schema.clone(), schema, none.clone());
        assert!(same.iter().all(Vec::is_empty), "{same:?}");
    }
}

#[test]
fn functions_come_and_go() {
    let both = json!({ "methods": [{ "name": "a", "params": [] }, { "name": "b", "params": [] }] });
    let one = json!({ "methods": [{ "name": "a", "params": [] }] });
    assert_eq!(said(&both, &one), ["- b: is gone"]);
    assert_eq!(said(&one, &both), ["+ b: is new"]);
    assert!(compare(&one, &both).is_compatible());
    assert!(!compare(&both, &one).is_compatible());
    assert!(compare(&both, &both).is_empty());
}

#[test]
fn parameters_come_go_and_change() {
    let int = || json!({ "type": "integer" });
    let of = |parameters: &[Value]| document(json!({ "params": parameters }), json!({}));
    let (a, b) = (parameter("a", true, int()), parameter("b", true, int()));
    let (maybe_a, maybe_b) = (parameter("a", false, int()), parameter("b", false, int()));
    let text_b = parameter("b", true, json!({ "type": "string" }));
    for (old, new, expected) in [
        (vec![&a], vec![&a, &b], vec!["- f: parameter `b` is new and required"]),
        (vec![&a], vec![&a, &maybe_b], vec!["+ f: parameter `b` is new and may be left out"]),
        (
            vec![&b],
            vec![&maybe_a, &b],
            vec![
                "- f: parameter `a` stands before `b`, which callers give by position",
                "+ f: parameter `a` is new and may be left out",
            ],
        ),
        (
            vec![&a, &b],
            vec![&a],
            vec!["- f: parameter `b` is gone; callers who give it are refused"],
        ),
        (vec![&a], vec![&b], vec!["- f: parameter `a` is called `b` now; callers name it"]),
        (
            vec![&a],
            vec![&text_b],
            vec![
                "- f: parameter `a` is called `b` now; callers name it",
                "- f: parameter `a` no longer takes an integer",
                "+ f: parameter `a` takes a text, too",
            ],
        ),
        (vec![&maybe_a], vec![&a], vec!["- f: parameter `a` is required now"]),
        (vec![&a], vec![&maybe_a], vec!["+ f: parameter `a` may be left out now"]),
        (
            vec![&a, &b],
            vec![&b, &a],
            vec!["- f: takes its arguments in another order: b, a instead of a, b"],
        ),
    ] {
        let [old, new] = [old, new].map(|list| list.into_iter().cloned().collect::<Vec<_>>());
        assert_eq!(said(&of(&old), &of(&new)), expected);
    }
    let default =
        |value: i64| parameter("a", false, json!({ "type": "integer", "default": value }));
    let changed = said(&of(&[default(1)]), &of(&[default(2)]));
    let expected = "? f: parameter `a` has another default, `2` instead of `1`; callers who leave it out may \
                    rely on that";
    assert_eq!(changed, [expected]);
}

#[test]
fn results_errors_and_promises_change() {
    let of = |function: Value| document(function, json!({}));
    let result = json!({ "result": { "name": "r", "schema": { "type": "integer" } } });
    assert_eq!(said(&of(result.clone()), &of(json!({}))), ["- f: has no result any more"]);
    assert_eq!(said(&of(json!({})), &of(result)), ["+ f: has a result now"]);

    let errors = |errors: Value| of(json!({ "errors": errors }));
    let (one, two) = (json!({ "code": 1, "message": "m" }), json!({ "code": 2, "message": "m" }));
    assert_eq!(
        said(&errors(json!([one])), &errors(json!([two]))),
        [
            "- f: error 1 is gone; callers who act on it wait for it in vain",
            "+ f: error 2 is new; callers see an error that they do not know",
        ]
    );
    let data = |schema: Value| of(json!({ "x-error-data": schema }));
    let (few, many) = (json!({ "enum": ["a"] }), json!({ "enum": ["a", "b"] }));
    assert_eq!(said(&data(few), &data(many)), ["- f: the error's data may now be `\"b\"`"]);
    let example = |data: Value| errors(json!([{ "code": 1, "message": "m", "data": data }]));
    let other = said(&example(json!(1)), &example(json!(2)));
    assert_eq!(other, ["? f: error 1 has other data, which nothing describes"]);

    let gathers = of(json!({ "x-kwargs": { "name": "more", "schema": true } }));
    let keywords = "f: takes keywords that no parameter has, too";
    assert_eq!(said(&of(json!({})), &gathers), [format!("+ {keywords}")]);
    let lost = "- f: no longer takes keywords that no parameter has";
    assert_eq!(said(&gathers, &of(json!({}))), [lost]);

    let fact = |fact: &str, is: bool| of(json!({ fact: is }));
    let [is, is_not] = [true, false].map(|is| fact("x-idempotent", is));
    let lost = "- f: is no longer idempotent; clients send it again";
    assert_eq!(said(&is, &is_not), [lost]);
    assert_eq!(said(&is, &of(json!({}))), [lost]);
    assert_eq!(said(&is_not, &is), ["+ f: is idempotent now"]);
    assert_eq!(said(&of(json!({})), &fact("deprecated", true)), ["+ f: is deprecated"]);
    let by = |structure: &str| of(json!({ "paramStructure": structure }));
    assert_eq!(said(&by("either"), &by("by-name")), ["- f: no longer takes arguments by position"]);
    assert_eq!(said(&by("by-name"), &of(json!({}))), ["+ f: takes arguments by position, too"]);
}

#[test]
fn words_and_examples_are_no_change() {
    let plain = json!({ "params": [parameter("a", true, json!({ "type": "integer" }))] });
    let mut worded = plain.clone();
    worded["summary"] = json!("Adds.");
    worded["params"][0]["description"] = json!("A number.");
    worded["params"][0]["schema"]["title"] = json!("Number");
    let [plain, worded] = [plain, worded].map(|function| document(function, json!({})));
    assert!(compare(&plain, &worded).is_empty());
    assert!(compare(&worded, &plain).is_empty());
}

#[test]
fn types_widen_and_narrow() {
    for (narrow, wide, what) in [
        (json!({ "type": "integer" }), json!({ "type": "number" }), "a number with a fraction"),
        (json!({ "type": "integer" }), json!({ "type": ["integer", "null"] }), "null"),
        (
            json!({ "type": "integer" }),
            json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }] }),
            "null",
        ),
        (json!({ "type": "integer" }), json!({ "type": ["integer", "string"] }), "a text"),
        (json!({ "type": "string" }), json!(true), "any value"),
        (json!({ "type": "string" }), json!({}), "any value"),
        (json!({ "enum": ["a"] }), json!({ "enum": ["a", "b"] }), "`\"b\"`"),
        (json!({ "const": "a" }), json!({ "enum": ["a", "b"] }), "`\"b\"`"),
        (json!({ "enum": ["a"] }), json!({ "type": "string" }), "a text that is not listed"),
        (json!({ "const": true }), json!({ "type": "boolean" }), "`false`"),
    ] {
        is_wider(narrow, wide, what);
    }
}

#[test]
fn numbers_have_ranges_and_formats() {
    let int = |rest: Value| {
        let mut schema = rest;
        schema["type"] = json!("integer");
        schema
    };
    for (narrow, wide, what) in [
        (json!({ "minimum": 1 }), json!({ "minimum": 0 }), "a number below 1"),
        (json!({ "minimum": 1 }), json!({}), "a number below 1"),
        (json!({ "maximum": 9 }), json!({ "maximum": 10 }), "a number above 9"),
        (json!({ "exclusiveMinimum": 1 }), json!({ "minimum": 1 }), "a number of 1 or less"),
        (json!({ "exclusiveMaximum": 1 }), json!({ "maximum": 1 }), "a number of 1 or more"),
        (
            json!({ "multipleOf": 10 }),
            json!({ "multipleOf": 5 }),
            "a number that is no multiple of 10",
        ),
        (
            json!({ "format": "uint8", "minimum": 0, "maximum": 255 }),
            json!({ "format": "uint16", "minimum": 0, "maximum": 65535 }),
            "a number above 255",
        ),
        (json!({ "format": "uint32" }), json!({ "format": "uint64" }), "a number above 4294967295"),
        (
            json!({ "format": "uint32", "minimum": 0 }),
            json!({ "format": "int64" }),
            "a number below 0",
        ),
    ] {
        if narrow["format"] != "uint32" || narrow.get("minimum").is_none() {
            is_wider(int(narrow), int(wide), what);
        } else {
            let [taken, _] = schemas(int(wide), int(narrow), [json!({}), json!({})]);
            assert!(taken[0].ends_with(what), "{taken:?}");
            assert_eq!(taken.len(), 2);
        }
    }
}

#[test]
fn texts_have_lengths_patterns_and_formats() {
    let text = |rest: Value| {
        let mut schema = rest;
        schema["type"] = json!("string");
        schema
    };
    for (narrow, wide, what) in [
        (json!({ "minLength": 1 }), json!({}), "a text of less than 1 characters"),
        (json!({ "maxLength": 5 }), json!({ "maxLength": 6 }), "a text of more than 5 characters"),
        (json!({ "pattern": "^a" }), json!({}), "a text that does not match `^a`"),
        (json!({ "format": "uuid" }), json!({}), "a text that is not in the format `uuid`"),
    ] {
        is_wider(text(narrow), text(wide), what);
    }
    let none = [json!({}), json!({})];
    let patterns = [json!({ "pattern": "^a" }), json!({ "pattern": "^b" })].map(text);
    let [taken, given] = schemas(patterns[0].clone(), patterns[1].clone(), none);
    assert_eq!(
        taken,
        ["? f: parameter `p` has the pattern `^a` on one side and `^b` on the other"]
    );
    assert!(given[0].starts_with("? "), "{given:?}");
}

#[test]
fn arrays_have_items_and_tuples_places() {
    let int = json!({ "type": "integer" });
    let maybe = json!({ "type": ["integer", "null"] });
    let none = [json!({}), json!({})];
    let list = |items: &Value| json!({ "type": "array", "items": items });
    let [taken, given] = schemas(list(&int), list(&maybe), none.clone());
    assert_eq!(taken, ["+ f: parameter `p[]` takes null, too"]);
    assert_eq!(given, ["- f: result `[]` may now be null"]);

    for tuple in [
        (|items: Value, count: usize| json!({ "type": "array", "items": items, "minItems": count, "maxItems": count }))
            as fn(Value, usize) -> Value,
        |items, count| json!({ "type": "array", "prefixItems": items, "minItems": count, "maxItems": count }),
    ] {
        let (pair, other) = (tuple(json!([int, int]), 2), tuple(json!([int, maybe]), 2));
        let [taken, given] = schemas(pair.clone(), other, none.clone());
        assert_eq!(taken, ["+ f: parameter `p[1]` takes null, too"]);
        assert_eq!(given, ["- f: result `[1]` may now be null"]);
        let three = tuple(json!([int, int, int]), 3);
        let [taken, given] = schemas(pair, three, none.clone());
        assert_eq!(taken[0], "- f: parameter `p` no longer takes an array of less than 3 items");
        assert_eq!(given[0], "- f: result may now be an array of more than 2 items");
    }
    is_wider(
        json!({ "type": "array", "items": int, "uniqueItems": true }),
        json!({ "type": "array", "items": int }),
        "an array that has an item twice",
    );
}

#[test]
fn objects_have_members() {
    let object = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required });
    let none = [json!({}), json!({})];
    let text = json!({ "type": "string" });
    let one = object(json!({ "a": text }), json!(["a"]));
    let maybe = object(json!({ "a": text, "b": text }), json!(["a"]));
    let two = object(json!({ "a": text, "b": text }), json!(["a", "b"]));
    // A member that may be missing comes without a break, either way.
    let [taken, given] = schemas(one.clone(), maybe.clone(), none.clone());
    assert_eq!(taken, ["+ f: parameter `p.b` is taken now"]);
    assert_eq!(given, ["+ f: result `.b` comes now"]);
    let [taken, given] = schemas(one.clone(), two.clone(), none.clone());
    let now = "+ f: parameter `p.b` is taken now";
    assert_eq!(taken, ["- f: parameter `p` no longer takes an object without `b`", now]);
    let now = "+ f: result `.b` comes now";
    assert_eq!(given, [now, "+ f: result is never an object without `b` any more"]);
    let [taken, given] = schemas(two.clone(), maybe, none.clone());
    assert_eq!(taken, ["+ f: parameter `p` takes an object without `b`, too"]);
    assert_eq!(given, ["- f: result may now be an object without `b`"]);

    let number = object(json!({ "a": text, "b": { "type": "integer" } }), json!(["a", "b"]));
    let [taken, given] = schemas(two.clone(), number, none.clone());
    assert_eq!(taken[0], "- f: parameter `p.b` no longer takes a text");
    assert_eq!(given[0], "- f: result `.b` may now be an integer");

    let mut closed = one.clone();
    closed["additionalProperties"] = json!(false);
    is_wider(closed.clone(), one, "an object with members that are not listed");
    let mut closed_two = two;
    closed_two["additionalProperties"] = json!(false);
    let [taken, _] = schemas(closed_two, closed, none.clone());
    assert!(
        taken.contains(&"- f: parameter `p.b` no longer takes a value".to_owned()),
        "{taken:?}"
    );

    let map = |of: Value| json!({ "type": "object", "additionalProperties": of });
    let [taken, given] =
        schemas(map(json!({ "type": "integer" })), map(json!({ "type": "number" })), none);
    assert_eq!(taken, ["+ f: parameter `p.*` takes a number with a fraction, too"]);
    assert_eq!(given, ["- f: result `.*` may now be a number with a fraction"]);
}

/// A enum with data, as its four forms in serde.
fn forms(variants: &[(&str, Value)]) -> [Value; 4] {
    let list = |form: fn(&str, &Value) -> Value| {
        let variants: Vec<_> = variants.iter().map(|(name, data)| form(name, data)).collect();
        json!({ "oneOf": variants })
    };
    [
        list(|name, data| {
            json!({ "type": "object", "properties": { name: data }, "required": [name],
                    "additionalProperties": false })
        }),
        list(|name, data| {
            json!({ "type": "object", "required": ["kind", "data"],
                    "properties": { "kind": { "type": "string", "const": name }, "data": data } })
        }),
        list(|name, data| {
            json!({ "type": "object", "required": ["kind", "at"],
                    "properties": { "kind": { "type": "string", "enum": [name] }, "at": data } })
        }),
        list(|_, data| data.clone()),
    ]
}

#[test]
fn enums_have_variants() {
    let (circle, square) = (json!({ "type": "number" }), json!({ "type": "string" }));
    let less = forms(&[("circle", circle.clone())]);
    let more = forms(&[("circle", circle), ("square", square)]);
    let said =
        ["an object with `square`", "the variant `square`", "the variant `square`", "a text"];
    for ((less, more), what) in less.into_iter().zip(more).zip(said) {
        is_wider(less, more, what);
    }
    // What changes within a variant is said there.
    let (old, new) = (json!({ "type": "integer" }), json!({ "type": "number" }));
    let other = json!({ "type": "array" });
    let paths = [".circle", ".data", ".at", ""];
    let old = forms(&[("circle", old), ("square", other.clone())]);
    let new = forms(&[("circle", new), ("square", other)]);
    for ((old, new), path) in old.into_iter().zip(new).zip(paths) {
        let [taken, _] = schemas(old, new, [json!({}), json!({})]);
        assert_eq!(
            taken,
            [format!("+ f: parameter `p{path}` takes a number with a fraction, too")]
        );
    }
}

#[test]
fn references_are_followed_and_may_lead_back() {
    let tree = |leaf: Value| {
        json!({
            "Tree": { "type": "object", "required": ["leaf", "branches"], "properties": {
                "leaf": leaf, "branches": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } },
            }},
        })
    };
    let reference = || json!({ "$ref": "#/components/schemas/Tree", "description": "A tree." });
    let (int, number) = (tree(json!({ "type": "integer" })), tree(json!({ "type": "number" })));
    let [taken, given] = schemas(reference(), reference(), [int.clone(), number.clone()]);
    assert_eq!(taken, ["+ f: parameter `p.leaf` takes a number with a fraction, too"]);
    assert_eq!(given, ["- f: result `.leaf` may now be a number with a fraction"]);
    let same = schemas(reference(), reference(), [int.clone(), int.clone()]);
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
    // A name is no part of a type.
    let mut renamed = int.clone();
    renamed["Baum"] = renamed["Tree"].clone();
    renamed["Baum"]["properties"]["branches"]["items"] =
        json!({ "$ref": "#/components/schemas/Baum" });
    let other = json!({ "$ref": "#/components/schemas/Baum" });
    let same = schemas(reference(), other, [int.clone(), renamed]);
    assert!(same.iter().all(Vec::is_empty), "{same:?}");

    let lost =
        schemas(reference(), json!({ "$ref": "#/components/schemas/No" }), [int.clone(), int]);
    let expected = "? f: parameter `p` refers to #/components/schemas/No, which is not here";
    assert!(lost[0].contains(&expected.to_owned()), "{lost:?}");
    let round = json!({ "Round": { "$ref": "#/components/schemas/Round" } });
    let round = schemas(
        json!({ "$ref": "#/components/schemas/Round" }),
        json!({ "$ref": "#/components/schemas/Round" }),
        [round.clone(), round],
    );
    assert!(round[0][0].starts_with("? "), "{round:?}");
}

#[test]
fn what_is_flattened_is_compared_as_a_whole() {
    let schema = |more: Value| {
        json!({
            "type": "object", "required": ["a"], "properties": { "a": { "type": "string" } },
            "oneOf": [
                { "type": "object", "required": ["k"], "properties": { "k": { "const": "x" } } },
                more,
            ],
        })
    };
    let y = json!({ "type": "object", "required": ["k"], "properties": { "k": { "const": "y" } } });
    let z = json!({ "type": "object", "required": ["k"], "properties": { "k": { "const": "z" } } });
    let none = [json!({}), json!({})];
    let same = schemas(schema(y.clone()), schema(y.clone()), none.clone());
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
    let [taken, given] = schemas(schema(y), schema(z), none);
    assert_eq!(taken.len(), 2, "{taken:?}");
    assert_eq!(taken[0], "- f: parameter `p` no longer takes the variant `y`");
    assert_eq!(given[0], "- f: result may now be the variant `z`");
}

#[test]
fn of_a_type_that_is_only_named_nothing_is_known() {
    let none = [json!({}), json!({})];
    let (one, other) = (json!({ "title": "One" }), json!({ "title": "Other" }));
    let same = schemas(one.clone(), one.clone(), none.clone());
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
    for other in [other, json!({ "type": "object" }), json!({})] {
        for (old, new) in [(&one, &other), (&other, &one)] {
            let [taken, given] = schemas(old.clone(), new.clone(), none.clone());
            for changes in [taken, given] {
                assert_eq!(changes.len(), 1, "{changes:?}");
                assert!(
                    changes[0].starts_with("? ") && changes[0].contains("`One`"),
                    "{changes:?}"
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_decided_is_said_so() {
    let none = [json!({}), json!({})];
    for keyword in ["not", "if", "contains", "propertyNames", "inventedWord"] {
        let with = |value: Value| json!({ "type": "object", keyword: value });
        let [taken, given] =
            schemas(with(json!({ "a": 1 })), with(json!({ "a": 2 })), none.clone());
        for changes in [taken, given] {
            assert!(
                changes.iter().any(|change| change.starts_with("? ")),
                "{keyword}: {changes:?}"
            );
        }
        let same = with(json!({ "a": 1 }));
        let same = schemas(same.clone(), same, none.clone());
        assert!(same.iter().all(Vec::is_empty), "{same:?}");
    }
}
