//! Whether all values that one JSON Schema allows are allowed by another, of another document.
//!
//! What cannot be decided is said to be so. Two things are taken as programs mean them, and not by the letter:
//! a member that a schema does not name is nowhere looked for, and alternatives of a `oneOf` exclude one another.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::alternatives::{listed, whole, with};
use super::array::Array;
use super::leaves::{numbers, texts};
use super::problem::{Problem, decided, once, said_again, undecided};
use super::resolve::{Budget, Object, flat, opaque};
use super::same::{Same, readable};
use super::values::{allows, is_of_type, normal, types};
use super::words::{are_alike, names, words};

/// Schemas are compared so deep within one another at most: each level costs stack.
const DEEPEST: usize = 100;

/// Two schemas as they are compared, in JSON.
type Pair = (String, String);

/// Compares schemas of two documents.
pub(super) struct Fits<'d> {
    of: &'d Value,
    within: &'d Value,
    same: &'d Same,
    /// Whether another default of a member is looked at.
    defaults: bool,
    /// What is being compared: schemas may stand within themselves.
    begun: Vec<Pair>,
    /// What fits, if all that is begun does; in the order in which it was found.
    fit: Vec<Pair>,
    known: HashSet<Pair>,
    /// What does not fit, with paths from there.
    failed: HashMap<Pair, Vec<Problem>>,
    budget: Budget,
    is_too_deep: bool,
}

impl<'d> Fits<'d> {
    /// Compares schemas of one document with those of another.
    pub(super) fn new(of: &'d Value, within: &'d Value, same: &'d Same, defaults: bool) -> Self {
        Self {
            of,
            within,
            same,
            defaults,
            begun: Vec::new(),
            fit: Vec::new(),
            known: HashSet::new(),
            failed: HashMap::new(),
            budget: Budget::default(),
            is_too_deep: false,
        }
    }

    /// What `one`, of the first document, allows and `other` does not.
    pub(super) fn beyond(mut self, one: &Value, other: &Value) -> Vec<Problem> {
        let mut problems = self.differ(one, other, "");
        let why = if self.budget.is_spent() {
            "is too large to be compared"
        } else if self.is_too_deep {
            "is nested too deep to be compared"
        } else {
            return once(problems);
        };
        // Where the end was reached says nothing.
        problems.retain(|problem| problem.is_decided);
        problems.extend(undecided("", why));
        once(problems)
    }

    fn differ(&mut self, one: &Value, other: &Value, path: &str) -> Vec<Problem> {
        if self.same.are(one, other) {
            return Vec::new();
        }
        if self.begun.len() > DEEPEST {
            self.is_too_deep = true;
            return undecided(path, "is nested too deep to be compared");
        }
        let (one, other) = match self.flat_pair(one, other) {
            Ok(pair) => pair,
            Err(why) => return undecided(path, &why),
        };
        let pair = (one.to_string(), other.to_string());
        if self.known.contains(&pair) || self.begun.contains(&pair) {
            return Vec::new();
        }
        if let Some(problems) = self.failed.get(&pair) {
            let at = |problem: &Problem| {
                let path = format!("{path}{}", problem.path);
                Problem { path, ..problem.clone() }
            };
            return said_again(problems).map(at).collect();
        }
        self.begun.push(pair.clone());
        let before = self.fit.len();
        let problems = self.compare(one, other, path);
        self.begun.pop();
        if problems.is_empty() {
            self.known.insert(pair.clone());
            self.fit.push(pair);
        } else {
            // What was found meanwhile may rest on this.
            for pair in self.fit.drain(before..) {
                self.known.remove(&pair);
            }
            let from_here = |problem: &Problem| {
                let path = problem.path.strip_prefix(path).unwrap_or(&problem.path).to_owned();
                Problem { path, ..problem.clone() }
            };
            self.failed.insert(pair, problems.iter().map(from_here).collect());
        }
        problems
    }

    /// Both schemas with what they refer to.
    fn flat_pair(&self, one: &Value, other: &Value) -> Result<(Value, Value), String> {
        self.budget.step()?;
        match (opaque(self.of, one), opaque(self.within, other)) {
            (None, None) => {}
            (mine, theirs) if mine == theirs => return Ok((true.into(), true.into())),
            (mine, theirs) => {
                let said = |name: Option<&str>| {
                    name.map_or("one that is described".to_owned(), |name| {
                        format!("`{name}`, of which only the name is known")
                    })
                };
                return Err(format!("is another type: {} and {}", said(mine), said(theirs)));
            }
        }
        let one = flat(self.of, one, &self.budget)?;
        let other = flat(self.within, other, &self.budget)?;
        readable(&one)?;
        readable(&other)?;
        Ok((one, other))
    }

