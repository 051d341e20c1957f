//! Which TLS a server speaks: versions, ciphers, protocols and names, as openssl and as bytes ask for them.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Output, Stdio};
use std::time::Duration;

use rpc_core::RpcServer;
use rpc_core::tls::Tls;
use tests::{Issuer, Model, openssl};

/// Runs a test with a server in each model that is in this process.
fn each(test: impl Fn(SocketAddr, &Issuer) + Sync) {
    let issuer = Issuer::new();
    let certified = issuer.issue(&["localhost"]);
    Model::each(|model| {
        let tls = Tls::from_pem(&certified.certificate, &certified.key).unwrap();
        let server = model.start(RpcServer::exported().tls(tls));
        test(server.address().socket_addr().unwrap(), &issuer);
    });
}

const TLS_1_2: [u8; 2] = [3, 3];

/// What TLS 1.2 has that is not broken, and what only looks as if.
const GOOD: [u16; 3] = [0xc02b, 0xc02c, 0xcca9];

/// A client's first message, as versions before 1.3 have it.
struct Hello<'h> {
    version: [u8; 2],
    ciphers: &'h [u16],
    compressions: &'h [u8],
    extensions: Vec<(u16, Vec<u8>)>,
}

impl<'h> Hello<'h> {
    fn of(version: [u8; 2], ciphers: &'h [u16]) -> Self {
        let extensions = vec![
            // The curves P-256, P-384 and X25519.
            (10, vec![0, 6, 0, 23, 0, 24, 0, 29]),
            (11, vec![1, 0]),
            // ECDSA and RSA with SHA-256, and with SHA-1.
            (13, vec![0, 8, 4, 3, 8, 4, 4, 1, 2, 3]),
        ];
        Self { version, ciphers, compressions: &[0], extensions }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let long = |bytes: Vec<u8>| {
            [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], &bytes].concat()
        };
        let ciphers = self.ciphers.iter().flat_map(|cipher| cipher.to_be_bytes()).collect();
        let extensions: Vec<u8> = self
            .extensions
            .iter()
            .flat_map(|(kind, body)| [&kind.to_be_bytes()[..], &long(body.clone())].concat())
            .collect();
        let mut body = [&self.version[..], &[7; 32], &[0], &long(ciphers)].concat();
        body.push(u8::try_from(self.compressions.len()).unwrap());
        body.extend_from_slice(self.compressions);
        if !self.extensions.is_empty() {
            body.extend(long(extensions));
        }
        let message = [&[1, 0][..], &long(body)].concat();
        [&[0x16, 3, self.version[1].min(1)][..], &long(message)].concat()
    }
}

/// What a server says to a client's first message.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// It goes on: the version, the cipher and the compression.
    Hello([u8; 2], u16, u8),
    /// It refuses, with this alert, and ends the connection.
    Alert(u8),
}

const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

fn say(address: SocketAddr, bytes: &[u8]) -> Said {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let mut record = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut record).unwrap();
    match head[0] {
        0x15 => {
            assert_eq!(record[0], 2, "an alert that is fatal");
            assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "an end");
            Said::Alert(record[1])
        }
        0x16 => {
            // Behind the type and the length: version, random, session, cipher, compression.
            let hello = &record[4..];
            let rest = &hello[35 + usize::from(hello[34])..];
            let cipher = u16::from_be_bytes([rest[0], rest[1]]);
            Said::Hello([hello[0], hello[1]], cipher, rest[2])
        }
        kind => panic!("a record of type {kind}"),
    }
}

#[test]
fn versions_before_1_2_are_refused() {
    each(|address, _| {
        for version in [[3, 0], [3, 1], [3, 2]] {
            let hello = Hello::of(version, &GOOD).to_bytes();
            assert_eq!(say(address, &hello), Said::Alert(PROTOCOL_VERSION), "{version:?}");
            // As the first clients of SSL 3 said it, without extensions.
            let hello = Hello { extensions: Vec::new(), ..Hello::of(version, &[0xc013, 0x2f, 5]) };
            let said = say(address, &hello.to_bytes());
            assert!(matches!(said, Said::Alert(_)), "{version:?}: {said:?}");
        }
        let said = say(address, &Hello::of(TLS_1_2, &GOOD).to_bytes());
        assert!(
            matches!(said, Said::Hello(TLS_1_2, cipher, 0) if GOOD.contains(&cipher)),
            "{said:?}"
        );
    });
}

#[test]
fn ciphers_that_are_broken_or_show_the_past_are_refused() {
    let refused = [
        ("nothing encrypted", vec![0x0000, 0x0001, 0x0002, 0x003b, 0xc001, 0xc006, 0xc010]),
        ("for export", vec![0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0019]),
        ("RC4", vec![0x0004, 0x0005, 0xc002, 0xc007, 0xc00c, 0xc011]),
        ("DES and 3DES", vec![0x0009, 0x000a, 0x0015, 0x0016, 0xc003, 0xc008, 0xc012]),
        ("nobody known", vec![0x0018, 0x0034, 0x006c, 0x00a6, 0xc015, 0xc018, 0xc019]),
        ("CBC", vec![0xc009, 0xc00a, 0xc013, 0xc014, 0xc023, 0xc024, 0xc027, 0xc028, 0x0067]),
        ("the key of the certificate", vec![0x002f, 0x0035, 0x003c, 0x003d, 0x009c, 0x009d]),
        ("SEED, IDEA and Camellia", vec![0x0007, 0x0041, 0x0084, 0x0096, 0xc072, 0xc073]),
        ("PSK", vec![0x008a, 0x008b, 0x008c, 0x008d, 0x00a8, 0x00a9]),
    ];
    each(|address, _| {
        for (what, ciphers) in &refused {
            let said = say(address, &Hello::of(TLS_1_2, ciphers).to_bytes());
            assert_eq!(said, Said::Alert(HANDSHAKE_FAILURE), "{what}");
            // Offered first, they are left for what is good.
            let ciphers = [&ciphers[..], &GOOD].concat();
            let said = say(address, &Hello::of(TLS_1_2, &ciphers).to_bytes());
            assert!(
                matches!(said, Said::Hello(TLS_1_2, cipher, 0) if GOOD.contains(&cipher)),
                "{what}: {said:?}"
            );
        }
    });
}

