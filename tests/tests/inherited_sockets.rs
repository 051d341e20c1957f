//! A socket that somebody else has opened is served in every model, and stays theirs.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Command, Output, Stdio};

use examples::add;
use rpc_core::protocol::Framing;
use rpc_core::server::InheritedSocket;
use rpc_core::transport::Address;
use rpc_core::{RpcClient, call};
use tests::{Folder, Peer, Served, curl};

const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];
const SERVER: &str = env!("CARGO_BIN_EXE_model_server");
const ADD: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM: &str = r#"{"res":13}"#;

/// Prepares a program to be started as systemd does, with a socket as its descriptor 3.
fn activated(socket: OwnedFd, setting: &str, program: &str, options: &str) -> Command {
    let mut command = Command::new("sh");
    let script =
        format!(r#"LISTEN_PID=$$ LISTEN_FDS=1 {setting} exec "$0" {options} 3<&0 </dev/null"#);
    command.args(["-c", &script, program]).stdin(Stdio::from(socket)).stderr(Stdio::null());
    command
}

#[test]
fn a_tcp_socket_is_served_in_every_model_and_outlives_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for model in MODELS {
        let options = format!("--inherited the-only-one --model {model}");
        let socket = OwnedFd::from(listener.try_clone().unwrap());
        let mut server = Served::start_by(&mut activated(socket, "", SERVER, &options));
        assert_eq!(server.address(), Address::Tcp(address), "{model}");
        for _ in 0..2 {
            let client = RpcClient::connect(address).unwrap();
            assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{model}");
        }
        server.process().signal("TERM");
        assert!(server.wait().success(), "{model}");
        assert_eq!(server.printed(), "once and for all\n", "{model}");
        // Who comes when nobody serves waits for the next start, and is served then.
        let mut waits = Peer::connect(address, Framing::Raw);
        waits.send(ADD);
        let socket = OwnedFd::from(listener.try_clone().unwrap());
        let mut server = Served::start_by(&mut activated(socket, "", SERVER, &options));
        assert_eq!(waits.receive().as_deref(), Some(SUM), "{model}");
        drop(waits);
        server.process().signal("TERM");
        assert!(server.wait().success(), "{model}");
    }
}

#[test]
fn a_unix_socket_is_served_in_every_model_and_its_file_stays() {
    let folder = Folder::new();
    let path = folder.file("socket");
    let listener = UnixListener::bind(&path).unwrap();
    for model in MODELS {
        let options = format!("--inherited sum.socket --model {model}");
        let socket = OwnedFd::from(listener.try_clone().unwrap());
        let names = "LISTEN_FDNAMES=sum.socket";
        let mut server = Served::start_by(&mut activated(socket, names, SERVER, &options));
        assert_eq!(server.address(), Address::Unix(path.clone()), "{model}");
        let client = RpcClient::connect(server.address()).unwrap();
        assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{model}");
        drop(client);
        server.process().signal("TERM");
        assert!(server.wait().success(), "{model}");
        assert!(path.exists(), "{model}");
    }
}

#[test]
fn http_is_spoken_over_an_inherited_socket() {
    let Some(mut curl) = curl() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let options = "--inherited the-only-one --model threads";
    let _server = Served::start_by(&mut activated(OwnedFd::from(listener), "", SERVER, options));
    curl.args(["--json", ADD, &format!("http://{address}/")]);
    let output = curl.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), SUM);
}

/// What a program says that cannot start so.
fn refusal(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.stderr(Stdio::piped()).output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

#[test]
fn what_was_not_handed_over_is_refused_and_said() {
    let problem = InheritedSocket::from_env().unwrap_err().to_string();
    assert!(problem.contains("`LISTEN_PID` and `LISTEN_FDS` are not set"), "{problem}");

    let listener = || OwnedFd::from(TcpListener::bind("127.0.0.1:0").unwrap());
    let only = "--inherited the-only-one";
    let problem = refusal(activated(listener(), "LISTEN_PID=1", SERVER, only));
    assert!(problem.contains("handed to process 1 (`LISTEN_PID`)"), "{problem}");
    let problem = refusal(activated(listener(), "LISTEN_FDS=none", SERVER, only));
    assert!(problem.contains("`LISTEN_FDS` is `none`"), "{problem}");
    for odd in ["", "0", "-1", "+1", "1x", "' 1'", "1025", "99999999999999999999999"] {
        let problem = refusal(activated(listener(), &format!("LISTEN_FDS={odd}"), SERVER, only));
        let shown = odd.trim_matches('\'');
        assert!(
            problem.contains(&format!("`LISTEN_FDS` is `{shown}`, and not a number from 1")),
            "{problem}"
        );
    }
    // What is no text is shown as far as it is some, on one line.
    let odd = r#"LISTEN_FDS="$(printf 'a\377b\nc')""#;
    let problem = refusal(activated(listener(), odd, SERVER, only));
    assert!(problem.contains(r"`LISTEN_FDS` is `a�b\\nc`"), "{problem}");
    let mut none = Command::new("sh");
    none.args([
        "-c",
        r#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --inherited the-only-one 3<&-"#,
        SERVER,
    ]);
    let problem = refusal(none);
    assert!(problem.contains("descriptor 3, which `LISTEN_FDS` counts among"), "{problem}");
    let problem = refusal(activated(listener(), "LISTEN_FDS=2", SERVER, only));
    assert!(problem.contains("2 sockets were handed to this process"), "{problem}");
    let names = "LISTEN_FDNAMES=one";
    let problem = refusal(activated(listener(), names, SERVER, "--inherited other"));
    assert!(problem.contains("no socket named `other` was handed to this process, but one"));
    let (nobody_listens, _) = std::os::unix::net::UnixStream::pair().unwrap();
    let problem = refusal(activated(OwnedFd::from(nobody_listens), "", SERVER, only));
    assert!(problem.contains("is no socket that is listened at"), "{problem}");
}