    fn compare(&mut self, one: Value, other: Value, path: &str) -> Vec<Problem> {
        let one = match one {
            Value::Bool(false) => return Vec::new(),
            Value::Object(object) => listed(object),
            _ => Object::new(),
        };
        let other = match other {
            Value::Bool(false) => return decided(path, &words(&one)),
            Value::Object(object) if !object.is_empty() => listed(object),
            _ => return Vec::new(),
        };
        if let Some(problems) = self.each_alternative(&one, &other, path) {
            return problems;
        }
        if let Some(value) = one.get("const") {
            return match allows(self.within, &Value::Object(other), value, &self.budget) {
                Some(true) => Vec::new(),
                Some(false) => decided(path, &format!("`{value}`")),
                None => undecided(path, &format!("may be `{value}`, which cannot be compared")),
            };
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(alternatives)) = other.get(keyword) {
                let mut rest = other.clone();
                rest.remove(keyword);
                return self.any_alternative(&one, alternatives, &rest, path);
            }
        }
        if other.contains_key("enum") || other.contains_key("const") {
            return self.of_a_list(&one, other, path);
        }
        self.plain(&one, &other, path)
    }

    /// Compares each alternative of the first schema alone, where it has any.
    fn each_alternative(
        &mut self,
        one: &Object,
        other: &Object,
        path: &str,
    ) -> Option<Vec<Problem>> {
        let split = |keyword: &str, alternatives: Vec<Value>| {
            let mut rest = one.clone();
            rest.remove(keyword);
            (rest, alternatives)
        };
        let mut problems = Vec::new();
        let (rest, alternatives) = if let Some(Value::Array(values)) = one.get("enum") {
            let (left, beyond) = self.left(values, other);
            problems.extend(beyond.iter().flat_map(|v| decided(path, &format!("`{v}`"))));
            split("enum", left.into_iter().map(|value| with("const", value.clone())).collect())
        } else if let Some(Value::Array(types)) = one.get("type") {
            split("type", types.iter().map(|ty| with("type", ty.clone())).collect())
        } else {
            let keyword = ["anyOf", "oneOf"].into_iter().find(|word| one.contains_key(*word))?;
            split(keyword, one.get(keyword)?.as_array()?.clone())
        };
        let other = Value::Object(other.clone());
        for alternative in alternatives {
            match whole(self.of, alternative, &rest, &self.budget) {
                Ok(whole) => problems.extend(self.differ(&whole, &other, path)),
                Err(why) => problems.extend(undecided(path, &why)),
            }
        }
        Some(once(problems))
    }

    /// Those of listed values that have to be looked at one by one, and those that are not allowed.
    fn left<'v>(&self, values: &'v [Value], other: &Object) -> (Vec<&'v Value>, Vec<&'v Value>) {
        let texts = |values: &[Value]| -> HashSet<String> {
            values.iter().map(|value| normal(value).to_string()).collect()
        };
        let list = |of: &Object| of.get("enum").and_then(Value::as_array).map(|list| texts(list));
        let is_list =
            |of: &Object| of.keys().all(|keyword| ["enum", "type"].contains(&keyword.as_str()));
        let is_typed = |of: &Object, value: &Value| {
            let wanted = of.get("type").and_then(types);
            wanted.is_none_or(|types| types.iter().any(|ty| is_of_type(value, ty)))
        };
        if let Some(theirs) = list(other) {
            let (known, beyond): (Vec<_>, Vec<_>) =
                values.iter().partition(|value| theirs.contains(&normal(value).to_string()));
            let is_sure = |value: &Value| is_list(other) && is_typed(other, value);
            return (known.into_iter().filter(|value| !is_sure(value)).collect(), beyond);
        }
        let mut left: Vec<_> = values.iter().collect();
        let keyword = ["anyOf", "oneOf"].into_iter().find(|keyword| other.contains_key(*keyword));
        if let Some(keyword) = keyword.filter(|_| other.len() == 1) {
            for alternative in other.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                let flat = flat(self.within, alternative, &self.budget);
                let Ok(Value::Object(alternative)) = flat else { continue };
                let alternative = listed(alternative);
                if let Some(theirs) = list(&alternative).filter(|_| is_list(&alternative)) {
                    left.retain(|value| {
                        let is_one = theirs.contains(&normal(value).to_string());
                        !(is_one && is_typed(&alternative, value))
                    });
                }
            }
        }
        (left, Vec::new())
    }

    /// Finds an alternative that allows all of it; else says what the likeliest does not.
    fn any_alternative(
        &mut self,
        one: &Object,
        alternatives: &[Value],
        rest: &Object,
        path: &str,
    ) -> Vec<Problem> {
        let mut likely = Vec::new();
        let mut maybe = None;
        let mine = Value::Object(one.clone());
        for alternative in alternatives {
            let whole = whole(self.within, alternative.clone(), rest, &self.budget);
            let problems = match &whole {
                Ok(whole) => self.differ(&mine, whole, path),
                Err(why) => undecided(path, why),
            };
            if problems.is_empty() {
                return problems;
            }
            if problems.iter().all(|problem| !problem.is_decided) {
                maybe.get_or_insert_with(|| problems.clone());
            }
            let whole = whole.and_then(|whole| flat(self.within, &whole, &self.budget));
            if let Ok(Value::Object(whole)) = whole
                && are_alike(one, &whole)
            {
                likely.push(problems);
            }
        }
        match (maybe, likely.pop()) {
            (Some(problems), _) => problems,
            (None, Some(problems)) if likely.is_empty() => problems,
            _ => decided(path, &words(one)),
        }
    }

    /// Compares with a list of values.
    fn of_a_list(&self, one: &Object, other: Object, path: &str) -> Vec<Problem> {
        let values = match one.get("type").and_then(Value::as_str) {
            Some("boolean") => vec![Value::Bool(false), Value::Bool(true)],
            Some("null") => vec![Value::Null],
            _ => return decided(path, &format!("{} that is not listed", words(one))),
        };
        let other = Value::Object(other);
        let left = values
            .iter()
            .filter(|value| allows(self.within, &other, value, &self.budget) != Some(true));
        left.flat_map(|value| decided(path, &format!("`{value}`"))).collect()
    }

    /// Compares schemas that have neither alternatives nor lists of values.
    fn plain(&mut self, one: &Object, other: &Object, path: &str) -> Vec<Problem> {
        let ty = one.get("type").and_then(Value::as_str);
        if let Some(wanted) = other.get("type").and_then(types) {
            let is_one =
                |ty: &str| wanted.contains(&ty) || ty == "integer" && wanted.contains(&"number");
            match ty {
                Some(ty) if is_one(ty) => {}
                Some("number") if wanted.contains(&"integer") => {
                    return decided(path, "a number with a fraction");
                }
                _ => return decided(path, &words(one)),
            }
        }
        let is = |wanted: &str| ty.is_none_or(|ty| ty == wanted);
        let mut problems = Vec::new();
        if is("integer") || is("number") {
            problems.extend(numbers(one, other, path));
        }
        if is("string") {
            problems.extend(texts(one, other, path));
        }
        if is("array") {
            problems.extend(self.arrays(one, other, path));
        }
        if is("object") {
            problems.extend(self.objects(one, other, path));
        }
        let rest = other.iter().filter(|(keyword, wanted)| {
            !COMPARED.contains(&keyword.as_str())
                && !one.get(*keyword).is_some_and(|mine| self.same.are_texts(mine, wanted))
        });
        problems.extend(rest.flat_map(|(keyword, _)| {
            undecided(path, &format!("has another `{keyword}`, which cannot be compared"))
        }));
        problems
    }

    fn arrays(&mut self, one: &Object, other: &Object, path: &str) -> Vec<Problem> {
        let (one, other) = (Array::of(one), Array::of(other));
        let mut problems = Vec::new();
        if one.least < other.least {
            problems.extend(decided(path, &format!("an array of less than {} items", other.least)));
        }
        if let Some(most) = other.most
            && one.most.is_none_or(|mine| mine > most)
        {
            problems.extend(decided(path, &format!("an array of more than {most} items")));
        }
        if other.unique && !one.unique {
            problems.extend(decided(path, "an array that has an item twice"));
        }
        let named = one.first.len().max(other.first.len());
        let may_have = |place: usize| {
            one.most.is_none_or(|most| place as u64 <= most)
                && other.most.is_none_or(|most| place as u64 <= most)
        };
        for place in (0..named).filter(|place| may_have(place + 1)) {
            let path = format!("{path}[{place}]");
            problems.extend(self.differ(one.at(place), other.at(place), &path));
        }
        if may_have(named + 1) {
            problems.extend(self.differ(one.rest, other.rest, &format!("{path}[]")));
        }
        problems
    }

    /// Compares members whose names match a pattern: those of the same pattern.
    fn patterns(&mut self, one: &Object, other: &Object, path: &str) -> Vec<Problem> {
        let [mine, theirs] = [one, other]
            .map(|of| of.get("patternProperties").and_then(Value::as_object).cloned())
            .map(Option::unwrap_or_default);
        let mut problems = Vec::new();
        for (pattern, schema) in &mine {
            if let Some(other) = theirs.get(pattern) {
                problems.extend(self.differ(schema, other, &format!("{path}.*")));
            }
        }
        if mine.len() != theirs.len() || mine.keys().any(|name| !theirs.contains_key(name)) {
            let what = "has members by other patterns of names, which cannot be compared";
            problems.extend(undecided(path, what));
        }
        problems
    }

    fn objects(&mut self, one: &Object, other: &Object, path: &str) -> Vec<Problem> {
        const ANYTHING: &Value = &Value::Bool(true);
        let members = |of: &'_ Object| of.get("properties").and_then(Value::as_object).cloned();
        let (mine, theirs) = (members(one).unwrap_or_default(), members(other).unwrap_or_default());
        let mut problems = Vec::new();
        let required = names(one);
        for name in names(other).into_iter().filter(|name| !required.contains(name)) {
            problems.extend(decided(path, &format!("an object without `{name}`")));
        }
        let of_the_rest =
            |word: &str| [one, other].map(|of| of.get(&format!("{word}Properties")).cloned());
        // Where alternatives stand within the whole, no more is evaluated than what is named there.
        let ([more, their_more], [left, their_left]) =
            (of_the_rest("additional"), of_the_rest("unevaluated"));
        let (more, their_more) = (more.or(left), their_more.or(their_left));
        let (more, their_more) = (more.as_ref(), their_more.as_ref());
        problems.extend(self.patterns(one, other, path));
        for (name, schema) in &mine {
            let path = format!("{path}.{name}");
            let is_optional =
                !required.contains(&name.as_str()) && !names(other).contains(&name.as_str());
            if let Some(other) = theirs.get(name).filter(|_| self.defaults && is_optional) {
                problems.extend(another_default(schema, other, &path));
            }
            match theirs.get(name).or(their_more) {
                Some(Value::Bool(false)) => {
                    problems.extend(decided(&path, "a value"));
                }
                Some(other) => problems.extend(self.differ(schema, other, &path)),
                None => problems.push(Problem {
                    path,
                    what: "is not named".to_owned(),
                    is_decided: false,
                    is_member: true,
                }),
            }
        }
        for (name, schema) in theirs.iter().filter(|(name, _)| !mine.contains_key(*name)) {
            // What nobody has named, nobody sends; a map has members of any name.
            let path = format!("{path}.{name}");
            match more {
                Some(more @ Value::Object(_)) => problems.extend(self.differ(more, schema, &path)),
                Some(Value::Bool(true)) if !self.differ(ANYTHING, schema, &path).is_empty() => {
                    let what = "is one of any members on one side, and has a schema on the other";
                    problems.extend(undecided(&path, what));
                }
                _ => {}
            }
        }
        match (more, their_more) {
            (Some(Value::Bool(false)), _) | (_, None | Some(Value::Bool(true))) => {}
            (None | Some(Value::Bool(true)), Some(Value::Bool(false))) => {
                problems.extend(decided(path, "an object with members that are not listed"));
            }
            (more, Some(theirs)) => {
                problems.extend(self.differ(
                    more.unwrap_or(ANYTHING),
                    theirs,
                    &format!("{path}.*"),
                ));
            }
        }
        problems
    }
}

/// What leaving a member out means, where that is something else.
fn another_default(one: &Value, other: &Value, path: &str) -> Vec<Problem> {
    let default = |of: &Value| of.get("default").filter(|value| !value.is_null()).map(normal);
    let (before, now) = (default(one), default(other));
    if before == now {
        return Vec::new();
    }
    let said = |value: Option<Value>| value.map_or("none".to_owned(), |value| format!("`{value}`"));
    let (before, now) = (said(before), said(now));
    let what = format!(
        "has another default, {now} instead of {before}; callers who leave it out may rely on that"
    );
    undecided(path, &what)
}

/// The keywords that are looked at.
const COMPARED: &[&str] = &[
    "type",
    "const",
    "enum",
    "anyOf",
    "oneOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "format",
    "minLength",
    "maxLength",
    "pattern",
    "contentEncoding",
    "items",
    "prefixItems",
    "additionalItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
];
