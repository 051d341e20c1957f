//! Members that may be left out come, go, and change their names.

use serde_json::{Value, json};

use super::schemas;

fn object(members: &[&str]) -> Value {
    let members = members.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" })));
    json!({ "type": "object", "properties": members.collect::<serde_json::Map<_, _>>() })
}

#[test]
fn a_member_that_may_be_left_out_comes_goes_and_is_renamed() {
    let none = [json!({}), json!({})];
    let (a, ab, ac) = (object(&["a"]), object(&["a", "b"]), object(&["a", "c"]));
    let [taken, given] = schemas(a.clone(), ab.clone(), none.clone());
    assert_eq!(taken, ["+ f: parameter `p.b` is taken now"]);
    assert_eq!(given, ["+ f: result `.b` comes now"]);
    let dropped = "is not taken any more; what is sent in it is dropped";
    let [taken, given] = schemas(ab.clone(), a, none.clone());
    assert_eq!(taken, [format!("- f: parameter `p.b` {dropped}")]);
    assert_eq!(given, ["- f: result `.b` does not come any more"]);
    let [taken, given] = schemas(ab, ac, none);
    assert_eq!(
        taken,
        [format!("- f: parameter `p.b` {dropped}"), "+ f: parameter `p.c` is taken now".to_owned()]
    );
    assert_eq!(given, ["- f: result `.b` does not come any more", "+ f: result `.c` comes now"]);
}

#[test]
fn members_are_found_in_arrays_and_in_shared_types() {
    let reference = json!({ "$ref": "#/components/schemas/T" });
    let list = json!({ "type": "array", "items": reference });
    let maybe = json!({ "anyOf": [reference, { "type": "null" }] });
    let all = json!({
        "type": "object", "properties": { "one": reference, "other": reference, "list": list, "maybe": maybe },
    });
    let [old, new] = [&["a", "b"][..], &["a"][..]].map(|members| json!({ "T": object(members) }));
    let [taken, given] = schemas(all.clone(), all, [old, new]);
    let places = [".list[].b", ".maybe.b", ".one.b", ".other.b"];
    let dropped = "is not taken any more; what is sent in it is dropped";
    assert_eq!(taken, places.map(|at| format!("- f: parameter `p{at}` {dropped}")));
    assert_eq!(given, places.map(|at| format!("- f: result `{at}` does not come any more")));
}

#[test]
fn alternatives_name_the_members_of_the_whole() {
    let variant = |kind: &str, members: Value| {
        let mut properties = members;
        properties["kind"] = json!({ "const": kind });
        json!({ "type": "object", "required": ["kind"], "properties": properties })
    };
    let text = json!({ "type": "string" });
    let of = |members: Value| {
        json!({
            "type": "object", "properties": { "a": text },
            "oneOf": [variant("x", members), variant("y", json!({}))],
        })
    };
    let [taken, given] = schemas(of(json!({})), of(json!({ "b": text })), [json!({}), json!({})]);
    assert_eq!(taken, ["+ f: parameter `p.b` is taken now"]);
    assert_eq!(given, ["+ f: result `.b` comes now"]);
}
