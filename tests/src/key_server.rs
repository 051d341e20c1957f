//! A server that gives the keys of an issuer, or does what else such servers do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::Issued;

/// What a server of keys says to a request.
#[derive(Debug, Clone)]
pub enum Says {
    /// These keys.
    Keys(String),
    /// These bytes, and the end.
    Bytes(Vec<u8>),
    /// Nothing, until it is to say something else.
    Nothing,
    /// A head, and then a byte from time to time.
    Drops,
}

/// A server of keys. It ends when this is dropped.
#[derive(Debug)]
pub struct KeyServer {
    address: SocketAddr,
    is_secure: bool,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct State {
    says: Mutex<Says>,
    asked: AtomicUsize,
    ended: AtomicBool,
}

impl KeyServer {
    /// Starts one that says this by HTTP.
    pub fn start(says: Says) -> Self {
        Self::start_with(says, None)
    }

    /// Starts one that says this by HTTPS.
    pub fn start_over_tls(says: Says, issued: &Issued) -> Self {
        let certificate = CertificateDer::from_pem_file(&issued.certificate).unwrap();
        let key = PrivateKeyDer::from_pem_file(&issued.key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::start_with(says, Some(Arc::new(config)))
    }

    fn start_with(says: Says, config: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            says: Mutex::new(says),
            asked: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        };
        let state = Arc::new(state);
        let (is_secure, shared) = (config.is_some(), Arc::clone(&state));
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, state) = (stream.unwrap(), Arc::clone(&shared));
                let tls = config.clone().map(|config| ServerConnection::new(config).unwrap());
                thread::spawn(move || match tls {
                    Some(tls) => state.serve(StreamOwned::new(tls, stream)),
                    None => state.serve(stream),
                });
            }
        });
        Self { address, is_secure, state, thread: Some(thread) }
    }

    /// Has it say this from now on.
    pub fn say(&self, says: Says) {
        *self.state.says.lock().unwrap() = says;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// The address of the keys.
    pub fn url(&self) -> String {
        let (scheme, port) = (if self.is_secure { "https" } else { "http" }, self.address.port());
        format!("{scheme}://localhost:{port}/jwks.json")
    }
}

impl State {
    fn serve(&self, stream: impl Read + Write) {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            // Who has not asked, as a connection to look whether somebody is there, is not counted.
            if !matches!(stream.read_line(&mut head), Ok(1..)) {
                return;
            }
        }
        assert!(head.starts_with("GET /jwks.json HTTP/1.1\r\nHost: localhost:"), "{head}");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let stream = stream.get_mut();
        let mut says = self.says.lock().unwrap().clone();
        while matches!(says, Says::Nothing) {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
            says = self.says.lock().unwrap().clone();
        }
        let _ = match says {
            Says::Keys(keys) => stream.write_all(&ok("application/json", keys.as_bytes())),
            Says::Bytes(bytes) => stream.write_all(&bytes),
            Says::Nothing | Says::Drops => {
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
                let mut written = stream.write_all(head.as_bytes());
                while written.is_ok() && !self.ended.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(100));
                    written = stream.write_all(b" ").and_then(|()| stream.flush());
                }
                written
            }
        };
        let _ = stream.flush();
    }
}

/// A response with this body.
pub fn ok(media_type: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
