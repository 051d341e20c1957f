//! Whatever stands in `Forwarded` and `X-Forwarded-For`, the caller is the peer, a proxy that is trusted, or the nearest address
//! that no trusted proxy has; and what a caller writes to the left of that changes nothing.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use rpc_core::server::TrustedProxies;

// The input is lists with a byte 0 between them: one of what a caller has written, then those of one kind of header.
fuzz_target!(|input: &[u8]| {
    let Some((&options, input)) = input.split_first() else { return };
    let Ok(text) = str::from_utf8(input) else { return };
    let mut lists = text.split('\0');
    let written = lists.next().unwrap_or_default();
    let lists: Vec<_> = lists.collect();
    let proxies = TrustedProxies::new(["10.0.0.0/8", "fd00::/8"]).expect("networks");
    let is_forwarded = options & 1 != 0;
    let caller = |peer: IpAddr, lists: &[&str]| match is_forwarded {
        true => proxies.caller(peer, lists, &[]),
        false => proxies.caller(peer, &[], lists),
    };

    let stranger: IpAddr = "192.0.2.1".parse().expect("an address");
    assert_eq!(caller(stranger, &lists), stranger);

    let proxy: IpAddr = "10.0.0.1".parse().expect("an address");
    let found = caller(proxy, &lists);
    if proxies.trusts(found) {
        // All that could be read were proxies.
        return;
    }
    let with_written: Vec<_> = [written].into_iter().chain(lists.iter().copied()).collect();
    assert_eq!(caller(proxy, &with_written), found);
    if let Some((first, rest)) = lists.split_first()
        && !is_forwarded
    {
        let joined = format!("{written},{first}");
        let joined: Vec<_> = [&*joined].into_iter().chain(rest.iter().copied()).collect();
        assert_eq!(caller(proxy, &joined), found);
    }
    // Two headers that say the same are as one, and none counts where they differ.
    if let [forwarded, other, ..] = lists[..] {
        let both = proxies.caller(proxy, &[forwarded], &[other]);
        let (one, two) =
            (proxies.caller(proxy, &[forwarded], &[]), proxies.caller(proxy, &[], &[other]));
        assert_eq!(both, if one == two { one } else { proxy });
    }
});
