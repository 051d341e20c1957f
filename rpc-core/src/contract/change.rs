//! What has changed in an API, and what that means to its callers.

use std::fmt;

/// What a change means to those who call now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Some of them fail, or misunderstand what they are told.
    Breaking,
    /// That cannot be decided by the documents alone.
    Unknown,
    /// Nothing.
    Compatible,
}

/// A change of a function.
///
/// Its `Display` form is a sentence: ``add: parameter `b` is new and required``.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Change {
    /// The function's name.
    pub function: String,
    /// Where in it: empty for the whole, else ``parameter `task.due` ``, ``result `.title` ``, ``error 3``.
    pub place: String,
    /// What it means to callers.
    pub kind: Kind,
    /// What has changed, as the end of a sentence that begins with the place.
    pub reason: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, place, reason, .. } = self;
        match place.as_str() {
            "" => write!(f, "{function}: {reason}"),
            place => write!(f, "{function}: {place} {reason}"),
        }
    }
}

/// The changes between two documents, what breaks first.
///
/// The `Display` form lists them by what they mean, a line each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes(Vec<Change>);

impl Changes {
    pub(super) fn of(mut changes: Vec<Change>) -> Self {
        changes.sort_by(|one, other| (one.kind, &one.function).cmp(&(other.kind, &other.function)));
        Self(changes)
    }

    /// Every change.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all who call now can go on: no change breaks, and of none it is unknown.
    pub fn is_compatible(&self) -> bool {
        self.0.iter().all(|change| change.kind == Kind::Compatible)
    }
}

impl<'c> IntoIterator for &'c Changes {
    type Item = &'c Change;
    type IntoIter = std::slice::Iter<'c, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = [
            (Kind::Breaking, "breaks callers"),
            (Kind::Unknown, "cannot be decided"),
            (Kind::Compatible, "compatible"),
        ];
        for (kind, heading) in headings {
            let mut changes = self.0.iter().filter(|change| change.kind == kind).peekable();
            if changes.peek().is_some() {
                writeln!(f, "{heading}:")?;
            }
            changes.try_for_each(|change| writeln!(f, "  {change}"))?;
        }
        Ok(())
    }
}
