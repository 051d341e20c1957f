//! The proxies that are believed, by their addresses.

use std::net::IpAddr;

use super::forwarded::{ForwardingHeader, by_forwarded, by_x_forwarded_for};

/// The proxies that a server believes: addresses and networks.
///
/// [`TcpServer::trusted_proxies`](crate::TcpServer::trusted_proxies) makes one of them. A program whose service is
/// [mounted](crate::TcpServer::into_service) in another server, which knows the peers, asks one itself:
///
/// ```
/// use rpc_core::server::TrustedProxies;
///
/// let proxies = TrustedProxies::new(["10.0.0.0/8"])?;
/// let peer = "10.0.0.2".parse()?;
/// let caller = proxies.caller(peer, &[], &["198.51.100.9, 203.0.113.7, 10.0.0.1"]);
/// assert_eq!(caller.to_string(), "203.0.113.7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<Network>,
    /// Whether whoever connects over a Unix socket is one.
    unix: bool,
    header: ForwardingHeader,
}

/// Addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

/// A text that names no proxies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names no proxies: {problem}")]
pub struct InvalidProxy {
    text: String,
    problem: String,
}

impl TrustedProxies {
    /// Reads addresses (`127.0.0.1`, `::1`) and networks (`10.0.0.0/8`, `fd00::/8`); `unix:` is whoever connects over a Unix
    /// socket.
    ///
    /// # Errors
    ///
    /// Names the first text that is none of these.
    pub fn new(proxies: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, InvalidProxy> {
        let mut trusted = Self::default();
        for text in proxies {
            match text.as_ref() {
                "unix:" => trusted.unix = true,
                text => trusted.networks.push(Network::read(text).map_err(|problem| {
                    InvalidProxy { text: text.chars().take(60).collect(), problem }
                })?),
            }
        }
        Ok(trusted)
    }

    /// Has one header count alone, the one that they write, and the other be left unread: see
    /// [`TcpServer::forwarding_header`](crate::TcpServer::forwarding_header).
    ///
    /// ```
    /// use rpc_core::server::{ForwardingHeader, TrustedProxies};
    ///
    /// let proxies = TrustedProxies::new(["10.0.0.0/8"])?.writing(ForwardingHeader::XForwardedFor);
    /// let caller = proxies.caller("10.0.0.2".parse()?, &["for=198.51.100.9"], &["203.0.113.7"]);
    /// assert_eq!(caller.to_string(), "203.0.113.7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn writing(self, header: ForwardingHeader) -> Self {
        Self { header, ..self }
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.unix
    }

    /// Whether an address is that of a proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.has(address))
    }

    /// Whether whoever connects over a Unix socket is one.
    pub(crate) fn trusts_unix(&self) -> bool {
        self.unix
    }

    /// Who sent a request: `peer`, or, where that is a proxy, whom the values of the headers `Forwarded` and
    /// `X-Forwarded-For` name, each list in the order in which the headers stand there.
    ///
    /// The addresses are gone through from the right, past proxies that are believed, to the first one that is no such
    /// proxy. What cannot be read ends that: nothing left of it counts, and the caller is the last proxy that was found.
    /// Where there are both headers and they do not agree, neither counts: a proxy that writes the one may pass on what
    /// the caller has written into the other. Where [one was chosen](Self::writing), the other counts for nothing.
    pub fn caller(&self, peer: IpAddr, forwarded: &[&str], x_forwarded_for: &[&str]) -> IpAddr {
        let peer = peer.to_canonical();
        if self.trusts(peer) {
            self.behind(Some(peer), forwarded, x_forwarded_for).unwrap_or(peer)
        } else {
            peer
        }
    }

    /// Who is behind a proxy that is believed; it may have no address.
    pub(crate) fn behind(
        &self,
        proxy: Option<IpAddr>,
        forwarded: &[&str],
        x_forwarded_for: &[&str],
    ) -> Option<IpAddr> {
        let (forwarded, x_forwarded_for): (&[&str], &[&str]) = match self.header {
            ForwardingHeader::Either => (forwarded, x_forwarded_for),
            ForwardingHeader::Forwarded => (forwarded, &[]),
            ForwardingHeader::XForwardedFor => (&[], x_forwarded_for),
        };
        let by_forwarded = self.walk(proxy, by_forwarded(forwarded));
        let by_other = self.walk(proxy, by_x_forwarded_for(x_forwarded_for));
        match (forwarded, x_forwarded_for) {
            (_, []) => by_forwarded,
            ([], _) => by_other,
            _ if by_forwarded == by_other => by_forwarded,
            _ => proxy,
        }
    }

    /// Goes past proxies; `None` is an address that cannot be read.
    fn walk(
        &self,
        proxy: Option<IpAddr>,
        hops: impl Iterator<Item = Option<IpAddr>>,
    ) -> Option<IpAddr> {
        let mut nearest = proxy;
        for hop in hops.map_while(|hop| hop) {
            nearest = Some(hop);
            if !self.trusts(hop) {
                break;
            }
        }
        nearest
    }
}

