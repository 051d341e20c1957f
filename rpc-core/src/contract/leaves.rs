//! What schemas say of numbers and of texts.

use serde_json::Value;

use super::problem::{Problem, decided, undecided};
use super::ranges::{Range, count, is_of_a_number};
use super::resolve::Object;

pub(super) fn numbers(one: &Object, other: &Object, path: &str) -> Vec<Problem> {
    let beyond = Range::of(one).beyond(Range::of(other));
    let mut problems: Vec<_> = beyond.iter().flat_map(|what| decided(path, what)).collect();
    if let Some(unit) = other.get("multipleOf").and_then(Value::as_f64) {
        let mine = one.get("multipleOf").and_then(Value::as_f64);
        if !mine.is_some_and(|mine| (mine / unit).fract() == 0.0) {
            problems.extend(decided(path, &format!("a number that is no multiple of {unit}")));
        }
    }
    let [mine, format] = [one, other].map(|of| of.get("format").and_then(Value::as_str));
    if mine == Some("double") && format == Some("float") {
        problems.extend(undecided(path, "has fewer digits than it had on the other side"));
    }
    if let Some(format) = format.filter(|format| !is_of_a_number(format))
        && other.get("type").is_some_and(|ty| ty != "string")
        && one.get("format") != other.get("format")
    {
        problems.extend(undecided(path, &format!("has the format `{format}`, which is not known")));
    }
    problems
}

pub(super) fn texts(one: &Object, other: &Object, path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let number = |of: &Object, keyword: &str| of.get(keyword).and_then(count);
    let (least, mine) = (number(other, "minLength").unwrap_or(0), number(one, "minLength"));
    if mine.unwrap_or(0) < least {
        problems.extend(decided(path, &format!("a text of less than {least} characters")));
    }
    if let Some(most) = number(other, "maxLength")
        && number(one, "maxLength").is_none_or(|mine| mine > most)
    {
        problems.extend(decided(path, &format!("a text of more than {most} characters")));
    }
    for (keyword, what) in [
        ("pattern", "that does not match"),
        ("format", "that is not in the format"),
        ("contentEncoding", "that is not in"),
    ] {
        let Some(wanted) = other.get(keyword).and_then(Value::as_str) else { continue };
        // The formats of numbers say nothing of a text.
        if keyword == "format" && is_of_a_number(wanted) {
            continue;
        }
        match one.get(keyword).and_then(Value::as_str) {
            None => problems.extend(decided(path, &format!("a text {what} `{wanted}`"))),
            Some(mine) if mine == wanted => {}
            Some(mine) => {
                let both =
                    format!("has the {keyword} `{mine}` on one side and `{wanted}` on the other");
                problems.extend(undecided(path, &both));
            }
        }
    }
    problems
}
