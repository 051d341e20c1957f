//! Both clients and our servers over TLS: every way of calling, and what goes on below it.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::{add, echo};
use rpc_core::client::{ClientBuilder, ConnectionState, Dialect};
use rpc_core::protocol::Framing;
use rpc_core::server::ThreadPerConnection;
use rpc_core::tls::{ClientTls, DevCertificate, Tls};
use rpc_core::{CallContext, RpcClient, RpcServer, Stub, call, rpc_export};
use serde_json::Value;
use tests::{Issuer, Model, after_ms, remembers, run};

/// Who shows which certificate.
#[rpc_export]
fn who_shows(context: &CallContext) -> Option<String> {
    context.peer_certificate()?.subject().map(str::to_owned)
}

/// A server's side, and a client that trusts it.
fn pair(issuer: &Issuer) -> (Tls, ClientBuilder) {
    let certified = issuer.issue(&["localhost", "127.0.0.1", "::1"]);
    let tls = Tls::from_pem(&certified.certificate, &certified.key).unwrap();
    let client = ClientTls::new().ca(issuer.file()).unwrap();
    (tls, RpcClient::builder().tls(client))
}

#[test]
fn calls_travel_by_every_address_in_every_model() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    Model::each(|model| {
        let server = model.start(RpcServer::exported().tls(tls.clone()));
        let port = server.address().socket_addr().unwrap().port();
        // One connection at a time is all that some models serve.
        let builder = builder.clone().connections(1);
        for (address, dialect) in [
            (format!("tls://127.0.0.1:{port}"), Dialect::Native),
            (format!("tls://localhost:{port}"), Dialect::JsonRpc),
            (format!("https://localhost:{port}"), Dialect::JsonRpc),
            (format!("https://127.0.0.1:{port}/rpc"), Dialect::XmlRpc),
            (format!("wss://localhost:{port}/rpc"), Dialect::JsonRpc),
        ] {
            let builder = builder.clone().dialect(dialect);
            let at = format!("{model:?} {address}");
            let client = builder.connect(&address).unwrap();
            for n in 0..3 {
                assert_eq!(call!(client.add(n, 2, c = 3)).unwrap(), n + 5, "{at}");
            }
            client.add(1, 2).notify().unwrap();
            let sums = client.batch(|calls| (calls.add(1, 2).call(), calls.add(3, 4).call()));
            assert_eq!(sums.unwrap(), (13, 17), "{at}");
            let error = client.call::<Value>("ad", (1, 2), ()).unwrap_err().to_string();
            assert!(error.contains("did you mean `add`?"), "{at}: {error}");
            drop(client);
            run(async {
                let client = builder.connect_async(&address).await.unwrap();
                assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6, "{at}");
                let calls: Vec<_> =
                    (0..64).map(|n| tokio::spawn(client.add(n, 2).call())).collect();
                for (n, call) in (0..).zip(calls) {
                    assert_eq!(call.await.unwrap().unwrap(), n + 12, "{at}");
                }
            });
        }
    });
}

#[test]
fn many_calls_are_in_flight_on_one_connection() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    for model in Model::CONCURRENT {
        let server = model.start(RpcServer::exported().tls(tls.clone()));
        for framing in [Framing::LengthPrefix, Framing::Raw, Framing::Header] {
            let dialect =
                if framing == Framing::Header { Dialect::JsonRpc } else { Dialect::Native };
            let builder = builder.clone().framing(framing).dialect(dialect);
            let client = builder.connect(format!("tls://{}", server.address())).unwrap();
            thread::scope(|scope| {
                for thread in 0..8 {
                    let client = &client;
                    scope.spawn(move || {
                        for n in 0..50 {
                            assert_eq!(client.add(n, thread).call().unwrap(), n + thread + 10);
                        }
                        let calls: Vec<_> =
                            (0..64).map(|n| client.add(n, thread).start().unwrap()).collect();
                        for (n, call) in (0..).zip(calls) {
                            assert_eq!(call.wait().unwrap(), n + thread + 10);
                        }
                    });
                }
            });
        }
    }
}

