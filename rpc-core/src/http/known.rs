//! The headers that decide about a request, found in one pass over all.

use hyper::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
};

/// In which browsers say whether a request is made from a page of the same site (Fetch Metadata).
static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a request says in a header that it may have once.
#[derive(Clone, Copy)]
pub(super) enum Single<'h> {
    /// Nothing.
    Missing,
    /// This.
    One(&'h HeaderValue),
    /// More than one line, the first of them.
    Several(&'h HeaderValue),
}

/// What a request says in them.
pub(super) struct Known<'h> {
    pub(super) host: Single<'h>,
    pub(super) origin: Single<'h>,
    /// Where a page's request comes from, seen from its host.
    pub(super) site: Single<'h>,
    pub(super) content_type: Single<'h>,
    pub(super) content_encoding: Single<'h>,
}

impl<'h> Single<'h> {
    /// The only line, or the first.
    pub(super) fn first(self) -> Option<&'h HeaderValue> {
        match self {
            Self::Missing => None,
            Self::One(value) | Self::Several(value) => Some(value),
        }
    }

    fn add(&mut self, value: &'h HeaderValue) {
        *self = self.first().map_or(Self::One(value), Self::Several);
    }
}

impl<'h> Known<'h> {
    /// Looks through the headers. A look-up of each would hash its name anew, for every request.
    pub(super) fn of(headers: &'h HeaderMap) -> Self {
        let mut known = Self {
            host: Single::Missing,
            origin: Single::Missing,
            site: Single::Missing,
            content_type: Single::Missing,
            content_encoding: Single::Missing,
        };
        for (name, value) in headers {
            if *name == HOST {
                known.host.add(value);
            } else if *name == CONTENT_TYPE {
                known.content_type.add(value);
            } else if *name == ORIGIN {
                known.origin.add(value);
            } else if *name == CONTENT_ENCODING {
                known.content_encoding.add(value);
            } else if *name == SEC_FETCH_SITE {
                known.site.add(value);
            }
        }
        known
    }
}
