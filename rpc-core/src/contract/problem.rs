//! What one schema allows and another does not.

use std::collections::HashSet;

/// Problems of a pair that are said again at another place; of more, one of each sort is.
const MOST_SAID_AGAIN: usize = 4;

/// Something that one schema allows and the other does not; or that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Problem {
    /// Where, as `.member`, `[]` and `[0]`.
    pub(super) path: String,
    /// What it is: a noun with its article; a sentence without a subject where it is not decided.
    pub(super) what: String,
    pub(super) is_decided: bool,
    /// Whether it is a member that the other schema does not name.
    pub(super) is_member: bool,
}

pub(super) fn decided(path: &str, what: &str) -> Vec<Problem> {
    vec![Problem {
        path: path.to_owned(),
        what: what.to_owned(),
        is_decided: true,
        is_member: false,
    }]
}

pub(super) fn undecided(path: &str, what: &str) -> Vec<Problem> {
    vec![Problem {
        path: path.to_owned(),
        what: what.to_owned(),
        is_decided: false,
        is_member: false,
    }]
}

/// The same problems, each once.
pub(super) fn once(mut problems: Vec<Problem>) -> Vec<Problem> {
    let mut seen = HashSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    problems
}

/// Those of the problems of a pair that are said where the pair is found again.
pub(super) fn said_again(problems: &[Problem]) -> impl Iterator<Item = &Problem> {
    let sort = |problem: &Problem| (problem.is_decided, problem.is_member);
    problems
        .iter()
        .enumerate()
        .filter(move |(at, problem)| {
            problems.len() <= MOST_SAID_AGAIN
                || !problems[..*at].iter().any(|before| sort(before) == sort(problem))
        })
        .map(|(_, problem)| problem)
}
