//! What a call may have beyond the specification: types, and keywords.

/// The name space by whose declaration a call says that its last argument, a struct, is the keyword
/// arguments.
pub(super) const KEYWORDS: &str = "urn:rpc-core:keywords";

/// The types beyond the specification that a peer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Extensions {
    #[default]
    None,
    /// `<ex:i8>` and `<ex:nil/>`, in the name space of the library that made them.
    Apache,
    /// `<i8>` and `<nil/>`.
    Plain,
}

impl Extensions {
    /// The name space of Apache's library.
    pub(super) const NAMESPACE: &str = "http://ws.apache.org/xmlrpc/namespaces/extensions";

    /// What stands before an extension's name.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Apache => "ex:",
            Self::None | Self::Plain => "",
        }
    }
}
