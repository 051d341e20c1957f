//! Whatever a connection begins with, in whatever protocol that is, a server ends it by itself once its peer has, and says the same
//! to whoever does not say who it is, however the bytes are cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rpc_core::RpcServer;
use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::tls::Tls;
use rpc_core_fuzz::{Script, cut, registry};

const CERTIFICATE: &str = include_str!("../seeds/pem/certificate.pem");
const KEY: &str = include_str!("../seeds/pem/key.pem");

fuzz_target!(|input: &[u8]| {
    let Some((&options, input)) = input.split_first() else { return };
    let (sizes, bytes) = cut(input);
    let whole = answer(options, bytes, &[]);
    for sizes in [&sizes[..], &[1]] {
        let pieces = answer(options, bytes, sizes);
        // A head that is wrong and has no end is answered where it has come at once; else hyper waits for its end.
        let is_no_head =
            whole.starts_with(b"HTTP/1.1 400 ") || pieces.starts_with(b"HTTP/1.1 400 ");
        assert!(is_no_head || is_anything(&pieces) == is_anything(&whole), "{sizes:?}");
        if is_text(&whole) {
            assert_eq!(pieces, whole, "{sizes:?}");
        }
    }
});

fn is_anything(said: &[u8]) -> bool {
    !said.is_empty()
}

/// Whether something was said in a protocol that has neither dates nor keys nor windows.
fn is_text(said: &[u8]) -> bool {
    said.first() == Some(&b'{') || said.first() == Some(&b'[')
}

/// What a server says; it knows whoever shows the token `let me in`.
fn answer(options: u8, bytes: &[u8], sizes: &[usize]) -> Vec<u8> {
    let script = Script::new(bytes, sizes);
    let mut server = RpcServer::of(registry()).log(|_| ());
    if options & 1 != 0 {
        server = server.authenticate(|credentials: &Credentials<'_>| match credentials.bearer() {
            Some("let me in") => Ok(Identity::new("somebody")),
            _ => Err(Unauthenticated::new("no such token")),
        });
    }
    if options & 2 != 0 {
        let tls = Tls::from_pem_text(CERTIFICATE, KEY).expect("a certificate and its key");
        server = server.tls(if options & 4 != 0 { tls.allow_plain() } else { tls });
    }
    let _ = server.serve_stream(script.clone());
    script.output()
}
