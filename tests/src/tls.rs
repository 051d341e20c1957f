//! An authority whose certificates only tests trust, and a client that speaks bytes over TLS.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType,
};
use rpc_core::protocol::Framing;
use rpc_core::transport::Address;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::folder::Folder;
use super::peer::frame;

/// Vouches for certificates, which it writes into a folder of its own.
pub struct Authority {
    folder: Folder,
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, in files.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub key: PathBuf,
}

impl Authority {
    /// Makes one with a key of its own.
    pub fn new() -> Self {
        let folder = Folder::new();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "an authority of the tests");
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        fs::write(folder.file("ca.pem"), certificate.pem()).unwrap();
        let root = certificate.der().clone();
        Self { folder, root, issuer: Issuer::new(params, key) }
    }

    /// The file with its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.file("ca.pem")
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Issues a certificate to a subject, for some names, into the files `FILE.pem` and `FILE-key.pem`.
    pub fn issue(&self, file: &str, subject: &str, names: &[&str]) -> Issued {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, subject);
        params.subject_alt_names = names.iter().map(|name| alternative_name(name)).collect();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let issued = Issued {
            certificate: self.folder.file(&format!("{file}.pem")),
            key: self.folder.file(&format!("{file}-key.pem")),
        };
        fs::write(&issued.certificate, certificate.pem()).unwrap();
        fs::write(&issued.key, key.serialize_pem()).unwrap();
        issued
    }

    /// The configuration of a client that trusts nobody else.
    pub fn client(&self) -> ClientConfig {
        self.client_config(None)
    }

    /// The same of one that shows a certificate.
    pub fn client_showing(&self, issued: &Issued) -> ClientConfig {
        self.client_config(Some(issued))
    }

    fn client_config(&self, issued: Option<&Issued>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        match issued {
            None => builder.with_no_client_auth(),
            Some(issued) => {
                let certificate = CertificateDer::from_pem_file(&issued.certificate).unwrap();
                let key = PrivateKeyDer::from_pem_file(&issued.key).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn alternative_name(name: &str) -> SanType {
    let text = name.try_into().unwrap();
    match name {
        uri if uri.contains("://") => SanType::URI(text),
        mail if mail.contains('@') => SanType::Rfc822Name(text),
        _ => SanType::DnsName(text),
    }
}

/// One end of a connection over TLS.
pub struct TlsPeer {
    stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl TlsPeer {
    /// Connects to `localhost`; the handshake happens when something is written or read.
    pub fn connect(address: &Address, config: &Arc<ClientConfig>) -> Self {
        Self::connect_to(address, config, "localhost")
    }

    /// The same by another name.
    pub fn connect_to(address: &Address, config: &Arc<ClientConfig>, name: &str) -> Self {
        // Longer than anything takes here.
        const PATIENCE: Duration = Duration::from_secs(60);
        let socket = TcpStream::connect(address).expect("a server that listens");
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
        Self { stream: BufReader::new(StreamOwned::new(connection, socket)) }
    }

    /// The state of TLS.
    pub fn tls(&mut self) -> &mut ClientConnection {
        &mut self.stream.get_mut().conn
    }

    /// The socket below.
    pub fn socket(&self) -> &TcpStream {
        &self.stream.get_ref().sock
    }

    /// Ends the handshake.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn shake_hands(&mut self) -> std::io::Result<()> {
        let StreamOwned { conn, sock } = self.stream.get_mut();
        while conn.is_handshaking() {
            conn.complete_io(sock)?;
        }
        Ok(())
    }

    /// Sends bytes.
    pub fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).expect("a server that reads");
    }

    /// Sends bytes to a server that may not read.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn try_write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush())
    }

    /// Sends a message in its frame, and receives the reply.
    pub fn ask(&mut self, framing: Framing, message: &str) -> String {
        self.write(&frame(framing, message.as_bytes()));
        self.receive(framing)
    }

    /// Receives a reply.
    pub fn receive(&mut self, framing: Framing) -> String {
        match framing {
            Framing::LengthPrefix => {
                let prefix = self.read(4);
                let length = u32::from_le_bytes(prefix.try_into().unwrap());
                String::from_utf8(self.read(length as usize)).unwrap()
            }
            Framing::Header => self.receive_response().1,
            _ => self.read_line(),
        }
    }

    /// Receives lines up to an empty one, and as many bytes as they say follow.
    pub fn receive_response(&mut self) -> (String, String) {
        let mut head = String::new();
        loop {
            let line = self.read_line();
            if line.is_empty() {
                break;
            }
            head += &line.to_ascii_lowercase();
            head.push('\n');
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let body = self.read(length.map_or(0, |length| length.parse().unwrap()));
        (head, String::from_utf8(body).unwrap())
    }

    /// Reads so many bytes.
    pub fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.stream.read_exact(&mut bytes).expect("the bytes that were announced");
        bytes
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Says that nothing more will be sent, as TLS says it and then as the socket does.
    pub fn finish(&mut self) {
        let stream = self.stream.get_mut();
        stream.conn.send_close_notify();
        let _ = stream.conn.complete_io(&mut stream.sock);
        let _ = stream.sock.shutdown(std::net::Shutdown::Write);
    }

    /// Reads up to the end, which the server has said as TLS says it.
    pub fn read_to_end(&mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).expect("an end with close_notify");
        rest
    }

    /// How the server ends the connection: what is wrong, or nothing.
    pub fn failure(&mut self) -> Option<String> {
        match self.stream.read(&mut [0]) {
            Ok(0) => None,
            Ok(_) => panic!("bytes instead of an end"),
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("no end in a minute"),
            Err(error) => Some(error.to_string()),
        }
    }
}
