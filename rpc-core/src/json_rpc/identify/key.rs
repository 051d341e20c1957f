//! What a caller shows, as something that can be kept and compared.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use crate::registry::Credentials;
#[cfg(feature = "tls")]
use crate::registry::PeerCertificate;

/// What a caller shows, in place of it: two hashes with keys that nobody knows, so that no secret is kept, and none is
/// found out by how long comparing takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64, u64);

/// What makes keys.
#[derive(Debug, Default)]
pub(super) struct Keys(RandomState, RandomState);

impl Keys {
    /// That of a caller. It is another one for another address, user or group, by which who they are may have been
    /// decided; the port and the process are not part of it, since they change from connection to connection.
    pub(super) fn of(&self, credentials: &Credentials<'_>) -> Key {
        let of = |state: &RandomState| {
            let mut hasher = state.build_hasher();
            credentials.authorization().hash(&mut hasher);
            credentials.peer().map(|peer| peer.ip()).hash(&mut hasher);
            credentials.caller_address().hash(&mut hasher);
            credentials.peer_credentials().map(|peer| (peer.uid, peer.gid)).hash(&mut hasher);
            #[cfg(feature = "http")]
            credentials.cookies().hash(&mut hasher);
            #[cfg(feature = "tls")]
            credentials.certificate().map(PeerCertificate::der).hash(&mut hasher);
            hasher.finish()
        };
        Key(of(&self.0), of(&self.1))
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;
    use crate::registry::Credentials;

    #[test]
    fn keys_differ_where_what_is_shown_does() {
        let keys = Keys::default();
        let key = |said: &str| keys.of(&Credentials::said(said.to_owned()));
        assert_eq!(key("Bearer a"), key("Bearer a"));
        assert_ne!(key("Bearer a"), key("Bearer b"));
        assert_ne!(key(""), keys.of(&Credentials::default()));
        assert_ne!(key("Bearer a"), Keys::default().of(&Credentials::said("Bearer a")));
    }
}
