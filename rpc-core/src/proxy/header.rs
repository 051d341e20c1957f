//! The header that a proxy puts before a connection's bytes: the PROXY protocol, versions 1 and 2.
//!
//! It is read without knowing where it ends, and no byte behind it is taken: at each time it is known how many bytes
//! are still certain to come.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// What version 1 begins with.
const PROXY: &[u8; 6] = b"PROXY ";
/// No header is shorter: `PROXY UNKNOWN`, and the end of the line.
const LEAST: usize = 15;
/// No line of version 1 is longer.
const LINE: usize = 107;
/// Of version 2 what stands before the addresses.
const FIXED: usize = 16;
/// As much may follow that in version 2: addresses, and what else there is to say.
const MOST: usize = 4096;

/// What a header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// From where the connection came to the proxy; `None` where it is the proxy's own, or that is not said.
    pub(crate) source: Option<SocketAddr>,
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Reads a header, in whatever pieces it comes.
#[derive(Debug, Clone)]
pub(crate) struct HeaderReader {
    /// The bytes so far, as many as mean something here.
    kept: [u8; LINE],
    /// How many there were.
    count: usize,
}

impl Default for HeaderReader {
    fn default() -> Self {
        Self { kept: [0; LINE], count: 0 }
    }
}

impl HeaderReader {
    /// Whether nothing has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn kept(&self) -> &[u8] {
        self.kept.get(..self.count).unwrap_or(&self.kept)
    }

    /// How many bytes may be read at most, none of which stands behind the header.
    pub(crate) fn missing(&self) -> usize {
        let kept = self.kept();
        if kept.len() < LEAST {
            LEAST - kept.len()
        } else if kept.starts_with(PROXY) {
            let certain = if kept.ends_with(b"\r") {
                1
            } else if kept.starts_with(b"PROXY UNKNOWN") {
                2
            } else {
                // Each field is a space and something.
                let spaces = kept.split(|byte| *byte == b' ').count() - 1;
                2 + 2 * 5_usize.saturating_sub(spaces) + usize::from(kept.ends_with(b" "))
            };
            certain.min(LINE.saturating_sub(kept.len()).max(1))
        } else {
            self.length().map_or(FIXED, |length| FIXED + length).saturating_sub(self.count)
        }
    }

    /// How much follows what is fixed in version 2.
    fn length(&self) -> Option<usize> {
        match *self.kept().get(14..FIXED)? {
            [high, low] => Some(usize::from(u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    /// Takes bytes, no more than were [missing](Self::missing); the header, once it is whole.
    ///
    /// # Errors
    ///
    /// As soon as it cannot become one.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<Option<Header>, Malformed> {
        for (place, byte) in self.kept.iter_mut().skip(self.count).zip(bytes) {
            *place = *byte;
        }
        self.count += bytes.len();
        let kept = self.kept();
        let begins = |with: &[u8]| kept.iter().zip(with).all(|(byte, with)| byte == with);
        if begins(PROXY) {
            return self.line();
        }
        if !begins(SIGNATURE) {
            return Err(Malformed("it began with no PROXY header"));
        }
        self.binary()
    }

    fn line(&self) -> Result<Option<Header>, Malformed> {
        let kept = self.kept();
        let Some(end) = kept.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            return if kept.len() >= LINE {
                Err(Malformed("its PROXY line has no end within 107 bytes"))
            } else {
                Ok(None)
            };
        };
        let (line, end) = kept.split_at(end);
        match end {
            b"\r" if kept.len() < LINE => Ok(None),
            b"\r\n" => source_in(line).ok_or(Malformed("its PROXY line cannot be read")).map(Some),
            _ => Err(Malformed("its PROXY line does not end with CR LF")),
        }
    }

    fn binary(&self) -> Result<Option<Header>, Malformed> {
        let kept = self.kept();
        let what = kept.get(12).copied();
        if what.is_some_and(|what| !matches!(what, 0x20 | 0x21)) {
            return Err(Malformed(
                "its PROXY header has another version than 2, or no known command",
            ));
        }
        let family = kept.get(13).copied();
        let (Some(what), Some(family), Some(length)) = (what, family, self.length()) else {
            return Ok(None);
        };
        if length > MOST {
            return Err(Malformed("its PROXY header is larger than 4112 bytes"));
        }
        // Of what is local, and of what has no address here, nothing more counts.
        let addresses = match (what, family) {
            (0x20, _) | (_, 0x00 | 0x31) => 0,
            (_, 0x11) => 12,
            (_, 0x21) => 36,
            _ => return Err(Malformed("its PROXY header is of no connection over TCP")),
        };
        if length < addresses {
            return Err(Malformed("its PROXY header is too short for its addresses"));
        }
        if self.count < FIXED + length {
            return Ok(None);
        }
        let rest = kept.get(FIXED..).unwrap_or_default();
        let source = match addresses {
            12 => v4(rest),
            36 => v6(rest),
            _ => None,
        };
        Ok(Some(Header { source }))
    }
}

fn v4(addresses: &[u8]) -> Option<SocketAddr> {
    let (address, rest) = addresses.split_first_chunk::<4>()?;
    let (_, rest) = rest.split_first_chunk::<4>()?;
    Some(source(Ipv4Addr::from(*address).into(), *rest.first_chunk()?))
}

fn v6(addresses: &[u8]) -> Option<SocketAddr> {
    let (address, rest) = addresses.split_first_chunk::<16>()?;
    let (_, rest) = rest.split_first_chunk::<16>()?;
    Some(source(Ipv6Addr::from(*address).into(), *rest.first_chunk()?))
}

fn source(address: IpAddr, port: [u8; 2]) -> SocketAddr {
    SocketAddr::new(address.to_canonical(), u16::from_be_bytes(port))
}

/// What a line of version 1 says, without its end.
fn source_in(line: &[u8]) -> Option<Header> {
    let line = std::str::from_utf8(line.strip_prefix(PROXY)?).ok()?;
    if line == "UNKNOWN" || line.starts_with("UNKNOWN ") {
        return Some(Header { source: None });
    }
    let mut fields = line.split(' ');
    let family = fields.next()?;
    let mut address = || -> Option<IpAddr> {
        let address: IpAddr = fields.next()?.parse().ok()?;
        (family == if address.is_ipv4() { "TCP4" } else { "TCP6" }).then_some(address)
    };
    let (from, _) = (address()?, address()?);
    let (port, _) = (number(fields.next()?)?, number(fields.next()?)?);
    let source = Some(SocketAddr::new(from.to_canonical(), port));
    fields.next().is_none().then_some(Header { source })
}

/// A port, without zeros before it.
fn number(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| is_number && is_short)
}

