//! Whether a connection's first bytes begin TLS.

/// What a connection's first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Tls,
    Plain,
    /// There are too few.
    More,
}

/// Looks at the first bytes of a connection.
///
/// A record of TLS that begins a handshake is `16 03 0x`, two bytes of length, and 01. Behind a length prefix of
/// more than 16 MiB the same three bytes may stand; then the fourth byte is zero, as in a short record, and no
/// message begins with 01.
pub(super) fn look(bytes: &[u8]) -> First {
    match *bytes {
        [] | [0x16] | [0x16, 3] | [0x16, 3, _] | [0x16, 3, _, 0] | [0x16, 3, _, 0, _] => {
            First::More
        }
        [0x16, 3, _, 0, _, 1, ..] => First::Tls,
        [0x16, 3, _, length, ..] if length != 0 => First::Tls,
        _ => First::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::{First, look};

    #[test]
    fn tls_is_told_from_a_length_prefix() {
        let hello = [0x16, 3, 1, 0, 0xe3, 1, 0, 0];
        let long_hello = [0x16, 3, 1, 2, 0, 1, 0, 0];
        for hello in [&hello, &long_hello] {
            let told: Vec<_> = (0..=hello.len()).map(|count| look(&hello[..count])).collect();
            let decided = told.iter().position(|first| *first != First::More);
            assert!(decided.is_some_and(|at| told[at..].iter().all(|first| *first == First::Tls)));
        }
        for plain in
            [&[0x16, 3, 1, 0, 0, b'{'][..], b"{\"method", b"GET /", &[0, 0, 0, 2], &[0x16, 4]]
        {
            assert_eq!(look(plain), First::Plain, "{plain:?}");
        }
    }
}