#[test]
fn nothing_is_compressed() {
    each(|address, _| {
        let hello = Hello { compressions: &[1, 0], ..Hello::of(TLS_1_2, &GOOD) };
        let said = say(address, &hello.to_bytes());
        assert!(matches!(said, Said::Hello(TLS_1_2, _, 0)), "{said:?}");
        let hello = Hello { compressions: &[1], ..Hello::of(TLS_1_2, &GOOD) };
        let said = say(address, &hello.to_bytes());
        assert!(matches!(said, Said::Alert(_)), "{said:?}");
    });
}

/// What `openssl s_client` finds, which is told to leave as soon as it has shaken hands, or by lines of its own.
fn client(address: SocketAddr, issuer: &Issuer, options: &[&str], lines: &str) -> Option<Output> {
    let mut command = openssl()?;
    command.args(["s_client", "-connect", &address.to_string(), "-CAfile"]).arg(issuer.file());
    command.args(["-verify_return_error"]).args(options);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // Where it has failed, it reads nothing.
    let _ = input.write_all(lines.as_bytes());
    drop(input);
    Some(child.wait_with_output().unwrap())
}

fn text(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn openssl_agrees_on_versions_and_ciphers() {
    each(|address, issuer| {
        for (options, found) in [
            (&["-tls1_3"][..], "TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384"),
            (&["-tls1_2"], "TLSv1.2, Cipher is ECDHE-ECDSA-"),
            (
                &["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
                "Cipher is TLS_AES_128_GCM_SHA256",
            ),
            (
                &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
                "Cipher is TLS_CHACHA20_POLY1305_SHA256",
            ),
            (
                &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
                "Cipher is ECDHE-ECDSA-CHACHA20-POLY1305",
            ),
            (
                &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
                "Cipher is ECDHE-ECDSA-AES128-GCM-SHA256",
            ),
        ] {
            let Some(output) = client(address, issuer, options, "Q\n") else { return };
            let said = text(&output);
            assert!(output.status.success() && said.contains(found), "{options:?}: {said}");
            assert!(said.contains("Verify return code: 0 (ok)"), "{options:?}: {said}");
            assert!(said.contains("Compression: NONE"), "{options:?}: {said}");
        }
        for options in [
            &["-tls1", "-cipher", "ALL:@SECLEVEL=0"][..],
            &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384"],
            &["-tls1_2", "-cipher", "NULL:@SECLEVEL=0"],
            &["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"],
            &["-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256"],
        ] {
            let Some(output) = client(address, issuer, options, "Q\n") else { return };
            let said = text(&output);
            assert!(!output.status.success(), "{options:?}: {said}");
            assert!(said.contains("alert"), "refused by the server: {options:?}: {said}");
        }
    });
}

#[test]
fn nothing_is_negotiated_anew() {
    each(|address, issuer| {
        // `R` on a line of its own asks for it.
        let Some(output) = client(address, issuer, &["-tls1_2"], "R\n") else { return };
        let said = text(&output);
        assert!(said.contains("RENEGOTIATING"), "{said}");
        assert!(said.contains("no renegotiation"), "{said}");
    });
}

#[test]
fn protocols_are_chosen_by_alpn() {
    each(|address, issuer| {
        for (asked, found) in [
            ("h2", "ALPN protocol: h2"),
            ("http/1.1", "ALPN protocol: http/1.1"),
            ("http/1.1,h2", "ALPN protocol: h2"),
            ("spdy/3,http/1.1", "ALPN protocol: http/1.1"),
        ] {
            let Some(output) = client(address, issuer, &["-alpn", asked], "Q\n") else { return };
            let said = text(&output);
            assert!(output.status.success() && said.contains(found), "{asked}: {said}");
        }
        let Some(output) = client(address, issuer, &[], "Q\n") else { return };
        let said = text(&output);
        assert!(output.status.success() && said.contains("No ALPN negotiated"), "{said}");
        let Some(output) = client(address, issuer, &["-alpn", "spdy/3"], "Q\n") else { return };
        let said = text(&output);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("no application protocol"), "{said}");
    });
}

#[test]
fn a_name_that_nobody_has_is_shown_the_first_certificate() {
    each(|address, issuer| {
        for name in [&["-servername", "nobody.example"][..], &["-noservername"]] {
            let Some(output) = client(address, issuer, name, "Q\n") else { return };
            let said = text(&output);
            assert!(output.status.success() && said.contains("subject=CN = localhost"), "{said}");
        }
        let options = ["-servername", "nobody.example", "-verify_hostname", "nobody.example"];
        let Some(output) = client(address, issuer, &options, "Q\n") else { return };
        assert!(text(&output).contains("hostname mismatch"), "{}", text(&output));
    });
}
