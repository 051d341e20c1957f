//! The keys of the opening handshake (RFC 6455, section 4): proof that a server speaks WebSocket.

use sha1_smol::Sha1;

use super::super::super::base64::{decode, encode};

/// The answer to a client's `Sec-WebSocket-Key`, for `Sec-WebSocket-Accept`; `None` where the key is
/// not one: 16 bytes in base64.
pub(crate) fn accept_key(key: &str) -> Option<String> {
    const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    if key.len() != 24 || decode(key)?.len() != 16 {
        return None;
    }
    let mut hash = Sha1::from(key);
    hash.update(MAGIC.as_bytes());
    Some(encode(&hash.digest().bytes()))
}

#[cfg(test)]
mod tests {
    use super::accept_key;

    #[test]
    fn the_example_of_the_rfc() {
        let accept = accept_key("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        for no_key in ["", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZQ==", "dGhlIHNhbXBsZSBub25j!Q=="]
        {
            assert_eq!(accept_key(no_key), None, "{no_key}");
        }
    }
}