#[cfg(test)]
mod tests {
    use super::{HeaderReader, Malformed, SIGNATURE};

    /// Reads bytes, so many at a time at most; what comes of it, and how many were taken.
    fn read(bytes: &[u8], at_once: usize) -> (Result<Option<String>, Malformed>, usize) {
        let (mut reader, mut taken) = (HeaderReader::default(), 0);
        loop {
            let missing = reader.missing();
            assert!(missing > 0);
            let rest = &bytes[taken..];
            let piece = &rest[..rest.len().min(missing).min(at_once)];
            if piece.is_empty() {
                return (Ok(Some("…".to_owned())), taken);
            }
            taken += piece.len();
            match reader.take(piece) {
                Ok(None) => {}
                Ok(Some(header)) => return (Ok(header.source.map(|it| it.to_string())), taken),
                Err(malformed) => return (Err(malformed), taken),
            }
        }
    }

    fn v2(what: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[what, family], &length, rest].concat()
    }

    fn headers() -> Vec<(Vec<u8>, Option<&'static str>)> {
        let four = [203, 0, 113, 7, 127, 0, 0, 1, 0x12, 0x67, 0, 80];
        let mut six = [0; 36];
        six[..2].copy_from_slice(&[0x20, 0x01]);
        six[15] = 9;
        six[32..34].copy_from_slice(&[0, 7]);
        let long = format!("PROXY UNKNOWN {}\r\n", "f".repeat(107 - 16));
        vec![
            (b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n".to_vec(), Some("203.0.113.7:4711")),
            (b"PROXY TCP4 1.1.1.1 2.2.2.2 0 65535\r\n".to_vec(), Some("1.1.1.1:0")),
            (b"PROXY TCP6 2001:db8::1 ::1 4711 80\r\n".to_vec(), Some("[2001:db8::1]:4711")),
            (b"PROXY TCP6 :: :: 1 1\r\n".to_vec(), Some("[::]:1")),
            (b"PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n".to_vec(), Some("1.2.3.4:1")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n".to_vec(), None),
            (long.into_bytes(), None),
            (v2(0x21, 0x11, &four), Some("203.0.113.7:4711")),
            (v2(0x21, 0x11, &[&four[..], &[4; 600]].concat()), Some("203.0.113.7:4711")),
            (v2(0x21, 0x21, &six), Some("[2001::9]:7")),
            (v2(0x20, 0x00, &[]), None),
            (v2(0x20, 0x11, &four), None),
            (v2(0x20, 0xff, &[1; 4096]), None),
            (v2(0x21, 0x00, &[1; 300]), None),
            (v2(0x21, 0x31, &[1; 216]), None),
        ]
    }

    #[test]
    fn a_header_is_read_in_any_pieces_and_nothing_behind_it() {
        for (header, source) in headers() {
            for behind in [&b"PROXY "[..], b"", b"\r\n\n{}"] {
                let bytes = [&header[..], behind].concat();
                for at_once in 1..=header.len() + 1 {
                    let found = read(&bytes, at_once);
                    let source = source.map(str::to_owned);
                    assert_eq!(found, (Ok(source), header.len()), "{header:?}, {at_once}");
                }
            }
            for end in 0..header.len() {
                assert_eq!(read(&header[..end], 64), (Ok(Some("…".to_owned())), end), "{header:?}");
            }
        }
    }

    #[test]
    fn anything_else_is_refused_as_soon_as_it_is_seen() {
        let four = [203, 0, 113, 7, 127, 0, 0, 1, 0x12, 0x67, 0, 80];
        for bytes in [
            &b"{\"method_name\":\"add\"}"[..],
            b"GET / HTTP/1.1\r\n",
            b"PROXZ",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\n\n\n\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\rx",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 4711\r\n\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80 1\r\n",
            b"PROXY TCP4 203.0.113.7  127.0.0.1 4711 80\r\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 04711 80\r\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 +4711 80\r\n",
            b"PROXY TCP4 203.0.113.7 127.0.0.1 65536 80\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 4711 80\r\n",
            b"PROXY TCP6 203.0.113.7 127.0.0.1 4711 80\r\n",
            b"PROXY UDP4 203.0.113.7 127.0.0.1 4711 80\r\n",
            b"PROXY UNKNOWNS 1 2 3\r\n",
            b"PROXY UNKNOWN \xff\xff\r\n",
            &[&b"PROXY UNKNOWN "[..], &[b'f'; 107]].concat(),
            &v2(0x22, 0x11, &four),
            &v2(0x11, 0x11, &four),
            &v2(0x21, 0x12, &four),
            &v2(0x21, 0x11, &four[1..]),
            &v2(0x21, 0x21, &four),
            &v2(0x20, 0, &[0; 4097]),
        ] {
            for at_once in [1, 7, 4096] {
                let (found, taken) = read(bytes, at_once);
                assert!(found.is_err() && taken <= 107, "{bytes:?}: {found:?}");
            }
        }
    }
}
