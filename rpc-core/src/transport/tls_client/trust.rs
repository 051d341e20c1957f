//! A client's settings as rustls takes them.

use std::sync::Arc;

use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, RootCertStore, crypto};

use crate::error::Misuse;

use super::super::tls_problem::problem;
use super::pins::Pinned;
use super::{ClientTls, roots};

impl ClientTls {
    /// The configuration of a client's connections, which keeps their sessions.
    pub(super) fn to_config(&self, is_http: bool) -> Result<ClientConfig, Misuse> {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| problem(error.to_string()))?;
        let builder = if self.pins.is_empty() {
            builder.with_root_certificates(self.roots()?)
        } else {
            let pinned = Arc::new(Pinned::new(self.pins.clone()));
            builder.dangerous().with_custom_certificate_verifier(pinned)
        };
        let mut config = match &self.identity {
            Some(identity) => {
                let identity = SingleCertAndKey::from(Arc::clone(identity));
                builder.with_client_cert_resolver(Arc::new(identity))
            }
            None => builder.with_no_client_auth(),
        };
        if is_http {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(config)
    }

    fn roots(&self) -> Result<Arc<RootCertStore>, Misuse> {
        if self.roots.is_empty() {
            return roots::of_the_system();
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.roots.iter().cloned());
        Ok(Arc::new(roots))
    }
}
