//! Whoever has the wrong address, or the wrong server behind it, is told what is there and what to do.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::thread;

use rpc_core::protocol::{Framing, ProtocolError};
use rpc_core::{AsyncRpcClient, Error, RpcClient, RpcServer, Stub, args};
use tests::run;

/// A server that says this to everybody, when it is spoken to or before, and closes.
fn closing(bytes: &'static [u8], at_once: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            if !at_once {
                let _ = stream.read(&mut [0; 1024]);
            }
            let _ = stream.write_all(bytes);
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    address
}

/// A server that says the same to everybody: when it is spoken to, or before.
fn saying(text: &'static str, at_once: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It ends with the program: it holds nothing but its port.
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            if at_once || stream.read(&mut [0; 1]).is_ok() {
                let _ = stream.write_all(text.as_bytes());
                let _ = stream.read_to_end(&mut Vec::new());
            }
        }
    });
    address
}

fn check(error: &Error, address: SocketAddr, begins: &str, advice: &str) {
    let said = error.to_string();
    assert_eq!(
        said,
        format!(
            "calling `add` at {address}: the other side speaks text that begins with `{begins}`, and no \
             RPC; {advice}"
        )
    );
    let Error::Protocol(error) = error else { panic!("{error:?}") };
    assert!(matches!(error.cause(), ProtocolError::Text { .. }), "{error:?}");
}

#[test]
fn a_peer_that_speaks_text_is_told_as_one() {
    for (text, at_once, begins, advice) in [
        (
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            false,
            "HTTP/1.1 400 Bad Request",
            "it is perhaps an HTTP server, which is called at an `http://` address",
        ),
        (
            "220 mail.example ESMTP\r\n",
            true,
            "220 mail.example ESMTP",
            "it is perhaps a mail or FTP server; look whether the address is that of another service",
        ),
        (
            "SSH-2.0-OpenSSH_9.6\n",
            true,
            "SSH-2.0-OpenSSH_9.6",
            "it is an SSH server; connect to the RPC server's own port, through a tunnel (`ssh -L`) maybe",
        ),
    ] {
        for framing in [Framing::LengthPrefix, Framing::Raw, Framing::Header] {
            let address = saying(text, at_once);
            let client = RpcClient::builder().framing(framing).connect(address).unwrap();
            let error = client.call::<i64>("add", args![1, 2], ()).unwrap_err();
            check(&error, address, begins, advice);
        }
        run(async {
            let address = saying(text, at_once);
            let client = AsyncRpcClient::connect(address).await.unwrap();
            let error = client.call::<i64>("add", args![1, 2], ()).await.unwrap_err();
            check(&error, address, begins, advice);
        });
    }
    let address = saying("{\"res\": 3}\n", false);
    let client = RpcClient::connect(address).unwrap();
    let error = client.call::<i64>("add", args![1, 2], ()).unwrap_err();
    let advice = "it is perhaps JSON without a length before it, which `Framing::Raw` takes";
    check(&error, address, "{\"res\": 3}", advice);
}

#[test]
fn a_peer_that_speaks_another_protocol_is_told_as_that() {
    for (bytes, at_once, speaks) in [
        (&b"\x15\x03\x03\x00\x02\x02\x46"[..], false, "TLS"),
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", true, "HTTP/2"),
        (b"E\x00\x00\x00\x85SFATAL\x00VFATAL\x00C0A000\x00Munsupported frontend protocol 8250.28194\x00F", false, "as Postgres does"),
        (b"J\x00\x00\x00\n8.0.33-0ubuntu0.22.04.2\x00\x0c\x00\x00\x00nineteen more or less to be the length of it", true, "as MySQL does"),
    ] {
        for (framing, scheme) in
            [(Framing::LengthPrefix, ""), (Framing::Raw, ""), (Framing::Raw, "http://")]
        {
            let address = closing(bytes, at_once);
            let builder = RpcClient::builder().framing(framing);
            let client = builder.connect(format!("{scheme}{address}")).unwrap();
            let error = client.call::<i64>("add", args![1, 2], ()).unwrap_err().to_string();
            let said = format!("the other side speaks {speaks}, and no RPC; ");
            assert!(error.contains(&said), "{framing:?} {scheme}: {error}");

            let address = closing(bytes, at_once);
            let error = run(async {
                let client = builder.connect_async(format!("{scheme}{address}")).await?;
                client.call::<i64>("add", args![1, 2], ()).await
            });
            let error = error.unwrap_err().to_string();
            assert!(error.contains(&said), "{speaks} {framing:?} {scheme}, async: {error}");
        }
    }
}

#[test]
fn what_breaks_the_protocol_names_the_call_and_the_peer() {
    let address = saying("\u{1}\0\0\u{1}", false);
    let client = RpcClient::connect(address).unwrap();
    let error = client.call::<i64>("add", args![1, 2], ()).unwrap_err().to_string();
    let named =
        format!("calling `add` at {address}: a message of 16777217 bytes is over the limit");
    assert!(error.starts_with(&named), "{error}");
}

#[test]
fn a_server_takes_the_address_that_its_clients_take() {
    let server = RpcServer::exported().start("tcp://127.0.0.1:0").unwrap();
    RpcClient::connect(format!("tcp://{}", server.address())).unwrap();
}

#[test]
fn what_is_no_address_is_answered_with_the_forms_of_one() {
    for address in ["localhost", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ""] {
        let error = RpcServer::exported().start(address).unwrap_err().to_string();
        let said = format!("starting a server: cannot listen ({address:?} is no address");
        assert!(error.starts_with(&said), "{error}");
        assert!(error.contains("`host:port`") && error.contains("`unix:/path`"), "{error}");

        let error = RpcClient::connect(address).unwrap_err().to_string();
        let said = format!("connecting to {address}: cannot connect ({address:?} is no address");
        assert!(error.starts_with(&said), "{error}");
        assert!(
            error.contains("`host:port`") && error.contains("`http://host:port/path`"),
            "{error}"
        );

        let error = run(AsyncRpcClient::connect(address)).unwrap_err().to_string();
        assert!(error.starts_with(&said), "{error}");
    }
    let error = RpcServer::exported().start("no-such-host.invalid:5000").unwrap_err().to_string();
    assert!(error.contains("\"no-such-host.invalid:5000\": "), "{error}");
}
