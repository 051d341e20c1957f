//! Certificates that are good, or were, or will be, in files.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::Folder;

/// An authority that issues certificates, with a folder for all files.
#[derive(Debug)]
pub struct Issuer {
    folder: Folder,
    key_and_name: CertifiedIssuer<'static, KeyPair>,
}

/// The files of a certificate, in PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    /// That of the certificate.
    pub certificate: PathBuf,
    /// That of its key.
    pub key: PathBuf,
    /// The certificate itself.
    pub der: Vec<u8>,
}

/// A day.
pub const DAY: Duration = Duration::from_secs(86_400);

impl Issuer {
    /// Makes one, whose certificate is at [`Self::file`].
    pub fn new() -> Self {
        // Authorities of one name would be taken for one another.
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = Folder::new();
        fs::write(folder.file("ca.pem"), issuer.pem()).unwrap();
        Self { folder, key_and_name: issuer }
    }

    /// The file of its certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.file("ca.pem")
    }

    /// A file of that name in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    /// Its own certificate, as if it were a server's.
    pub fn itself(&self) -> Certified {
        let key = self.folder.file("ca-key.pem");
        fs::write(&key, self.key_and_name.key().serialize_pem()).unwrap();
        Certified { certificate: self.file(), key, der: self.key_and_name.der().to_vec() }
    }

    /// Issues a certificate that is good from yesterday to tomorrow, for the first name and others.
    pub fn issue(&self, names: &[&str]) -> Certified {
        let now = SystemTime::now();
        self.issue_for(names, now - DAY, now + DAY)
    }

    /// Issues a certificate that is good in between.
    pub fn issue_for(&self, names: &[&str], from: SystemTime, to: SystemTime) -> Certified {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names.clone()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names[0].clone());
        params.not_before = from.into();
        params.not_after = to.into();
        let key = KeyPair::generate().unwrap();
        let issued = params.signed_by(&key, &self.key_and_name).unwrap();
        let file = |end: &str| {
            let day = to.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
            self.folder.file(&format!("{}-{day}{end}", names[0].replace('*', "any")))
        };
        let (certificate, key_file) = (file(".pem"), file("-key.pem"));
        fs::write(&certificate, issued.pem()).unwrap();
        fs::write(&key_file, key.serialize_pem()).unwrap();
        Certified { certificate, key: key_file, der: issued.der().to_vec() }
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}
