//! The certificates that a server shows, read again when their files change.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustls::crypto::ring::sign::any_supported_type;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::error::Misuse;
use crate::registry::PeerCertificate;
use crate::transport::pem::Pem;
use crate::transport::tls_problem::problem;

use super::stamp::{Stamp, stamp};

/// Says a line to those who operate the server.
pub(super) type Say = dyn Fn(&str) + Send + Sync;

/// A certificate with its key, as it is served.
#[derive(Debug, Clone)]
struct Pair {
    key: Arc<CertifiedKey>,
    /// The hosts it is for.
    names: Arc<[String]>,
    files: Option<Files>,
}

/// The files of a certificate and its key.
#[derive(Debug, Clone)]
pub(super) struct Files {
    certificate: PathBuf,
    key: PathBuf,
    /// What they looked like when they were read.
    seen: [Stamp; 2],
}

impl Files {
    pub(super) fn new(certificate: PathBuf, key: PathBuf) -> Self {
        let seen = [stamp(&certificate), stamp(&key)];
        Self { certificate, key, seen }
    }
}

/// The certificates of a server, the first of which is shown to whoever asks for no other.
pub(super) struct Certificates {
    pairs: Mutex<Pairs>,
    say: OnceLock<Box<Say>>,
}

struct Pairs {
    pairs: Vec<Pair>,
    /// When the files were looked at last.
    looked: Instant,
}

impl Certificates {
    pub(super) fn new() -> Self {
        let pairs = Pairs { pairs: Vec::new(), looked: Instant::now() };
        Self { pairs: Mutex::new(pairs), say: OnceLock::new() }
    }

    /// The same with what has been read by now, and with files looked at by nobody else.
    pub(super) fn copy(&self) -> Self {
        let copy = Self::new();
        copy.lock().pairs.clone_from(&self.lock().pairs);
        copy
    }

    /// Adds a pair from two files.
    pub(super) fn add_files(&self, files: Files) -> Result<(), Misuse> {
        let pair = read(files)?;
        self.lock().pairs.push(pair);
        Ok(())
    }

    /// Adds a pair from two texts.
    pub(super) fn add_text(&self, certificate: &[u8], key: &[u8]) -> Result<(), Misuse> {
        let certificate = Pem::text(certificate, "the certificate");
        let pair = pair(&certificate, &Pem::text(key, "the key"), None)?;
        self.lock().pairs.push(pair);
        Ok(())
    }

    /// Has it said when a file that has changed cannot be used.
    pub(super) fn say_by(&self, say: Box<Say>) {
        // Whoever serves first hears of it.
        let _ = self.say.set(say);
    }

    /// Reads files that have changed, looking at them once a second at most.
    fn look(&self, pairs: &mut Pairs) {
        const PAUSE: Duration = Duration::from_secs(1);
        if pairs.looked.elapsed() < PAUSE {
            return;
        }
        pairs.looked = Instant::now();
        for pair in &mut pairs.pairs {
            let Some(files) = &mut pair.files else { continue };
            let now = Files::new(files.certificate.clone(), files.key.clone());
            if now.seen == files.seen {
                continue;
            }
            files.seen = now.seen;
            match read(now) {
                Ok(read) => *pair = read,
                Err(problem) => self.say(&format!(
                    "the certificate that was changed is not used, and the one before stays: {problem}"
                )),
            }
        }
    }

    fn say(&self, line: &str) {
        if let Some(say) = self.say.get() {
            say(line);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pairs> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut pairs = self.lock();
        self.look(&mut pairs);
        let pairs = &pairs.pairs;
        let asked = hello.server_name();
        let asked = asked.and_then(|name| pairs.iter().find(|pair| pair.is_for(name)));
        asked.or(pairs.first()).map(|pair| Arc::clone(&pair.key))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("pairs", &self.lock().pairs).finish_non_exhaustive()
    }
}

impl Pair {
    /// Whether it is for a host: by its name, or by one with a star for the first part.
    fn is_for(&self, host: &str) -> bool {
        let rest = host.split_once('.').map(|(_, rest)| rest);
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(name) => rest.is_some_and(|rest| rest.eq_ignore_ascii_case(name)),
            None => name.eq_ignore_ascii_case(host),
        })
    }
}

fn read(files: Files) -> Result<Pair, Misuse> {
    let (certificate, key) = (Pem::file(&files.certificate)?, Pem::file(&files.key)?);
    pair(&certificate, &key, Some(files))
}

fn pair(certificate: &Pem<'_>, key: &Pem<'_>, files: Option<Files>) -> Result<Pair, Misuse> {
    let (certificate_name, key_name) = (certificate.name(), key.name());
    let chain = certificate.certificates()?;
    let names = chain.first().map(|first| PeerCertificate::new(first).names().to_vec());
    let key = key.key()?;
    let key = any_supported_type(&key).map_err(|error| {
        problem(format!("{key_name} has a key of a kind that cannot be used: {error}"))
    })?;
    let key = CertifiedKey::new(chain, key);
    key.keys_match().map_err(|error| {
        let words = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("{key_name} is not the key of the first certificate in {certificate_name}")
            }
            error => format!("{certificate_name} has no certificate that can be used: {error}"),
        };
        problem(words)
    })?;
    Ok(Pair { key: Arc::new(key), names: names.unwrap_or_default().into(), files })
}