impl Network {
    fn read(text: &str) -> Result<Self, String> {
        const NEITHER: &str = "an address is as `127.0.0.1` or `::1`, a network as `10.0.0.0/8`, and `unix:` is for Unix sockets";
        let (address, prefix) = match text.split_once('/') {
            None => (text, None),
            Some((address, prefix)) => (address, Some(prefix)),
        };
        let address: IpAddr = address.parse().map_err(|_| NEITHER.to_owned())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => bits,
            Some(text) => {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let prefix = text.parse().ok().filter(|prefix| is_number && *prefix <= bits);
                prefix
                    .ok_or_else(|| format!("behind the `/` stands a number of bits, 0 to {bits}"))?
            }
        };
        let begins = match address {
            IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & mask_of_v4(prefix)).into()),
            IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & mask(prefix)).into()),
        };
        if begins != address {
            return Err(format!(
                "that network begins at another address: write `{begins}/{prefix}`"
            ));
        }
        // IPv4 within IPv6 is IPv4.
        Ok(match address.to_canonical() {
            IpAddr::V4(v4) if bits == 128 && prefix >= 96 => {
                Self { address: IpAddr::V4(v4), prefix: prefix - 96 }
            }
            _ => Self { address, prefix },
        })
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()) & mask_of_v4(self.prefix) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()) & mask(self.prefix) == 0
            }
            _ => false,
        }
    }
}

/// The first `prefix` of 32 bits.
fn mask_of_v4(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0)
}

/// The first `prefix` of 128 bits.
fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix.min(128)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::TrustedProxies;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn networks_have_the_addresses_that_begin_as_they_do() {
        for (network, within, outside) in [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]),
            ("127.0.0.1", ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "::1"]),
            ("fd00::/8", ["fd00::1", "fdff::"], ["fc00::", "fe00::"]),
            ("::ffff:10.0.0.0/104", ["10.1.2.3", "::ffff:10.0.0.1"], ["11.0.0.0", "::1"]),
            ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127", "192.0.3.128"]),
            ("2001:db8::/33", ["2001:db8::1", "2001:db8:7fff::"], ["2001:db8:8000::", "::"]),
        ] {
            let proxies = TrustedProxies::new([network]).unwrap();
            assert!(within.iter().all(|text| proxies.trusts(address(text))), "{network}");
            assert!(!outside.iter().any(|text| proxies.trusts(address(text))), "{network}");
        }
        let all = TrustedProxies::new(["0.0.0.0/0"]).unwrap();
        assert!(all.trusts(address("203.0.113.7")) && !all.trusts(address("2001:db8::1")));
        assert!(TrustedProxies::new(["::/0"]).unwrap().trusts(address("2001:db8::1")));
        assert!(!TrustedProxies::default().trusts(address("127.0.0.1")));
    }

    #[test]
    fn a_mistake_says_which() {
        for (text, says) in [
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/+8", "0 to 32"),
            ("10.0.0.0/", "0 to 32"),
            ("::/129", "0 to 128"),
            ("10.0.0.1/8", "write `10.0.0.0/8`"),
            ("2001:db8::1/64", "write `2001:db8::/64`"),
            ("proxy.example", "an address is as"),
            ("010.0.0.1", "an address is as"),
            ("", "an address is as"),
            ("127.0.0.1:80", "an address is as"),
        ] {
            let error = TrustedProxies::new(["127.0.0.1", text]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` names no proxies: ")), "{error}");
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn the_caller_is_the_first_from_the_right_that_is_no_proxy() {
        let proxies = TrustedProxies::new(["10.0.0.0/8"]).unwrap();
        let both: [&[&str]; 2] = [&["for=203.0.113.7"], &["203.0.113.7"]];
        for (peer, forwarded, other, caller) in [
            ("10.0.0.1", &[][..], &[][..], "10.0.0.1"),
            ("198.51.100.1", both[0], both[1], "198.51.100.1"),
            ("10.0.0.1", both[0], &[], "203.0.113.7"),
            ("::ffff:10.0.0.1", &[], both[1], "203.0.113.7"),
            ("10.0.0.1", both[0], both[1], "203.0.113.7"),
            ("10.0.0.1", both[0], &["203.0.113.8"], "10.0.0.1"),
            ("10.0.0.1", &["for=10.0.0.3, for=10.0.0.2"], &[], "10.0.0.3"),
            ("10.0.0.1", &[], &["1.2.3.4, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &[], &["1.2.3.4", "203.0.113.7", "10.0.0.2,10.0.0.3"], "203.0.113.7"),
            ("10.0.0.1", &[], &["1.2.3.4, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &[], &["1.2.3.4,"], "10.0.0.1"),
            ("10.0.0.1", &["for=1.2.3.4", "for=unknown, for=10.0.0.2"], &[], "10.0.0.2"),
        ] {
            let found = proxies.caller(address(peer), forwarded, other);
            assert_eq!(found, address(caller), "{peer} {forwarded:?} {other:?}");
        }
    }
}
