//! Both clients call servers over TLS that others wrote.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use examples::{add, echo};
use rpc_core::client::Dialect;
use rpc_core::tls::ClientTls;
use rpc_core::{AsyncRpcClient, RpcClient, Stub, call};
use tests::{Certified, Issuer, Running, python, run};

/// Starts Python's server of a kind; its port.
fn start(kind: &str, issued: &Certified, clients: Option<&Path>) -> Option<(Running, String)> {
    let mut command = python("tls_server.py")?;
    command.arg(kind).arg(&issued.certificate).arg(&issued.key).args(clients);
    let mut server = Running::start(&mut command);
    let port = server.line();
    Some((server, port))
}

#[test]
fn a_json_rpc_server_of_python_is_called() {
    let authority = Issuer::new();
    let issued = authority.issue(&["localhost", "127.0.0.1"]);
    let Some((_server, port)) = start("json", &issued, None) else { return };
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    let builder = RpcClient::builder().tls(tls).follow_redirects();
    // By the name and by the number that the certificate has.
    for host in ["localhost", "127.0.0.1"] {
        let url = format!("https://{host}:{port}/rpc");
        let client = builder.connect(&url).unwrap();
        assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6);
        let long = "Grüß Gott".repeat(100_000);
        assert_eq!(client.echo(&long).call().unwrap(), long);
        // A connection for each of these, of which the later ones resume the session.
        let session = || client.call::<(bool, String)>("session", (), ()).unwrap();
        session();
        assert_eq!(session(), (true, "TLSv1.3".to_owned()));
        run(async {
            let client = builder.connect_async(&url).await.unwrap();
            assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6);
            assert_eq!(client.echo(&long).call().await.unwrap(), long);
            let session = || client.call::<(bool, String)>("session", (), ());
            session().await.unwrap();
            assert!(session().await.unwrap().0);
        });
    }
    // It goes on to another path, and never without TLS.
    let client = builder.connect(format!("https://localhost:{port}/moved")).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    let client = builder.connect(format!("https://localhost:{port}/lowered")).unwrap();
    let error = client.add(1, 2).call().unwrap_err().to_string();
    assert!(error.contains("308") && error.contains("Location: http://"), "{error}");
}

#[test]
fn an_xml_rpc_server_of_python_is_called() {
    let authority = Issuer::new();
    let issued = authority.issue(&["localhost"]);
    let Some((_server, port)) = start("xml", &issued, None) else { return };
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    let builder = RpcClient::builder().tls(tls).dialect(Dialect::XmlRpc);
    let url = format!("https://localhost:{port}/RPC2");
    let client = builder.connect(&url).unwrap();
    for n in 0..5 {
        assert_eq!(client.add(n, 2).call().unwrap(), n + 12);
    }
    run(async {
        let client = builder.connect_async(&url).await.unwrap();
        let calls: Vec<_> = (0..20).map(|n| tokio::spawn(client.add(n, 2).call())).collect();
        for (n, call) in (0..).zip(calls) {
            assert_eq!(call.await.unwrap().unwrap(), n + 12);
        }
    });
}

#[test]
fn a_server_of_python_that_demands_certificates_is_shown_one() {
    let authority = Issuer::new();
    let issued = authority.issue(&["localhost"]);
    let Some((_server, port)) = start("json", &issued, Some(&authority.file())) else { return };
    let url = format!("https://localhost:{port}/");
    let tls = ClientTls::new().ca(authority.file()).unwrap();
    let client = RpcClient::builder().tls(tls.clone()).connect(&url).unwrap();
    let error = client.add(1, 2).call().unwrap_err();
    assert!(!error.may_have_run(), "{error}");
    assert!(error.to_string().contains("demands a certificate"), "{error}");

    let ada = authority.issue(&["ada"]);
    let tls = tls.certificate(&ada.certificate, &ada.key).unwrap();
    let client = RpcClient::builder().tls(tls.clone()).connect(&url).unwrap();
    assert_eq!(client.add(1, 2).call().unwrap(), 13);
    run(async {
        let client = AsyncRpcClient::builder().tls(tls).connect_async(&url).await.unwrap();
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
    });
}
