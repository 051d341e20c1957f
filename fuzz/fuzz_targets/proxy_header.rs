//! Whatever a connection begins with where a PROXY header is to come, a call behind it is answered if the header is one, names
//! whom the header names, and none is otherwise; however the bytes are cut.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use rpc_core::RpcServer;
use rpc_core_fuzz::{Script, cut, registry};

const CALL: &[u8] = br#"{"jsonrpc":"2.0","method":"caller","params":[],"id":1}"#;
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

fuzz_target!(|input: &[u8]| {
    let (sizes, header) = cut(input);
    // What the header is may take some of the call with it.
    let bytes = [header, CALL].concat();
    let whole = answer(&bytes, &[]);
    for sizes in [&sizes[..], &[1]] {
        let pieces = answer(&bytes, sizes);
        // In which dialect a message is refused that cannot be read depends on what of it has come.
        assert_eq!(pieces.is_some(), whole.is_some(), "{sizes:?}");
        assert_eq!(
            pieces.as_deref().and_then(named),
            whole.as_deref().and_then(named),
            "{sizes:?}"
        );
    }
    let expected = read(&bytes);
    let found = whole.as_deref().and_then(named);
    if let Some((caller, size)) = expected {
        if size == header.len() {
            assert_eq!(found, Some(caller.unwrap_or("127.0.0.1".parse().expect("an address"))));
        }
    } else {
        assert_eq!(whole, None, "no header was taken for one");
    }
});

/// The answer, if there is one.
fn answer(bytes: &[u8], sizes: &[usize]) -> Option<String> {
    let script = Script::new(bytes, sizes);
    let server = RpcServer::of(registry()).log(|_| ());
    let server = server.trusted_proxies(["127.0.0.1"]).expect("an address").proxy_protocol();
    let _ = server.serve_stream(script.clone());
    let output = script.output();
    (!output.is_empty()).then(|| String::from_utf8_lossy(&output).into_owned())
}

/// Whom an answer names.
fn named(answer: &str) -> Option<IpAddr> {
    let (_, rest) = answer.split_once(r#""result":""#)?;
    rest.split_once('"')?.0.parse().ok()
}

/// Whom a header names, and how long it is: the protocol as its text has it, read from what is whole.
fn read(bytes: &[u8]) -> Option<(Option<IpAddr>, usize)> {
    if let Some(rest) = bytes.strip_prefix(SIGNATURE) {
        let &[what, family, high, low, ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let body = rest.get(4..4 + length).filter(|_| length <= 4096)?;
        let size = SIGNATURE.len() + 4 + length;
        let address = match (what, family) {
            (0x21, 0x11) => {
                Some(IpAddr::from(<[u8; 4]>::try_from(body.get(..12)?.get(..4)?).ok()?))
            }
            (0x21, 0x21) => {
                Some(IpAddr::from(<[u8; 16]>::try_from(body.get(..36)?.get(..16)?).ok()?))
            }
            (0x20, _) | (0x21, 0x00 | 0x31 | 0x32) => None,
            // What else there may be is for the reader to say.
            (0x21, _) => return Some((None, usize::MAX)),
            _ => return None,
        };
        return Some((address.map(|address| address.to_canonical()), size));
    }
    let end = bytes.windows(2).position(|two| two == b"\r\n").filter(|end| *end <= 105)?;
    let line = str::from_utf8(&bytes[..end]).ok()?;
    let words: Vec<_> = line.split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Some((None, end + 2)),
        ["PROXY", family @ ("TCP4" | "TCP6"), from, to, from_port, to_port] => {
            let address = |word: &str| {
                word.parse().ok().filter(|address: &IpAddr| address.is_ipv4() == (family == "TCP4"))
            };
            let is_port = |word: &str| word.parse().is_ok_and(|port: u16| port.to_string() == word);
            match (address(from), address(to)) {
                (Some(from), Some(_)) if is_port(from_port) && is_port(to_port) => {
                    Some((Some(from.to_canonical()), end + 2))
                }
                // What else may pass is for the reader to say.
                _ => Some((None, usize::MAX)),
            }
        }
        _ => None,
    }
}
