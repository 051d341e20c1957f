//! Who may call a function: the permissions of which a caller needs one.

use std::fmt;
use std::sync::Arc;

use super::Identity;

/// The permissions of which a caller needs one, in words of the program's own: they are the
/// [scopes](crate::identity::Identity::scopes) of an [`Identity`](crate::identity::Identity). `*` alone is anybody,
/// also who has not said who they are.
///
/// It is made of one permission, or of a list of several:
///
/// ```
/// use rpc_core::identity::Allow;
///
/// assert_eq!(Allow::from("bank:write").to_string(), "`bank:write`");
/// assert_eq!(Allow::from(["bank:read", "bank:write"]).to_string(), "`bank:read` or `bank:write`");
/// ```
#[derive(Clone)]
pub struct Allow(Permissions);

#[derive(Clone)]
enum Permissions {
    Written(&'static [&'static str]),
    Told(Arc<[String]>),
}

/// What stands for anybody.
const ANYBODY: &str = "*";

impl Allow {
    pub(crate) const fn of(permissions: &'static [&'static str]) -> Self {
        Self(Permissions::Written(permissions))
    }

    /// The permissions, in the order in which they were given.
    pub fn permissions(&self) -> impl ExactSizeIterator<Item = &str> {
        let at = |index: usize| match &self.0 {
            Permissions::Written(all) => all[index],
            Permissions::Told(all) => all[index].as_str(),
        };
        let count = match &self.0 {
            Permissions::Written(all) => all.len(),
            Permissions::Told(all) => all.len(),
        };
        (0..count).map(at)
    }

    /// Whether anything is said.
    pub(super) fn is_said(&self) -> bool {
        self.permissions().len() > 0
    }

    /// Whether anybody may call.
    pub(super) fn is_for_anybody(&self) -> bool {
        self.permissions().len() == 1 && self.permissions().next() == Some(ANYBODY)
    }

    /// Whether somebody has one of the permissions, where there are any.
    pub(super) fn lets(&self, identity: Option<&Identity>) -> bool {
        self.is_for_anybody()
            || identity.is_some_and(|it| self.permissions().any(|one| it.has_scope(one)))
    }

    /// What is wrong with one of the permissions.
    pub(super) fn problem(&self) -> Option<String> {
        if self.is_for_anybody() {
            return None;
        }
        let is_odd = |c: char| !c.is_ascii_graphic() || matches!(c, '"' | '\\' | '|' | ',' | '*');
        let odd = self.permissions().find(|one| one.is_empty() || one.contains(is_odd))?;
        Some(format!(
            "{odd:?} is no permission: that has ASCII's letters, digits and signs, without quotes, backslashes, \
             `|`, `,` and `*`; several are a list, and `*` alone is anybody"
        ))
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.permissions().len();
        for (index, permission) in self.permissions().enumerate() {
            match index {
                0 => {}
                _ if index + 1 == count => f.write_str(" or ")?,
                _ => f.write_str(", ")?,
            }
            write!(f, "`{permission}`")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.permissions()).finish()
    }
}

impl PartialEq for Allow {
    fn eq(&self, other: &Self) -> bool {
        self.permissions().eq(other.permissions())
    }
}

impl Eq for Allow {}

impl From<&str> for Allow {
    fn from(permission: &str) -> Self {
        Self::from([permission])
    }
}

impl From<String> for Allow {
    fn from(permission: String) -> Self {
        Self::from([permission])
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Allow {
    fn from(permissions: [T; N]) -> Self {
        Self(Permissions::Told(permissions.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<String>> From<Vec<T>> for Allow {
    fn from(permissions: Vec<T>) -> Self {
        Self(Permissions::Told(permissions.into_iter().map(Into::into).collect()))
    }
}
