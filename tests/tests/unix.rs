//! Every model serves, and both clients call, over a Unix socket, whose file is looked after.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use examples::add;
use rpc_core::client::ConnectionState;
use rpc_core::protocol::Framing;
use rpc_core::server::UnixAddress;
use rpc_core::transport::Address;
use rpc_core::{
    AsyncRpcClient, CallContext, Error, RpcClient, RpcServer, Stub, args, call, kwargs, rpc_export,
};
use tests::{FRAMINGS, Folder, Model, Peer, Process, Running, Served, python, run, until};

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;

/// The six ways to serve, as the server of the tests is told them.
const MODELS: [&str; 6] =
    ["single", "threads", "event-loop", "fork", "prefork", "prefork-event-loop"];

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

fn start(model: &str, path: &Path) -> Served {
    let program = env!("CARGO_BIN_EXE_model_server");
    Served::start(program, &format!("--model {model} --listen {}", unix(path)))
}

/// Whether the caller's socket has an address.
#[rpc_export]
fn has_an_address(context: &CallContext) -> bool {
    context.peer().is_some()
}

/// What is wrong with listening at an address.
fn refusal(address: &str) -> String {
    RpcServer::exported().start(address).unwrap_err().to_string()
}

#[test]
fn every_model_serves_both_clients_and_any_framing() {
    let folder = Folder::new();
    for model in MODELS {
        let path = folder.file(model);
        let mut server = start(model, &path);
        assert_eq!(server.address(), Address::Unix(path.clone()));
        for framing in FRAMINGS {
            // One connection at a time, which is what some of the models serve.
            let client = RpcClient::builder().framing(framing).connect(unix(&path)).unwrap();
            assert_eq!(call!(client.add(1, 2, c = 3)).unwrap(), 6, "{model}");
            assert_eq!(client.call::<i64>("add", args![1], kwargs! { b: 2 }).unwrap(), 13);
            drop(client);
            run(async {
                let builder = AsyncRpcClient::builder().framing(framing);
                let client = builder.connect_async(server.address()).await.unwrap();
                assert_eq!(call!(client.add(1, 2, c = 3)).await.unwrap(), 6, "{model}");
            });
            assert_eq!(Peer::connect(server.address(), framing).ask(ADD), SUM, "{model}");
        }
        if let Some(mut command) = python("unix_client.py") {
            assert_eq!(Running::lines(command.arg(&path)), ["6", "6"], "{model}");
        }
        server.process().signal("TERM");
        assert!(server.wait().success(), "{model}");
        assert!(!path.exists(), "{model} leaves its file behind");
    }
}

#[test]
fn the_servers_user_alone_may_connect_unless_others_are_let() {
    let folder = Folder::new();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = folder.file("private");
    let server = RpcServer::exported().start(unix(&path)).unwrap();
    assert_eq!(mode(&path), 0o600);
    drop(server);

    let server = RpcServer::exported().start(UnixAddress::new(&path).mode(0o666)).unwrap();
    assert_eq!(mode(&path), 0o666);
    assert_eq!(RpcClient::connect(server.address()).unwrap().add(1, 2).call().unwrap(), 13);
}

#[test]
fn a_file_that_nobody_listens_at_is_replaced_and_that_of_a_server_is_not() {
    let folder = Folder::new();
    let path = folder.file("socket");
    for model in Model::ALL {
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "what a server that was killed leaves behind");
        let server = model.start_at(unix(&path), RpcServer::exported()).unwrap();
        assert_eq!(Peer::connect(server.address(), FRAMINGS[0]).ask(ADD), SUM);

        let error = refusal(&unix(&path));
        assert!(error.contains(&format!("somebody listens at {} already", unix(&path))), "{error}");
        assert_eq!(Peer::connect(server.address(), FRAMINGS[0]).ask(ADD), SUM);
        drop(server);
        assert!(!path.exists(), "{model:?}");
    }
    // One that was killed has left its file, and its successor takes the place.
    let mut killed = start("prefork", &path);
    killed.process().signal("KILL");
    killed.wait();
    // Its workers notice at once, but not before.
    let mut server = None;
    until("the place is free", || {
        server = RpcServer::exported().start(unix(&path)).ok();
        server.is_some()
    });
    assert_eq!(Peer::connect(server.unwrap().address(), FRAMINGS[0]).ask(ADD), SUM);
}