#[test]
fn large_messages_arrive_whole_both_ways() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let large = "0123456789abcdef".repeat((9 << 20) / 16);
    let part = &large[..1 << 20];
    for model in Model::CONCURRENT {
        let server = model.start(RpcServer::exported().tls(tls.clone()));
        for scheme in ["tls", "https", "wss"] {
            let address = format!("{scheme}://{}", server.address());
            let client = builder.connect(&address).unwrap();
            if model == Model::ThreadPerConnection {
                assert!(client.echo(&large).call().unwrap() == large, "{address}");
            }
            // Several on the way in both directions at once.
            let calls: Vec<_> = (0..3).map(|_| client.echo(part).start()).collect();
            for call in calls {
                assert!(call.unwrap().wait().unwrap() == part, "{address}");
            }
            run(async {
                let client = builder.connect_async(&address).await.unwrap();
                let calls: Vec<_> =
                    (0..3).map(|_| tokio::spawn(client.echo(part).call())).collect();
                for call in calls {
                    assert!(call.await.unwrap().unwrap() == part, "{address}");
                }
                if model == Model::EventLoop && scheme == "tls" {
                    assert!(client.echo(&large).call().await.unwrap() == large, "{address}");
                }
            });
        }
    }
}

#[test]
fn a_connection_that_rests_stays_in_use() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let server = Model::ThreadPerConnection.start(RpcServer::exported().tls(tls));
    for scheme in ["tls", "https", "wss"] {
        let made = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&made);
        let builder = builder.clone().on_state_change(move |state| {
            count.fetch_add(usize::from(state == ConnectionState::Connected), Ordering::Relaxed);
        });
        let address = format!("{scheme}://{}", server.address());
        // Longer than a client takes a connection for unused, and looks at it before the next call: what the
        // server has said for later sessions is no reason to leave it.
        let rest = Duration::from_millis(30);
        let client = builder.connect(&address).unwrap();
        for n in 0..5 {
            thread::sleep(rest);
            assert_eq!(client.add(n, 1).call().unwrap(), n + 11);
        }
        assert_eq!(made.swap(0, Ordering::Relaxed), 1, "{address}");
        run(async {
            let client = builder.connect_async(&address).await.unwrap();
            for n in 0..5 {
                tokio::time::sleep(rest).await;
                assert_eq!(client.add(n, 1).call().await.unwrap(), n + 11);
            }
        });
        assert_eq!(made.load(Ordering::Relaxed), 1, "{address}");
    }
}

#[test]
fn certificates_are_shown_by_either_side() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let server = Model::ThreadPerConnection
        .start(RpcServer::exported().tls(tls.client_ca(issuer.file()).unwrap()));
    let ada = issuer.issue(&["ada"]);
    let shown = ClientTls::new().ca(issuer.file()).unwrap();
    let shown = shown.certificate(&ada.certificate, &ada.key).unwrap();
    for scheme in ["tls", "https", "wss"] {
        let address = format!("{scheme}://{}", server.address());
        let with = builder.clone().tls(shown.clone());
        let client = with.connect(&address).unwrap();
        assert_eq!(client.who_shows().call().unwrap().as_deref(), Some("ada"), "{address}");
        // The session that is resumed has it, too.
        let client = with.connect(&address).unwrap();
        assert_eq!(client.who_shows().call().unwrap().as_deref(), Some("ada"), "{address}");
        run(async {
            let client = with.connect_async(&address).await.unwrap();
            assert_eq!(client.who_shows().call().await.unwrap().as_deref(), Some("ada"));
        });
        let error =
            builder.connect(&address).and_then(|client| client.who_shows().call()).unwrap_err();
        assert!(error.to_string().contains("demands a certificate"), "{address}: {error}");
        assert!(!error.may_have_run(), "{address}: {error:?}");
    }
}

