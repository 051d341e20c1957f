//! What has changed of one function.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{Change, Kind};
use super::fits::Fits;
use super::problem::Problem;
use super::resolve::resolve;
use super::same::Same;
use super::values::normal;

/// The two forms of a function, each with its document.
pub(super) struct Both<'d> {
    pub(super) name: &'d str,
    pub(super) documents: [&'d Value; 2],
    pub(super) functions: [&'d Value; 2],
    pub(super) same: &'d Same,
}

/// Which way values go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToTheFunction,
    ToTheCaller,
}

/// A parameter, with what its reference stands for.
struct Parameter<'d> {
    name: &'d str,
    schema: &'d Value,
    required: bool,
    /// As an expression, which may have no JSON form.
    default: Option<&'d str>,
    /// Whether it gathers what is given by position and left over.
    gathers: bool,
}

impl Both<'_> {
    /// Every change.
    pub(super) fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        self.lost(&mut changes);
        self.structure(&mut changes);
        self.parameters(&mut changes);
        self.result(&mut changes);
        self.errors(&mut changes);
        self.facts(&mut changes);
        self.permissions(&mut changes);
        changes
    }

    pub(super) fn change(&self, place: &str, kind: Kind, reason: impl Into<String>) -> Change {
        let (function, place) = (self.name.to_owned(), place.to_owned());
        Change { function, place, kind, reason: reason.into() }
    }

    /// Whether arguments may be given in some way, in the old and in the new form.
    fn takes(&self, way: &str) -> [bool; 2] {
        self.functions.map(|function| {
            let structure = function.get("paramStructure").and_then(Value::as_str);
            // A list that gathers what is left over has no fixed places, and is given by position all the same.
            let gathers = || {
                let params = function.get("params").and_then(Value::as_array);
                params.into_iter().flatten().any(|param| param.get("x-args").is_some())
            };
            structure.is_none_or(|structure| structure == "either" || structure == way)
                || way == "by-position" && gathers()
        })
    }

    /// References of the function itself that lead nowhere.
    fn lost(&self, changes: &mut Vec<Change>) {
        let mut seen = Vec::new();
        for (document, function) in self.documents.into_iter().zip(self.functions) {
            let list = |of: &str| function.get(of).and_then(Value::as_array).into_iter().flatten();
            let all = list("params").chain(list("errors")).chain(function.get("result"));
            for part in all.filter(|part| resolve(document, part).is_none()) {
                let Some(reference) = part.get("$ref").filter(|part| !seen.contains(part)) else {
                    continue;
                };
                seen.push(reference);
                let reason = format!("refers to {reference}, which is not here");
                changes.push(self.change("", Kind::Unknown, reason));
            }
        }
    }

    fn structure(&self, changes: &mut Vec<Change>) {
        for (way, words) in [("by-position", "by position"), ("by-name", "by name")] {
            match self.takes(way) {
                [true, false] => changes.push(self.change(
                    "",
                    Kind::Breaking,
                    format!("no longer takes arguments {words}"),
                )),
                [false, true] => {
                    let reason = format!("takes arguments {words}, too");
                    changes.push(self.change("", Kind::Compatible, reason));
                }
                _ => {}
            }
        }
    }

    fn list(&self, side: usize) -> Vec<Parameter<'_>> {
        const ANYTHING: &Value = &Value::Bool(true);
        let (document, function) = (self.documents[side], self.functions[side]);
        let list = function.get("params").and_then(Value::as_array);
        let resolved = list.into_iter().flatten().filter_map(|one| resolve(document, one));
        let parameter = |one| {
            let required = Value::get(one, "required").is_some_and(|required| required == true);
            let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
            let default = one.get("x-default").and_then(Value::as_str);
            let gathers = one.get("x-args").is_some();
            let schema = one.get("schema").unwrap_or(ANYTHING);
            Parameter { name, schema, required, default, gathers }
        };
        resolved.map(parameter).collect()
    }

    fn parameters(&self, changes: &mut Vec<Change>) {
        self.keywords(changes);
        let (old, new) = (self.list(0), self.list(1));
        let by_position = self.takes("by-position")[0];
        let find =
            |list: &[Parameter<'_>], name: &str| list.iter().position(|one| one.name == name);
        let gone: Vec<_> =
            (0..old.len()).filter(|&at| find(&new, old[at].name).is_none()).collect();
        let come: Vec<_> =
            (0..new.len()).filter(|&at| find(&old, new[at].name).is_none()).collect();
        let renamed = match (&gone[..], &come[..]) {
            ([from], [to]) if from == to => Some((*from, *to)),
            _ => None,
        };
        if let Some((from, to)) = renamed {
            let (from, to) = (&old[from], &new[to]);
            let reason = format!("is called `{}` now; callers name it", to.name);
            let reason =
                if self.takes("by-name")[0] { reason } else { "has another name".to_owned() };
            let kind = if self.takes("by-name")[0] { Kind::Breaking } else { Kind::Compatible };
            changes.push(self.change(&place(from.name, ""), kind, reason));
            self.parameter(from, to, changes);
        } else {
            for &at in &gone {
                let reason = "is gone; callers who give it are refused";
                changes.push(self.change(&place(old[at].name, ""), Kind::Breaking, reason));
            }
            for &at in &come {
                let (one, place) = (&new[at], place(new[at].name, ""));
                if one.required {
                    changes.push(self.change(&place, Kind::Breaking, "is new and required"));
                } else {
                    changes.push(self.change(
                        &place,
                        Kind::Compatible,
                        "is new and may be left out",
                    ));
                }
                // Until now, it was one of the keywords that are gathered.
                let [gathered, _] = self.gathered();
                if let Some(gathered) = gathered {
                    let named = |path: &str| self::place(one.name, path);
                    self.schemas(Way::ToTheFunction, [gathered, one.schema], named, changes);
                }
                let before = new[at + 1..].iter().find(|later| find(&old, later.name).is_some());
                if let Some(later) = before.filter(|_| by_position) {
                    let reason =
                        format!("stands before `{}`, which callers give by position", later.name);
                    changes.push(self.change(&place, Kind::Breaking, reason));
                }
            }
        }
        for one in &old {
            if let Some(at) = find(&new, one.name) {
                self.parameter(one, &new[at], changes);
            }
        }
        let stay = |list: &[Parameter<'_>], other: &[Parameter<'_>]| -> Vec<String> {
            let stays = list.iter().filter(|one| find(other, one.name).is_some());
            stays.map(|one| one.name.to_owned()).collect()
        };
        let (before, now) = (stay(&old, &new), stay(&new, &old));
        if by_position && before != now {
            let reason = format!(
                "takes its arguments in another order: {} instead of {}",
                now.join(", "),
                before.join(", ")
            );
            changes.push(self.change("", Kind::Breaking, reason));
        }
    }

    /// The schemas of keywords that no parameter has, where they are gathered.
    fn gathered(&self) -> [Option<&Value>; 2] {
        self.functions.map(|function| function.get("x-kwargs")?.get("schema"))
    }

    /// Whether keywords that no parameter has are gathered.
    fn keywords(&self, changes: &mut Vec<Change>) {
        match self.gathered() {
            [Some(_), None] => {
                let reason = "no longer takes keywords that no parameter has";
                changes.push(self.change("", Kind::Breaking, reason));
            }
            [None, Some(_)] => {
                let reason = "takes keywords that no parameter has, too";
                changes.push(self.change("", Kind::Compatible, reason));
            }
            [Some(old), Some(new)] => {
                let named = |path: &str| place("**", path);
                self.schemas(Way::ToTheFunction, [old, new], named, changes);
            }
            [None, None] => {}
        }
    }

    fn parameter(&self, old: &Parameter<'_>, new: &Parameter<'_>, changes: &mut Vec<Change>) {
        let own = place(old.name, "");
        let reason = match (old.gathers, new.gathers) {
            (true, false) => Some("no longer gathers arguments; callers give them one by one"),
            (false, true) => Some("gathers arguments now; callers give it as one"),
            _ => None,
        };
        changes.extend(reason.map(|reason| self.change(&own, Kind::Breaking, reason)));
        match (old.required, new.required) {
            (false, true) => changes.push(self.change(&own, Kind::Breaking, "is required now")),
            (true, false) => {
                changes.push(self.change(&own, Kind::Compatible, "may be left out now"));
            }
            (true, true) => {}
            (false, false) => {
                let [before, now] = [old, new].map(|one| one.schema.get("default"));
                // The same value may be written in another way.
                let is_same = before == now && (before.is_some() || old.default == new.default);
                if !is_same {
                    let said = |value: Option<&Value>, expression: Option<&str>| {
                        let value = value.map(Value::to_string).or(expression.map(str::to_owned));
                        value
                            .map_or("one that is not said".to_owned(), |value| format!("`{value}`"))
                    };
                    let reason = format!(
                        "has another default, {} instead of {}; callers who leave it out may rely on that",
                        said(now, new.default),
                        said(before, old.default)
                    );
                    changes.push(self.change(&own, Kind::Unknown, reason));
                }
            }
        }
        let named = |path: &str| place(old.name, path);
        self.schemas(Way::ToTheFunction, [old.schema, new.schema], named, changes);
    }

    fn result(&self, changes: &mut Vec<Change>) {
        const ANYTHING: &Value = &Value::Bool(true);
        let [old, new] = [0, 1].map(|side| {
            let result = resolve(self.documents[side], self.functions[side].get("result")?)?;
            Some(result.get("schema").unwrap_or(ANYTHING))
        });
        match (old, new) {
            (None, None) => {}
            (None, Some(_)) => changes.push(self.change("", Kind::Compatible, "has a result now")),
            (Some(_), None) => {
                changes.push(self.change("", Kind::Breaking, "has no result any more"));
            }
            (Some(old), Some(new)) => {
                let named = |path: &str| match path {
                    "" => "result".to_owned(),
                    path => format!("result `{path}`"),
                };
                self.schemas(Way::ToTheCaller, [old, new], named, changes);
            }
        }
    }

    fn errors(&self, changes: &mut Vec<Change>) {
        // A code may be listed twice, with other data.
        let list = |side: usize| -> BTreeMap<i64, BTreeSet<Option<String>>> {
            let errors = self.functions[side].get("errors").and_then(Value::as_array);
            let errors = errors.into_iter().flatten();
            let errors = errors.filter_map(|error| resolve(self.documents[side], error));
            let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
            for error in errors {
                if let Some(code) = error.get("code").and_then(Value::as_i64) {
                    let data = error.get("data").map(|data| normal(data).to_string());
                    all.entry(code).or_default().insert(data);
                }
            }
            all
        };
        let (old, new) = (list(0), list(1));
        for (code, before) in &old {
            let place = format!("error {code}");
            let Some(now) = new.get(code) else {
                let reason = "is gone; callers who act on it wait for it in vain";
                changes.push(self.change(&place, Kind::Breaking, reason));
                continue;
            };
            // An example, and no schema: OpenRPC has none for it.
            if before != now {
                let reason = "has other data, which nothing describes";
                changes.push(self.change(&place, Kind::Unknown, reason));
            }
        }
        for code in new.keys().filter(|code| !old.contains_key(code)) {
            let reason = "is new; callers see an error that they do not know";
            changes.push(self.change(&format!("error {code}"), Kind::Compatible, reason));
        }
    }

    /// What is said of the function besides.
    fn facts(&self, changes: &mut Vec<Change>) {
        match self.functions.map(|function| function.get("x-error-data")) {
            [Some(old), Some(new)] => {
                let named = |path: &str| match path {
                    "" => "the error's data".to_owned(),
                    path => format!("the error's data `{path}`"),
                };
                self.schemas(Way::ToTheCaller, [old, new], named, changes);
            }
            [Some(_), None] => {
                let reason = "has no error of its own any more, or nothing describes it";
                changes.push(self.change("", Kind::Unknown, reason));
            }
            [None, _] => {}
        }
        let is = |fact: &str| {
            self.functions.map(|function| function.get(fact).is_some_and(|fact| fact == true))
        };
        for (fact, promise) in [
            ("x-idempotent", "idempotent; clients send it again"),
            ("x-read-only", "read-only"),
            ("x-streams", "a stream; its callers read items as they come"),
        ] {
            match is(fact) {
                [true, false] => {
                    let reason = format!("is no longer {promise}");
                    changes.push(self.change("", Kind::Breaking, reason));
                }
                [false, true] => {
                    let word = promise.split(';').next().unwrap_or_default();
                    changes.push(self.change("", Kind::Compatible, format!("is {word} now")));
                }
                _ => {}
            }
        }
        if is("deprecated") == [false, true] {
            changes.push(self.change("", Kind::Compatible, "is deprecated"));
        }
    }

    /// Compares the old and the new schema of what goes one way.
    fn schemas(
        &self,
        way: Way,
        [old, new]: [&Value; 2],
        named: impl Fn(&str) -> String,
        changes: &mut Vec<Change>,
    ) {
        let [before, now] = self.documents;
        let mut gone =
            Fits::new(before, now, self.same, way == Way::ToTheFunction).beyond(old, new);
        let mut come = Fits::new(now, before, self.same, false).beyond(new, old);
        let mut add = |problem: &Problem, kind, reason| {
            changes.push(self.change(&named(&problem.path), kind, reason));
        };
        for problem in gone.extract_if(.., |problem| problem.is_member) {
            let reason = match way {
                Way::ToTheFunction => "is not taken any more; what is sent in it is dropped",
                Way::ToTheCaller => "does not come any more",
            };
            add(&problem, Kind::Breaking, reason.to_owned());
        }
        for problem in come.extract_if(.., |problem| problem.is_member) {
            let reason = match way {
                Way::ToTheFunction => "is taken now",
                Way::ToTheCaller => "comes now",
            };
            add(&problem, Kind::Compatible, reason.to_owned());
        }
        let (problems, others) = match way {
            Way::ToTheFunction => (gone, come),
            Way::ToTheCaller => (come, gone),
        };
        for problem in &problems {
            let what = &problem.what;
            match (problem.is_decided, way) {
                (false, _) => add(problem, Kind::Unknown, what.clone()),
                (true, Way::ToTheFunction) => {
                    add(problem, Kind::Breaking, format!("no longer takes {what}"));
                }
                (true, Way::ToTheCaller) => {
                    add(problem, Kind::Breaking, format!("may now be {what}"));
                }
            }
        }
        for problem in others.iter().filter(|problem| problem.is_decided) {
            let what = &problem.what;
            let reason = match way {
                Way::ToTheFunction => format!("takes {what}, too"),
                Way::ToTheCaller => format!("is never {what} any more"),
            };
            add(problem, Kind::Compatible, reason);
        }
    }
}

fn place(name: &str, path: &str) -> String {
    format!("parameter `{name}{path}`")
}
