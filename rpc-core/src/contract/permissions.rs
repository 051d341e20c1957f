//! What has changed of who may call a function.

use serde_json::Value;

use super::change::{Change, Kind};
use super::function::Both;

/// Who may call.
#[derive(PartialEq, Eq)]
enum Allow<'d> {
    NothingIsSaid,
    Anybody,
    /// Those who have one of these permissions.
    AnyOf(Vec<&'d str>),
    /// It is said in another form.
    Unknown(&'d Value),
}

impl<'d> Allow<'d> {
    fn of(function: &'d Value) -> Self {
        let Some(said) = function.get("x-allow") else { return Self::NothingIsSaid };
        let permissions = said.as_array().map(|all| all.iter().map(Value::as_str));
        match permissions.and_then(Iterator::collect::<Option<Vec<_>>>) {
            Some(permissions) if permissions == ["*"] => Self::Anybody,
            Some(permissions) if !permissions.is_empty() => Self::AnyOf(permissions),
            _ => Self::Unknown(said),
        }
    }
}

impl Both<'_> {
    /// Those who could call, and those who can now.
    pub(super) fn permissions(&self, changes: &mut Vec<Change>) {
        let mut add = |kind, reason: String| changes.push(self.change("", kind, reason));
        let [old, new] = self.functions.map(Allow::of);
        match (old, new) {
            (old, new) if old == new => {}
            (Allow::Unknown(said), _) | (_, Allow::Unknown(said)) => {
                let reason = format!("says who may call it in a form that is not known: {said}");
                add(Kind::Unknown, reason);
            }
            (Allow::AnyOf(old), Allow::AnyOf(new)) => {
                for lost in old.iter().filter(|one| !new.contains(one)) {
                    let reason = format!("is no longer for callers with `{lost}`");
                    add(Kind::Breaking, reason);
                }
                for gained in new.iter().filter(|one| !old.contains(one)) {
                    add(Kind::Compatible, format!("is for callers with `{gained}`, too"));
                }
            }
            (_, Allow::AnyOf(new)) => {
                let reason =
                    format!("needs `{}` now, which callers may not have", new.join("` or `"));
                add(Kind::Breaking, reason);
            }
            (_, Allow::Anybody) => add(Kind::Compatible, "is for anybody now".to_owned()),
            (Allow::Anybody, _) => {
                let reason = "is for anybody only where the server does not deny by default";
                add(Kind::Unknown, reason.to_owned());
            }
            (_, Allow::NothingIsSaid) => {
                add(Kind::Compatible, "needs no permission any more".to_owned());
            }
        }
    }
}
