//! Documents that are deep, large, or lead back to themselves are compared, or are said to be undecided.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::schemas;

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn are_undecided(both: &[Vec<String>; 2], why: &str) {
    for changes in both {
        assert!(changes.iter().any(|c| c.starts_with("? ") && c.contains(why)), "{changes:?}");
    }
}

#[test]
fn alternatives_that_lead_back_are_undecided() {
    for one in [json!({ "const": 1 }), json!({ "enum": [1, 2] })] {
        for round in [json!([reference("A")]), json!([reference("A"), reference("A")])] {
            let all = json!({ "A": { "anyOf": round } });
            let [taken, _] = schemas(one.clone(), reference("A"), [all.clone(), all]);
            assert!(taken.iter().any(|change| change.starts_with("? ")), "{taken:?}");
        }
    }
}

#[test]
fn a_long_chain_of_types_is_too_deep() {
    let chain = |last: &str| {
        let mut all = Map::new();
        for at in 0..3000 {
            let next = json!({ "next": reference(&format!("A{}", at + 1)) });
            all.insert(format!("A{at}"), json!({ "type": "object", "properties": next }));
        }
        all.insert("A3000".to_owned(), json!({ "type": last }));
        Value::Object(all)
    };
    let changed = schemas(reference("A0"), reference("A0"), [chain("string"), chain("integer")]);
    are_undecided(&changed, "is nested too deep to be compared");
    let same = schemas(reference("A0"), reference("A0"), [chain("string"), chain("string")]);
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
}

#[test]
fn what_is_written_many_times_over_is_too_large() {
    let all = |last: Value| {
        let mut all = Map::from_iter([("A12".to_owned(), last)]);
        for at in 0..12 {
            let next = vec![reference(&format!("A{}", at + 1)); 8];
            all.insert(format!("A{at}"), json!({ "allOf": next }));
        }
        Value::Object(all)
    };
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "number" }));
    let begun = Instant::now();
    let changed = schemas(reference("A0"), reference("A0"), [all(text.clone()), all(number)]);
    are_undecided(&changed, "is too large to be compared");
    let same = schemas(reference("A0"), reference("A0"), [all(text.clone()), all(text)]);
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

#[test]
fn types_that_refer_to_each_other_are_compared_once() {
    let all = |leaf: &str, title: &str| {
        let mut all = Map::new();
        for at in 0..12 {
            let mut members = (0..12)
                .map(|to| (format!("t{to}"), reference(&format!("T{to}"))))
                .collect::<Map<_, _>>();
            members.insert(
                "leaf".to_owned(),
                json!({ "type": if at == 11 { leaf } else { "string" } }),
            );
            let schema = json!({ "type": "object", "title": title, "properties": members });
            all.insert(format!("T{at}"), schema);
        }
        Value::Object(all)
    };
    let same = schemas(reference("T0"), reference("T0"), [all("string", "a"), all("string", "b")]);
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
    let [taken, given] =
        schemas(reference("T0"), reference("T0"), [all("integer", ""), all("number", "")]);
    assert!(taken.iter().all(|change| change.starts_with("+ ")), "{taken:?}");
    assert!(taken.iter().any(|change| change.contains("`p.t11.leaf` takes a number")), "{taken:?}");
    assert!(given[0].starts_with("- "), "{given:?}");
}

#[test]
fn long_lists_of_values_are_compared_at_once() {
    let values = |more: &[&str]| -> Vec<String> {
        let all = (0..1000).map(|at| format!("value {at}"));
        all.chain(more.iter().map(|value| (*value).to_owned())).collect()
    };
    let list = |more: &[&str]| json!({ "type": "string", "enum": values(more) });
    let described = |more: &[&str]| {
        let all = values(more).into_iter().map(|value| json!({ "const": value, "title": value }));
        json!({ "oneOf": all.collect::<Vec<_>>() })
    };
    let maybe = |more: &[&str]| json!({ "anyOf": [described(more), { "type": "null" }] });
    let begun = Instant::now();
    let none = [json!({}), json!({})];
    for (old, new) in [
        (list(&[]), list(&["new"])),
        (described(&[]), described(&["new"])),
        (list(&[]), described(&["new"])),
        (maybe(&[]), maybe(&["new"])),
    ] {
        let [taken, given] = schemas(old, new, none.clone());
        assert_eq!(taken, ["+ f: parameter `p` takes `\"new\"`, too"]);
        assert_eq!(given, ["- f: result may now be `\"new\"`"]);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let same = schemas(json!({ "enum": [1.0] }), json!({ "enum": [1] }), none);
    assert!(same.iter().all(Vec::is_empty), "{same:?}");
}

#[test]
fn what_cannot_be_read_is_never_compatible_in_silence() {
    let none = [json!({}), json!({})];
    let odd = [
        reference("No"),
        json!(7),
        json!({ "type": 7 }),
        json!({ "type": "object", "properties": { "a": 7 } }),
    ];
    let right = json!({ "type": "string" });
    for odd in odd {
        for (old, new) in [(&odd, &odd), (&odd, &right), (&right, &odd)] {
            let both = schemas(old.clone(), new.clone(), none.clone());
            for changes in both {
                assert!(
                    changes.iter().any(|change| !change.starts_with('+')),
                    "{old} {new} {changes:?}"
                );
            }
        }
    }
}
