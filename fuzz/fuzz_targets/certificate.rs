//! Whatever bytes a client shows for its certificate, a server that takes it finds a subject and names that stand in it, or none.

#![no_main]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, LazyLock};
use std::thread;

use libfuzzer_sys::fuzz_target;
use rpc_core::RpcServer;
use rpc_core::tls::Tls;
use rpc_core_fuzz::registry;
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme, StreamOwned,
};

const CERTIFICATE: &[u8] = include_bytes!("../seeds/pem/certificate.pem");
const KEY: &[u8] = include_bytes!("../seeds/pem/key.pem");
const CALL: &[u8] = b"{\"jsonrpc\":\"2.0\",\"method\":\"shown\",\"params\":[],\"id\":1}\n";

type Shown = (Option<String>, Vec<String>, usize);

fuzz_target!(|input: &[u8]| {
    if input.is_empty() {
        return;
    }
    let Some((subject, names, size)) = ask(input) else { return };
    assert_eq!(size, input.len());
    for text in names.iter().chain(&subject) {
        assert!(text.len() <= 3 * input.len(), "{text}");
    }
    assert!(names.len() <= input.len());
});

static SERVER: LazyLock<Arc<ServerConfig>> = LazyLock::new(|| {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let builder = builder.with_client_cert_verifier(Arc::new(Anybody));
    Arc::new(builder.with_single_cert(vec![certificate()], key()).expect("a pair"))
});

fn certificate() -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate")
}

fn key() -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(KEY).expect("a key")
}

/// Calls a server over TLS, with these bytes for a certificate.
fn ask(der: &[u8]) -> Option<Shown> {
    let (here, there) = UnixStream::pair().expect("sockets");
    let serving = thread::spawn(move || {
        let server = RpcServer::of(registry()).log(|_| ());
        let _ = server.tls(Tls::from_config(Arc::clone(&SERVER))).serve_stream(there);
    });
    let signs = ring::sign::any_supported_type(&key()).expect("a key that signs");
    let shown = CertifiedKey::new(vec![CertificateDer::from(der.to_vec())], signs);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let config = builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_client_cert_resolver(Arc::new(Shows(Arc::new(shown))));
    let name = ServerName::try_from("localhost").expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a configuration");
    let mut stream = StreamOwned::new(connection, here);
    let reply = exchange(&mut stream);
    drop(stream);
    serving.join().expect("a server that does not panic");
    let reply: serde_json::Value = serde_json::from_slice(&reply.ok()?).ok()?;
    serde_json::from_value(reply["result"].clone()).expect("what the function returns")
}

fn exchange(stream: &mut StreamOwned<ClientConnection, UnixStream>) -> std::io::Result<Vec<u8>> {
    stream.write_all(CALL)?;
    let mut reply = Vec::new();
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte)?;
        reply.extend_from_slice(&byte);
    }
    Ok(reply)
}

/// Shows a certificate, whatever is asked for.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Takes whatever is shown.
#[derive(Debug)]
struct Anybody;

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
