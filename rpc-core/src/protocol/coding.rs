//! What bodies of HTTP are coded in (RFC 9110, section 8.4).

/// What a body is coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// It is as it is.
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
}

impl Coding {
    /// The coding of this name, where it is understood.
    pub(crate) fn named(name: impl AsRef<[u8]>) -> Option<Self> {
        let is = |known: &str| name.as_ref().trim_ascii().eq_ignore_ascii_case(known.as_bytes());
        #[cfg(feature = "gzip")]
        if is("gzip") || is("x-gzip") {
            return Some(Self::Gzip);
        }
        is("identity").then_some(Self::Identity)
    }
}
