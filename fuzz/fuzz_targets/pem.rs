//! Whatever stands in the files of a certificate and of its key, a server takes them or says what is wrong, and never what stands in
//! the key.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rpc_core::tls::Tls;

const CERTIFICATE: &str = include_str!("../seeds/pem/certificate.pem");
const KEY: &str = include_str!("../seeds/pem/key.pem");

// The input is two texts, with a byte 0 between them; where there is one, it is either.
fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Some((certificate, key)) = text.split_once('\0') {
        read(certificate, key);
    } else {
        read(text, KEY);
        read(CERTIFICATE, text);
    }
});

fn read(certificate: &str, key: &str) {
    let Err(error) = Tls::from_pem_text(certificate, key) else { return };
    let said = format!("{error} {error:?}");
    assert!(said.len() < 2000, "{said}");
    for line in key.lines().filter(|line| line.len() >= 32 && !line.starts_with("-----")) {
        assert!(!said.contains(line), "{said}");
    }
}
