//! Certificates and keys in PEM, for servers and clients. Any text may hold a key by mistake, so an error shows nothing of it.

use std::borrow::Cow;
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Misuse;

use super::small_file;
use super::tls_problem::problem;

/// The list of all authorities that browsers trust has a twentieth of this.
const LONGEST: usize = 4 << 20;

/// A text in PEM, with the name that errors call it by.
pub(crate) struct Pem<'t> {
    name: String,
    text: Cow<'t, [u8]>,
}

impl<'t> Pem<'t> {
    /// Reads a file.
    pub(crate) fn file(path: &Path) -> Result<Self, Misuse> {
        let name = path.display().to_string();
        if name.contains("-----") {
            return Err(problem(
                "a text in PEM was given in the place of a file's path; write it into a file, which \
                 its owner alone may read, or let a server have it by `Tls::from_pem_text`",
            ));
        }
        let name = format!("`{name}`");
        match small_file::read(path, LONGEST) {
            Ok(text) => Ok(Self { name, text: text.into() }),
            Err(error) => Err(problem(format!(
                "{name} cannot be read ({error}); give the path of a file in PEM"
            ))),
        }
    }

    /// Takes a text, which errors call by this name.
    pub(crate) fn text(text: &'t [u8], name: &str) -> Self {
        Self { name: name.to_owned(), text: text.into() }
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its certificates, of which there is at least one.
    pub(crate) fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, Misuse> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.text).collect();
        let instead = match found {
            Ok(certificates) if !certificates.is_empty() => return Ok(certificates),
            Ok(_) if PrivateKeyDer::from_pem_slice(&self.text).is_ok() => {
                "it has a private key; are the two exchanged?"
            }
            Ok(_) => {
                "there must be a line -----BEGIN CERTIFICATE-----; one in DER is turned into PEM by \
                 `openssl x509 -inform der -in cert.der -out cert.pem`"
            }
            Err(error) => defect(&error),
        };
        Err(self.lacks("certificate", instead))
    }

    /// Its private key, the first if there are several.
    pub(crate) fn key(&self) -> Result<PrivateKeyDer<'static>, Misuse> {
        PrivateKeyDer::from_pem_slice(&self.text).map_err(|error| {
            let instead = match error {
                pem::Error::NoItemsFound if self.has("ENCRYPTED") => {
                    "it is encrypted; decrypt it: `openssl pkey -in encrypted.pem -out key.pem`"
                }
                pem::Error::NoItemsFound if self.has("BEGIN CERTIFICATE") => {
                    "it has a certificate; are the two exchanged?"
                }
                pem::Error::NoItemsFound => {
                    "there must be a line -----BEGIN PRIVATE KEY-----, or one with EC or RSA before \
                     PRIVATE"
                }
                error => defect(&error),
            };
            self.lacks("private key", instead)
        })
    }

    fn lacks(&self, what: &str, instead: &str) -> Misuse {
        problem(format!("{} has no {what}: {instead}", self.name))
    }

    fn has(&self, words: &str) -> bool {
        self.text.windows(words.len()).any(|window| window == words.as_bytes())
    }
}

/// What is wrong with a text. The error itself holds lines of it.
pub(super) fn defect(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => {
            "a line -----END …----- is missing; is it cut off, or are its line breaks lost?"
        }
        pem::Error::IllegalSectionStart { .. } => {
            "a line -----BEGIN …----- does not end behind these dashes; are its line breaks lost?"
        }
        pem::Error::Base64Decode(_) => {
            "there is something else than base64 between its lines -----BEGIN …----- and -----END …-----"
        }
        pem::Error::SectionTooLarge => "it is larger than 256 MB",
        pem::Error::NoItemsFound => "it holds neither certificate nor key",
        _ => "it cannot be read to its end",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Misuse, Pem};

    /// The base64 of a key that nobody has.
    const KEY: &str = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQUFhc3ViamVjdG9m\
                       dGVzdHNhbmRub3RhbmtleTEyM6FEQgAEc29tZXRoaW5ndGhhdHNub3Rwb2ludG9u\
                       dGhlY3VydmVhbnl3aGVyZWF0YWxsc29pdHNub3RhdmFsaWRrZXlhdGFsbDEyMzQ=";

    /// Texts that hold the key, none of which is right for it.
    fn spoilt() -> Vec<String> {
        let lines = KEY.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap());
        let lines: Vec<_> = lines.collect();
        let body = lines.join("\n");
        let kinds = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "CERTIFICATE"];
        let kinds = kinds.into_iter().chain(["ENCRYPTED PRIVATE KEY", "PRIVATE-KEY"]);
        let of = |kind: &str| {
            let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
            vec![
                format!("{begin}{KEY}{end}"),
                format!("{begin} {KEY} {end}\r\n"),
                format!("{begin}\\n{KEY}\\n{end}\n"),
                format!("{begin}{KEY}\n{end}\n"),
                format!("{begin}\n{body}{end}\n"),
                format!("{begin}\n{body}\n"),
                format!("{begin}\r\n{}", lines.join("\r\n")),
                format!("{begin}\n{body}"),
                format!("{begin}\n{body}\n-----END SOMETHING-----\n"),
                format!("{begin}\n{}?\n{end}\n", &body[1..]),
                format!("{begin}\n{}\n{end}\n", &body[..body.len() - 3]),
                format!("-----BEGIN {kind}\n{body}\n{end}\n"),
                format!("----BEGIN {kind}----\n{body}\n{end}\n"),
                format!("{body}\n{end}\n"),
            ]
        };
        kinds.flat_map(of).chain([KEY.to_owned(), body.clone()]).collect()
    }

    /// The eight characters of the key that an error shows, as they are or as numbers of bytes.
    fn shown(error: &Misuse) -> Option<&'static str> {
        let text = format!("{error} {error:?}");
        let runs = (0..=KEY.len() - 8).map(|at| &KEY[at..at + 8]);
        let bytes = |run: &str| format!("{:?}", run.as_bytes());
        let mut runs = runs.filter(|run| !run.contains("PRIVATE"));
        runs.find(|run| text.contains(run) || text.contains(bytes(run).trim_matches(['[', ']'])))
    }

    #[test]
    fn no_error_shows_anything_of_a_key() {
        for text in spoilt() {
            let pem = Pem::text(text.as_bytes(), "the text");
            let errors = [pem.certificates().err(), pem.key().err()];
            assert!(errors.iter().any(Option::is_some), "{text}");
            for error in errors.into_iter().flatten() {
                assert_eq!(shown(&error), None, "{error}");
                assert!(error.to_string().contains("the text has no "), "{error}");
            }
            if text.starts_with("-----") {
                let error = Pem::file(Path::new(&text)).err().unwrap();
                assert_eq!(shown(&error), None, "{error}");
            }
        }
    }

    #[test]
    fn each_defect_has_a_sentence_of_its_own() {
        for (text, said) in [
            ("-----BEGIN CERTIFICATE-----\nAAAA\n", "is it cut off"),
            ("-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----", "line breaks lost"),
            ("-----BEGIN CERTIFICATE\nAAAA\n", "does not end behind these dashes"),
            ("-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n", "else than base64"),
            ("nothing", "-----BEGIN CERTIFICATE-----"),
        ] {
            let error = Pem::text(text.as_bytes(), "`it`").certificates().unwrap_err();
            assert!(error.to_string().contains(said), "{error}");
        }
    }
}