#[test]
fn a_file_that_is_no_socket_is_never_touched() {
    let folder = Folder::new();
    let path = folder.file("letter");
    fs::write(&path, "dear reader").unwrap();
    let error = refusal(&unix(&path));
    assert!(error.contains("is the path of a file that is no socket"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "dear reader");
    let error = refusal(&unix(folder.path()));
    assert!(error.contains("no socket"), "{error}");
}

#[test]
fn a_server_removes_its_own_file_and_no_other() {
    let folder = Folder::new();
    let path = folder.file("socket");
    let server = RpcServer::exported().start(unix(&path)).unwrap();
    fs::remove_file(&path).unwrap();
    let successor = RpcServer::exported().start(unix(&path)).unwrap();
    let number = fs::metadata(&path).unwrap().ino();
    drop(server);
    assert_eq!(fs::metadata(&path).unwrap().ino(), number);
    assert_eq!(Peer::connect(successor.address(), FRAMINGS[0]).ask(ADD), SUM);

    // Nor does a child of the process that made it.
    let path = folder.file("prefork");
    let server = start("prefork", &path);
    let client = RpcClient::connect(server.address()).unwrap();
    let worker: Process = Served::of(&client);
    worker.signal("TERM");
    until("the worker's end", || !worker.exists());
    assert!(path.exists());
    drop(client);
    assert_eq!(server.client().add(1, 2).call().unwrap(), 13);
}

#[test]
fn paths_that_no_socket_can_have_are_refused_in_words() {
    let long = format!("unix:/tmp/{}", "a".repeat(200));
    for error in [refusal(&long), RpcClient::connect(&long).unwrap_err().to_string()] {
        assert!(error.contains("at most about 100 bytes"), "{error}");
    }
    for error in [refusal("unix:"), RpcClient::connect("unix:").unwrap_err().to_string()] {
        assert!(error.contains("names no path"), "{error}");
    }
    let error = refusal("unix:/no/such/folder/socket");
    assert!(error.contains("/no/such/folder/socket"), "{error}");
}

#[test]
fn an_address_is_what_it_was_written_as() {
    for text in ["unix:/run/sum.sock", "unix:sum.sock", "127.0.0.1:5000", "[::1]:5000"] {
        assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
    }
    let url: Address = "unix:///run/sum.sock".parse().unwrap();
    assert_eq!(url, Address::Unix("/run/sum.sock".into()));
    // Where TCP is wanted, a path says that it is none.
    let error = TcpStream::connect(url).unwrap_err();
    assert_eq!(error.to_string(), "unix:/run/sum.sock is no TCP address");
    "localhost:5000".parse::<Address>().unwrap_err();
}

#[test]
fn stopping_answers_what_was_asked_tells_who_understands_and_frees_the_path() {
    let folder = Folder::new();
    let path = folder.file("socket");
    Model::each(|model| {
        for framing in FRAMINGS {
            let path = path.with_extension(format!("{model:?}"));
            let server = model.start_at(unix(&path), RpcServer::exported()).unwrap();
            let mut peer = Peer::connect(server.address(), framing);
            assert_eq!(peer.ask(ADD), SUM);
            peer.send(r#"{"method_name":"after_ms","method_args":[60,5],"id":2}"#);
            server.stop();
            // Before any client is told, who might connect anew.
            assert!(!path.exists());
            let again = model.start_at(unix(&path), RpcServer::exported()).unwrap();
            let mut heard = [peer.receive().unwrap(), peer.receive().unwrap()];
            heard.sort_unstable();
            assert_eq!(heard, [r#"{"notice":"draining"}"#, r#"{"res":5,"id":2}"#], "{model:?}");
            let begun = Instant::now();
            peer.finish();
            assert!(peer.is_ended());
            server.wait().unwrap();
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
            assert_eq!(Peer::connect(again.address(), framing).ask(ADD), SUM, "{model:?}");
        }
    });
}

#[test]
fn clients_find_a_server_that_was_restarted() {
    let folder = Folder::new();
    let path = folder.file("socket");
    let server = Model::EventLoop.start_at(unix(&path), RpcServer::exported()).unwrap();
    let (told, states) = std::sync::mpsc::channel();
    let builder = RpcClient::builder().on_state_change(move |state| told.send(state).unwrap());
    let client = builder.connect(unix(&path)).unwrap();
    run(async {
        let asynchronous = AsyncRpcClient::connect(unix(&path)).await.unwrap();
        assert_eq!(asynchronous.add(1, 2).call().await.unwrap(), 13);
        assert_eq!(client.add(1, 2).call().unwrap(), 13);
        drop(server);
        let _server = Model::EventLoop.start_at(unix(&path), RpcServer::exported()).unwrap();
        // An idle connection is looked at after a second, before it is used again.
        std::thread::sleep(Duration::from_millis(1100));
        assert_eq!(client.add(3, 4).call().unwrap(), 17);
        assert_eq!(asynchronous.add(3, 4).call().await.unwrap(), 17);
    });
    let expected =
        [ConnectionState::Connected, ConnectionState::Disconnected, ConnectionState::Connected];
    assert_eq!(states.try_iter().collect::<Vec<_>>(), expected);

    let error = RpcClient::connect(unix(&folder.file("nobody"))).unwrap_err();
    assert!(matches!(&error, Error::Io(_)) && error.to_string().contains("nobody"), "{error}");
}

#[test]
fn a_server_is_part_of_somebody_elses_runtime() {
    let folder = Folder::new();
    let path = folder.file("socket");
    run(async {
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = RpcServer::exported().serve_on(listener, async { drop(stopped.await) });
        let server = tokio::spawn(server);
        let client = AsyncRpcClient::connect(unix(&path)).await.unwrap();
        assert_eq!(client.add(1, 2).call().await.unwrap(), 13);
        drop((client, stop));
        server.await.unwrap().unwrap();
    });
    assert!(path.exists(), "the file is the program's");
}

#[test]
fn a_function_is_told_no_address_of_a_peer_without_one() {
    let folder = Folder::new();
    for model in Model::ALL {
        let path = folder.file("socket");
        let server = model.start_at(unix(&path), RpcServer::exported()).unwrap();
        let mut peer = Peer::connect(server.address(), Framing::Raw);
        assert_eq!(
            peer.ask(r#"{"method_name":"has_an_address"}"#),
            r#"{"res":false}"#,
            "{model:?}"
        );
    }
}
