//! Maps, what is gathered, and what is left out: nothing of it changes in silence.

use serde_json::{Value, json};

use super::{document, parameter, said, schemas};

const NONE: fn() -> [Value; 2] = || [json!({}), json!({})];

#[test]
fn members_by_pattern_are_compared_pattern_by_pattern() {
    let map = |pattern: &str, of: &str| json!({ "type": "object", "patternProperties": { pattern: { "type": of } }, "additionalProperties": false });
    let [taken, given] = schemas(map("^a", "integer"), map("^a", "number"), NONE());
    assert_eq!(taken, ["+ f: parameter `p.*` takes a number with a fraction, too"]);
    assert_eq!(given, ["- f: result `.*` may now be a number with a fraction"]);
    for changes in schemas(map("^a", "integer"), map("^b", "integer"), NONE()) {
        assert!(changes[0].starts_with("? "), "{changes:?}");
    }
}

#[test]
fn equal_words_that_refer_to_something_else_are_undecided() {
    let all = ["integer", "number"].map(|ty| json!({ "T": { "type": ty } }));
    for keyword in ["not", "contains", "propertyNames", "inventedWord"] {
        let schema = json!({ "type": "object", keyword: { "$ref": "#/components/schemas/T" } });
        for changes in schemas(schema.clone(), schema.clone(), all.clone()) {
            assert!(changes[0].starts_with("? "), "{keyword}: {changes:?}");
        }
        let same = [all[0].clone(), all[0].clone()];
        let same = schemas(schema.clone(), schema, same);
        assert!(same.iter().all(Vec::is_empty), "{same:?}");
    }
}

#[test]
fn a_closed_whole_loses_a_member() {
    let whole = |members: Value| {
        let first = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        json!({ "allOf": [first, { "properties": members }], "unevaluatedProperties": false })
    };
    let (two, one) = (whole(json!({ "b": { "type": "string" } })), whole(json!({})));
    let [taken, _] = schemas(two, one, NONE());
    assert_eq!(taken, ["- f: parameter `p.b` no longer takes a value"]);
}

#[test]
fn a_map_of_anything_becomes_a_type() {
    let map = json!({ "type": "object", "additionalProperties": true });
    let members = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let [taken, _] = schemas(map.clone(), members.clone(), NONE());
    let what = "is one of any members on one side, and has a schema on the other";
    assert_eq!(taken, [format!("? f: parameter `p.a` {what}")]);
    let [_, given] = schemas(members, map, NONE());
    assert_eq!(given, [format!("? f: result `.a` {what}")]);
}

#[test]
fn what_was_gathered_becomes_a_parameter() {
    let of = |parameters: Value, more: Value| {
        let mut function = json!({ "params": parameters });
        if !more.is_null() {
            function["x-kwargs"] = json!({ "name": "more", "schema": more });
        }
        document(function, json!({}))
    };
    let (text, int) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let old = of(json!([]), text.clone());
    let new = of(json!([parameter("a", false, int)]), text);
    let changes = said(&old, &new);
    assert!(
        changes.contains(&"- f: parameter `a` no longer takes a text".to_owned()),
        "{changes:?}"
    );

    let ids = parameter("ids", false, json!({ "type": "array" }));
    let mut gathers = ids.clone();
    gathers["x-args"] = json!(true);
    let [ids, gathers] = [ids, gathers].map(|one| of(json!([one]), Value::Null));
    assert_eq!(
        said(&gathers, &ids),
        ["- f: parameter `ids` no longer gathers arguments; callers give them one by one"]
    );
    assert!(said(&ids, &gathers)[0].starts_with("- "));
}

#[test]
fn defaults_digits_and_counts_are_looked_at() {
    let default = |value: i64| {
        let member = json!({ "type": "integer", "default": value });
        json!({ "type": "object", "properties": { "a": member } })
    };
    let [taken, given] = schemas(default(1), default(2), NONE());
    let expected = "? f: parameter `p.a` has another default, `2` instead of `1`; callers who leave it out may \
                    rely on that";
    assert_eq!(taken, [expected]);
    assert!(given.is_empty(), "{given:?}");

    let float = |format: &str| json!({ "type": "number", "format": format });
    let [taken, given] = schemas(float("double"), float("float"), NONE());
    assert_eq!(taken, ["? f: parameter `p` has fewer digits than it had on the other side"]);
    assert!(given.is_empty(), "{given:?}");

    let least = |count: Value| json!({ "type": "array", "minItems": count });
    let [taken, _] = schemas(least(json!(0)), least(json!(1.0)), NONE());
    assert_eq!(taken, ["- f: parameter `p` no longer takes an array of less than 1 items"]);
}

#[test]
fn errors_of_one_code_and_lost_references() {
    let error = |data: i64| json!({ "code": 1, "message": "m", "data": data });
    let of = |errors: Value| document(json!({ "errors": errors }), json!({}));
    let two = of(json!([error(1), error(2)]));
    assert!(said(&two, &two).is_empty());
    assert_eq!(
        said(&two, &of(json!([error(1)]))),
        ["? f: error 1 has other data, which nothing describes"]
    );
    let lost = document(json!({ "params": [{ "$ref": "#/no" }] }), json!({}));
    assert_eq!(said(&lost, &lost), ["? f: refers to \"#/no\", which is not here"]);
}
