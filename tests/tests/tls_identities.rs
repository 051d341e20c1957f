//! Callers are known by the certificates that they show, by every way.

#![allow(clippy::unwrap_used)]

use examples::{add, whoami};
use rpc_core::client::Dialect;
use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::tls::{ClientTls, Tls};
use rpc_core::{RpcClient, RpcServer, call};
use tests::{Issuer, Model};

fn by_certificate(credentials: &Credentials<'_>) -> Result<Identity, Unauthenticated> {
    match (credentials.bearer(), credentials.certificate()) {
        (Some("open sesame"), _) => Ok(Identity::new("ali")),
        (None, Some(certificate)) => Ok(Identity::new(certificate.subject().unwrap_or_default())),
        _ => Err(Unauthenticated::new("a certificate or a word is asked for")),
    }
}

#[test]
fn a_certificate_is_who_calls_unless_they_say_who_they_are() {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost", "127.0.0.1"]);
    let tls = Tls::from_pem(&certified.certificate, &certified.key).unwrap();
    let tls = tls.client_ca_optional(issuer.file()).unwrap();
    let ada = issuer.issue(&["ada.example"]);
    let nobody = ClientTls::new().ca(issuer.file()).unwrap();
    let shows_ada = nobody.clone().certificate(&ada.certificate, &ada.key).unwrap();
    Model::each(|model| {
        let server =
            model.start(RpcServer::exported().tls(tls.clone()).authenticate(by_certificate));
        let port = server.address().socket_addr().unwrap().port();
        for (address, dialect) in [
            (format!("tls://localhost:{port}"), Dialect::Native),
            (format!("https://localhost:{port}"), Dialect::JsonRpc),
            (format!("https://localhost:{port}"), Dialect::XmlRpc),
            (format!("wss://localhost:{port}"), Dialect::JsonRpc),
        ] {
            let at = format!("{model:?} {address} {dialect:?}");
            // One connection at a time is all that some models serve.
            let builder = || RpcClient::builder().connections(1).dialect(dialect);
            let who = |client: &RpcClient| call!(client.whoami()).unwrap();
            let client = builder().tls(shows_ada.clone()).connect(&address).unwrap();
            for _ in 0..2 {
                assert_eq!(who(&client).as_deref(), Some("ada.example"), "{at}");
            }
            drop(client);
            let client = builder().tls(nobody.clone()).connect(&address).unwrap();
            assert_eq!(who(&client), None, "{at}");
            drop(client);
            let said = builder().tls(shows_ada.clone()).bearer("open sesame");
            let client = said.connect(&address).unwrap();
            assert_eq!(who(&client).as_deref(), Some("ali"), "{at}");
            assert_eq!(call!(client.add(1, 2)).unwrap(), 13, "{at}");
        }
    });
}
