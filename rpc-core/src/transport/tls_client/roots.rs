//! The authorities that the operating system trusts.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls_native_certs::ErrorKind;

use crate::error::Misuse;

use super::super::pem::defect;
use super::super::tls_problem::problem;

/// Those authorities, which are looked for once. Where none are found the next client looks again.
pub(super) fn of_the_system() -> Result<Arc<RootCertStore>, Misuse> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return Ok(Arc::clone(roots));
    }
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.certs);
    if roots.is_empty() {
        let why = loaded.errors.first().map(|error| match &error.kind {
            ErrorKind::Pem(pem) => format!(" ({}: {})", error.context, defect(pem)),
            _ => format!(" ({error})"),
        });
        let why = why.unwrap_or_default();
        return Err(problem(format!(
            "this system has no list of trusted authorities{why}; install one (`ca-certificates`), \
             name its file in `SSL_CERT_FILE`, or give the server's authority: `ClientTls::ca`"
        )));
    }
    Ok(Arc::clone(ROOTS.get_or_init(|| Arc::new(roots))))
}
