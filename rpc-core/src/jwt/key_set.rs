//! The keys that tokens are checked with, wherever they are.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::error::Error;
use crate::protocol::Fault;
use crate::registry::{Log, Upkeep};

use super::key::Jwk;
use super::key_file::KeyFile;
use super::key_text;
use super::problem::problem;
#[cfg(feature = "http")]
use super::remote::Remote;

/// The keys that tokens are checked with (RFC 7517, section 5), from a text, a file or an address.
///
/// Keys in it that are of another kind or for another purpose are passed over.
#[derive(Clone)]
pub struct JwkSet(Source);

#[derive(Clone)]
enum Source {
    Fixed(Arc<[Jwk]>),
    File(Arc<KeyFile>),
    #[cfg(feature = "http")]
    Remote(Arc<Remote>),
}

impl JwkSet {
    /// Reads keys from a file: `{"keys":[…]}`.
    ///
    /// The file is looked at whenever a token is checked, and read again when it has changed. If it cannot be used then, the keys
    /// before stay, and the server's [log](crate::TcpServer::log) says why. A process that has not read those itself, since it was forked
    /// later, has none until the file is mended: keys that were taken away since the start do not come back. Write another file and
    /// rename it, so that it is never seen half written.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, is larger than 1 MiB, has something else, or has no key that can be used.
    pub fn from_file(file: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(Self(Source::File(Arc::new(KeyFile::read(file.as_ref())?))))
    }

    /// Reads keys from a text: `{"keys":[…]}`.
    ///
    /// # Errors
    ///
    /// Where it is something else, or has no key that can be used.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let keys = key_text::keys(json.as_bytes());
        let keys = keys.map_err(|why| problem(format!("the keys: {why}")))?;
        Ok(Self(Source::Fixed(keys)))
    }

    /// Those of an address.
    #[cfg(feature = "http")]
    pub(super) fn of_remote(remote: Arc<Remote>) -> Self {
        Self(Source::Remote(remote))
    }

    /// The keys as they are now, or why there are none.
    pub(super) fn keys(&self) -> Result<Arc<[Jwk]>, Fault> {
        match &self.0 {
            Source::Fixed(keys) => Ok(Arc::clone(keys)),
            Source::File(file) => file.keys(),
            #[cfg(feature = "http")]
            Source::Remote(remote) => remote.keys(),
        }
    }

    /// Whether a key may be known soon that is not among these, which are what [`keys`](Self::keys) has said. It is fetched then.
    pub(super) fn may_know_more(&self, keys: &Arc<[Jwk]>) -> bool {
        match &self.0 {
            Source::Fixed(_) | Source::File(_) => {
                let _ = keys;
                false
            }
            #[cfg(feature = "http")]
            Source::Remote(remote) => remote.may_know_more(keys),
        }
    }

    /// Has it said when keys change, and when they cannot be read.
    pub(super) fn log_to(&self, log: &Log) {
        match &self.0 {
            Source::Fixed(_) => {}
            Source::File(file) => file.log_to(log),
            #[cfg(feature = "http")]
            Source::Remote(remote) => remote.log_to(log),
        }
    }

    /// What has to be done beside calls so that the keys are those that there are.
    pub(super) fn upkeep(&self) -> Option<Upkeep> {
        match &self.0 {
            Source::Fixed(_) | Source::File(_) => None,
            #[cfg(feature = "http")]
            Source::Remote(remote) => Some(Remote::upkeep(remote)),
        }
    }
}

/// One key.
impl From<Jwk> for JwkSet {
    fn from(key: Jwk) -> Self {
        Self(Source::Fixed([key].into()))
    }
}

impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("JwkSet");
        match &self.0 {
            Source::Fixed(_) => &mut fields,
            Source::File(file) => fields.field("file", &file.path),
            #[cfg(feature = "http")]
            Source::Remote(remote) => fields.field("url", &remote.name()),
        };
        fields.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::JwkSet;

    const KEY: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let set = format!(r#"{{"keys":[{{"kty":"new"}},{KEY},7,{{"kty":"oct","k":"AA"}}],"x":1}}"#);
        assert_eq!(JwkSet::from_json(&set).unwrap().keys().unwrap().len(), 1);
    }

    #[test]
    fn a_set_without_a_key_says_why() {
        let many = format!(r#"{{"keys":[{}]}}"#, [KEY; 101].join(","));
        for (json, why) in [
            ("", "no JSON object"),
            ("[]", "no JSON object"),
            (KEY, "it is one key"),
            (r#"{"keys":{}}"#, "it has no `keys`"),
            (r#"{"keys":[]}"#, "it has none"),
            (r#"{"keys":[{"kid":"a","kty":"DSA"}]}"#, "of the key `a`, it is of another kind"),
            (r#"{"keys":[7]}"#, "number 1"),
            (r#"{"keys":[],"keys":[]}"#, "distinct"),
            (&many, "more than 100"),
            (&" ".repeat(2 << 20), "1 MiB"),
        ] {
            let said = JwkSet::from_json(json).unwrap_err().to_string();
            assert!(said.contains(why), "{said}");
        }
    }
}
