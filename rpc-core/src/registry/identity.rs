//! Who calls, as the server has found it out.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// Who calls: a name, what they may do, and whatever else the program knows of them.
///
/// Functions and layers find it by [`CallContext::identity`](crate::CallContext::identity).
///
/// ```
/// use rpc_core::identity::Identity;
///
/// struct User {
///     language: &'static str,
/// }
///
/// let ada = Identity::new("ada").scopes(["bank:read", "bank:write"]).value(User { language: "en" });
/// assert_eq!(ada.name(), "ada");
/// assert!(ada.has_scope("bank:write"));
/// assert_eq!(ada.get::<User>().map(|user| user.language), Some("en"));
/// ```
#[derive(Clone)]
pub struct Identity {
    name: Arc<str>,
    scopes: Arc<[String]>,
    value: Option<Arc<dyn Any + Send + Sync>>,
    expires: Option<SystemTime>,
}

impl Identity {
    /// Somebody of this name, who has no scopes yet.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), scopes: Arc::default(), value: None, expires: None }
    }

    /// Says what they may do, in words of the program's own: scopes, roles or permissions.
    #[must_use]
    pub fn scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { scopes: scopes.into_iter().map(Into::into).collect(), ..self }
    }

    /// Keeps something else that is known of them, for [`get`](Self::get).
    #[must_use]
    pub fn value<T: Any + Send + Sync>(self, value: T) -> Self {
        Self { value: Some(Arc::new(value)), ..self }
    }

    /// Says until when this holds. From then on calls are refused with
    /// [`UNAUTHENTICATED`](crate::protocol::code::UNAUTHENTICATED) until the caller says anew who they are.
    #[must_use]
    pub fn expires_at(self, time: SystemTime) -> Self {
        Self { expires: Some(time), ..self }
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same, to be kept.
    pub(crate) fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.name)
    }

    /// Whether they have a scope of this name.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|known| known == scope)
    }

    /// The names of all their scopes.
    pub fn all_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// What is kept of them, where it is of this type.
    pub fn get<T: Any>(&self) -> Option<&T> {
        self.value.as_deref()?.downcast_ref()
    }

    /// Until when it holds; `None` where that is for as long as the connection.
    pub fn expires(&self) -> Option<SystemTime> {
        self.expires
    }
}

/// What else is known may be a secret: it is not shown.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("name", &self.name)
            .field("scopes", &self.scopes)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