#[test]
fn a_certificate_for_development_is_pinned_or_given() {
    let certificate = DevCertificate::new(["localhost"]).unwrap();
    let issuer = Issuer::new();
    let (file, key) = (issuer.path("dev.pem"), issuer.path("dev-key.pem"));
    certificate.write(&file, &key).unwrap();
    let server =
        Model::ThreadPerConnection.start(RpcServer::exported().tls(Tls::from(certificate.clone())));
    let port = server.address().socket_addr().unwrap().port();
    // Whatever names it has.
    let pinned = ClientTls::new().pin(certificate.fingerprint()).unwrap();
    let address = format!("tls://127.0.0.1:{port}");
    let client = RpcClient::builder().tls(pinned).connect(address).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    let given = ClientTls::new().ca(&file).unwrap();
    let client = RpcClient::builder().tls(given).connect(format!("https://localhost:{port}"));
    assert_eq!(client.unwrap().add(1, 2).call().unwrap(), 13);

    // The files serve as any other, and the key is its owner's alone.
    let tls = Tls::from_pem(&file, &key).unwrap();
    drop(Model::ThreadPerConnection.start(RpcServer::exported().tls(tls)));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    for (names, said) in [(&[][..], "needs a name"), (&["ü"], "host names and IP addresses")] {
        let error = DevCertificate::new(names.iter().copied()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
    let error = certificate.write("/nowhere/cert.pem", &key).unwrap_err().to_string();
    assert!(error.contains("`/nowhere/cert.pem` cannot be written"), "{error}");
}

#[test]
fn names_of_every_kind_are_connected_to() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let server = RpcServer::exported().tls(tls);
    // Not every machine has the newer kind.
    let Ok(server) = server.start_with("[::1]:0", ThreadPerConnection::default()) else { return };
    let port = server.address().socket_addr().unwrap().port();
    for scheme in ["tls", "https", "wss"] {
        let client = builder.connect(format!("{scheme}://[::1]:{port}")).unwrap();
        assert_eq!(client.add(1, 2).call().unwrap(), 13, "{scheme}");
    }
    let named = ClientTls::new().ca(issuer.file()).unwrap().server_name("localhost").unwrap();
    let client = builder.tls(named).connect(format!("tls://[::1]:{port}")).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
}

#[test]
fn plain_text_and_tls_are_told_apart_on_both_sides() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let secure = Model::ThreadPerConnection.start(RpcServer::exported().tls(tls));
    for scheme in ["tcp", "http", "ws"] {
        let address = format!("{scheme}://{}", secure.address());
        let call = |client: RpcClient| client.add(1, 2).call();
        let error = RpcClient::connect(&address).and_then(call).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("TLS") && said.contains("tls://"), "{address}: {said}");
        // Of a status 400 by HTTP nobody can know.
        assert!(scheme == "http" || !error.may_have_run(), "{address}: {error:?}");
    }
    let plain = Model::ThreadPerConnection.start(RpcServer::exported());
    for scheme in ["tls", "https", "wss"] {
        let address = format!("{scheme}://{}", plain.address());
        let builder = builder.clone().connect_timeout(Duration::from_millis(500));
        let call = |client: RpcClient| client.add(1, 2).call();
        let error = builder.connect(&address).and_then(call).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("no TLS here") && said.contains("`http://`"), "{address}: {said}");
        assert!(!error.may_have_run(), "{address}: {error:?}");
    }
}

#[test]
fn a_server_that_comes_back_is_connected_to_again() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let server = Model::ThreadPerConnection.start(RpcServer::exported().tls(tls.clone()));
    let address = server.address();
    let clients: Vec<_> = ["tls", "https", "wss"]
        .map(|scheme| builder.connect(format!("{scheme}://{address}")).unwrap())
        .into();
    for client in &clients {
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
    server.stop();
    server.wait().unwrap();
    let _again =
        Model::ThreadPerConnection.start_at(address, RpcServer::exported().tls(tls)).unwrap();
    for client in &clients {
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
    }
}

#[test]
fn a_call_ends_in_its_time() {
    let issuer = Issuer::new();
    let (tls, builder) = pair(&issuer);
    let server = Model::ThreadPerConnection.start(RpcServer::exported().tls(tls));
    for scheme in ["tls", "https", "wss"] {
        let address = format!("{scheme}://{}", server.address());
        let limit = Duration::from_millis(100);
        let client = builder.connect(&address).unwrap();
        let begun = Instant::now();
        let error = client.within(limit).after_ms(3_000, 1).call().unwrap_err();
        assert!(error.is_timeout() && begun.elapsed() < limit * 20, "{address}: {error}");
        run(async {
            let client = builder.connect_async(&address).await.unwrap();
            let error = client.within(limit).after_ms(3_000, 1).call().await.unwrap_err();
            assert!(error.is_timeout(), "{address}: {error}");
        });
    }
    let client = builder.connect(format!("tls://{}", server.address())).unwrap();
    client.call::<()>("remember", ("over TLS",), ()).unwrap();
    assert!(client.remembers("over TLS").call().unwrap());
}
