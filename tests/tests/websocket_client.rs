//! Both clients speak to WebSockets that others serve: what they send, and what they make of what
//! comes back.

#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rpc_core::client::Dialect;
use rpc_core::error::IoErrorKind;
use rpc_core::{AsyncRpcClient, Error, RpcClient, Stub, args, kwargs};
use serde_json::{Value, json};
use tests::{Frame, WebSocket, run};

/// Serves connections, one after another, as many as there are functions for.
fn serve(converse: Vec<Box<dyn FnOnce(TcpStream) + Send>>) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        for converse in converse {
            converse(listener.accept().unwrap().0);
        }
    });
    (address, thread)
}

/// One client or the other, which the same tests hold for.
#[derive(Debug, Clone, Copy)]
enum Client {
    Blocking,
    Asynchronous,
}

const CLIENTS: [Client; 2] = [Client::Blocking, Client::Asynchronous];

impl Client {
    /// Connects, and makes calls of `same` one after another.
    fn call(self, url: &str, arguments: &[Value]) -> Vec<Result<Value, Error>> {
        match self {
            Self::Blocking => match RpcClient::builder().dialect(Dialect::Native).connect(url) {
                Ok(client) => arguments
                    .iter()
                    .map(|argument| client.call("same", args![argument], kwargs! {}))
                    .collect(),
                Err(error) => vec![Err(error)],
            },
            Self::Asynchronous => run(async {
                let client = match AsyncRpcClient::builder()
                    .dialect(Dialect::Native)
                    .connect_async(url)
                    .await
                {
                    Ok(client) => client,
                    Err(error) => return vec![Err(error)],
                };
                let mut results = Vec::new();
                for argument in arguments {
                    results.push(client.call("same", args![argument], kwargs! {}).await);
                }
                drop(client);
                // The driver says that it leaves.
                tokio::time::sleep(Duration::from_millis(50)).await;
                results
            }),
        }
    }
}

/// Receives a call, and answers with its argument.
fn echo(socket: &mut WebSocket) {
    let call = socket.receive_json();
    reply(socket, &call);
}

fn reply(socket: &mut WebSocket, call: &Value) {
    socket.send(&json!({"res": call["method_args"][0], "id": call["id"]}).to_string());
}

#[test]
fn calls_are_masked_text_and_the_client_says_that_it_leaves() {
    for client in CLIENTS {
        let texts = [json!("x".repeat(100)), json!("x".repeat(1000)), json!("x".repeat(100_000))];
        let (address, server) = serve(vec![Box::new(|stream| {
            let mut socket = WebSocket::accept(stream);
            for _ in 0..3 {
                echo(&mut socket);
            }
            assert_eq!(socket.receive(), Some(Frame::Close(Some(1000))));
        })]);
        let results = client.call(&format!("ws://{address}"), &texts);
        for (result, text) in results.into_iter().zip(&texts) {
            assert_eq!(&result.unwrap(), text);
        }
        server.join().unwrap();
    }
}

#[test]
fn the_request_names_host_and_path_and_no_origin() {
    for client in CLIENTS {
        let (address, server) = serve(vec![Box::new(|stream| {
            let peer = stream.local_addr().unwrap();
            let copy = stream.try_clone().unwrap();
            let mut head = [0; 2048];
            let count = loop {
                let count = copy.peek(&mut head).unwrap();
                if head[..count].ends_with(b"\r\n\r\n") {
                    break count;
                }
            };
            let head = str::from_utf8(&head[..count]).unwrap();
            assert!(head.starts_with("GET /rpc?key=1 HTTP/1.1\r\n"), "{head}");
            assert!(head.contains(&format!("\r\nHost: {peer}\r\n")), "{head}");
            assert!(!head.to_lowercase().contains("origin"), "{head}");
            echo(&mut WebSocket::accept(stream));
        })]);
        let results = client.call(&format!("ws://{address}/rpc?key=1"), &[json!(1)]);
        assert_eq!(results[0].as_ref().unwrap(), &json!(1));
        server.join().unwrap();
    }
}

#[test]
fn pings_are_answered_and_fragments_joined_while_a_call_waits() {
    for client in CLIENTS {
        let (address, server) = serve(vec![Box::new(|stream| {
            let mut socket = WebSocket::accept(stream);
            let call = socket.receive_json();
            socket.send_frame(0x89, b"are you there");
            assert_eq!(socket.receive(), Some(Frame::Pong(b"are you there".to_vec())));
            let text = json!({"res": call["method_args"][0], "id": call["id"]}).to_string();
            let (first, second) = text.as_bytes().split_at(5);
            socket.send_frame(0x01, first);
            socket.send_frame(0x89, b"still");
            socket.send_frame(0x80, second);
            assert_eq!(socket.receive(), Some(Frame::Pong(b"still".to_vec())));
        })]);
        let results = client.call(&format!("ws://{address}"), &[json!("ü")]);
        assert_eq!(results[0].as_ref().unwrap(), &json!("ü"));
        server.join().unwrap();
    }
}

#[test]
fn a_ping_that_came_while_nobody_called_is_answered_with_the_next_call() {
    let (address, server) = serve(vec![Box::new(|stream| {
        let mut socket = WebSocket::accept(stream);
        echo(&mut socket);
        socket.send_frame(0x89, b"idle");
        assert_eq!(socket.receive(), Some(Frame::Pong(b"idle".to_vec())));
        echo(&mut socket);
    })]);
    let builder = RpcClient::builder().dialect(Dialect::Native);
    let client = builder.connect(format!("ws://{address}")).unwrap();
    let one: i64 = client.call("same", args![1], kwargs! {}).unwrap();
    // From then on the client looks before it calls.
    thread::sleep(Duration::from_millis(1200));
    let two: i64 = client.call("same", args![2], kwargs! {}).unwrap();
    assert_eq!((one, two), (1, 2));
    server.join().unwrap();
}

#[test]
fn a_server_that_has_answered_all_it_will_leaves_no_doubt() {
    // In the words of this crate's servers, by which unanswered calls have not run.
    let words = [&1001_u16.to_be_bytes()[..], b"calls without a reply have not run"].concat();
    for client in CLIENTS {
        let words = words.clone();
        let (address, server) = serve(vec![
            Box::new(move |stream| {
                let mut socket = WebSocket::accept(stream);
                socket.receive_json();
                socket.send_frame(0x88, &words);
                assert_eq!(socket.receive(), Some(Frame::Close(Some(1001))));
            }),
            Box::new(|stream| echo(&mut WebSocket::accept(stream))),
        ]);
        let results = client.call(&format!("ws://{address}"), &[json!(7)]);
        assert_eq!(results[0].as_ref().unwrap(), &json!(7));
        server.join().unwrap();
    }
}

#[test]
fn any_other_close_leaves_doubt_and_says_its_code() {
    for client in CLIENTS {
        let (address, server) = serve(vec![Box::new(|stream| {
            let mut socket = WebSocket::accept(stream);
            echo(&mut socket);
            socket.receive_json();
            socket.send_frame(0x88, &[&1011_u16.to_be_bytes()[..], b"out of order"].concat());
            assert_eq!(socket.receive(), Some(Frame::Close(Some(1011))));
        })]);
        let results = client.call(&format!("ws://{address}"), &[json!(1), json!(2)]);
        assert_eq!(results[0].as_ref().unwrap(), &json!(1));
        let error = results[1].as_ref().unwrap_err();
        assert!(error.may_have_run(), "{error}");
        let text = error.to_string();
        assert!(text.contains("with code 1011: out of order"), "{text}");
        server.join().unwrap();
    }
}

#[test]
fn a_reply_that_comes_with_the_close_is_taken() {
    for client in CLIENTS {
        let (address, server) = serve(vec![Box::new(|stream| {
            let mut socket = WebSocket::accept(stream);
            let call = socket.receive_json();
            let reply = json!({"res": 5, "id": call["id"]}).to_string();
            let both = [
                tests::web_socket_frame(0x81, reply.as_bytes(), false),
                tests::web_socket_frame(0x88, &1000_u16.to_be_bytes(), false),
            ];
            socket.write(&both.concat());
            assert_eq!(socket.receive(), Some(Frame::Close(Some(1000))));
        })]);
        let results = client.call(&format!("ws://{address}"), &[json!(1)]);
        assert_eq!(results[0].as_ref().unwrap(), &json!(5));
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_breaks_the_protocol_is_left_with_its_code() {
    for client in CLIENTS {
        for (frame, code) in [
            (tests::web_socket_frame(0x81, b"{}", true), 1002),
            (tests::web_socket_frame(0x83, b"{}", false), 1002),
            (tests::web_socket_frame(0x82, b"{}", false), 1003),
            (tests::web_socket_frame(0x81, b"\xff", false), 1007),
            (vec![0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0], 1009),
        ] {
            let (address, server) = serve(vec![Box::new(move |stream| {
                let mut socket = WebSocket::accept(stream);
                socket.receive_json();
                socket.write(&frame);
                assert_eq!(socket.receive(), Some(Frame::Close(Some(code))));
            })]);
            let results = client.call(&format!("ws://{address}"), &[json!(1)]);
            let error = results[0].as_ref().unwrap_err();
            assert!(matches!(error, Error::Protocol(_)), "{error}");
            server.join().unwrap();
        }
    }
}

#[test]
fn a_server_that_opens_no_websocket_is_named_with_what_it_says() {
    for client in CLIENTS {
        for (answer, said) in [
            (
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nnot you!\n",
                "the server opens no WebSocket here: it answers 403 Forbidden: not you!",
            ),
            (
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                 Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
                "its `Sec-WebSocket-Accept` does not fit",
            ),
            (
                "\x02\0\0\0{}",
                "the server does not speak HTTP: its answer begins with the bytes [02",
            ),
            (
                "SSH-2.0-OpenSSH_9.6\r\n",
                "does not speak HTTP: the other side speaks text that begins with `SSH-2.0",
            ),
            ("", "the server closed the connection before it had answered"),
        ] {
            let (address, server) = serve(vec![Box::new(move |stream| {
                let mut stream = stream;
                let mut head = [0; 2048];
                let _ = std::io::Read::read(&mut stream, &mut head).unwrap();
                std::io::Write::write_all(&mut stream, answer.as_bytes()).unwrap();
            })]);
            let error = client.call(&format!("ws://{address}"), &[]).remove(0).unwrap_err();
            let Error::Io(io) = &error else { panic!("{error}") };
            assert_eq!(io.kind(), IoErrorKind::Connect);
            assert!(error.to_string().contains(said), "{error}");
            server.join().unwrap();
        }
    }
}

#[test]
fn an_address_that_is_no_websocket_url_is_refused() {
    for url in ["ws://", "wss://", "ws://a b/"] {
        for client in CLIENTS {
            let error = client.call(url, &[]).remove(0).unwrap_err();
            assert!(!error.may_have_run() && error.to_string().contains(url), "{error}");
        }
    }
}

#[test]
fn a_server_that_always_says_that_calls_have_not_run_is_asked_with_pauses() {
    let words = [&1001_u16.to_be_bytes()[..], b"calls without a reply have not run"].concat();
    for client in CLIENTS {
        let (asked, when) = mpsc::channel();
        let refuse = || {
            let (words, asked) = (words.clone(), asked.clone());
            let refuse = move |stream| {
                let mut socket = WebSocket::accept(stream);
                socket.receive_json();
                asked.send(Instant::now()).unwrap();
                socket.send_frame(0x88, &words);
                socket.receive();
            };
            Box::new(refuse) as Box<dyn FnOnce(TcpStream) + Send>
        };
        let (address, server) = serve((0..4).map(|_| refuse()).collect());
        let results = client.call(&format!("ws://{address}"), &[json!(7)]);
        let error = results[0].as_ref().unwrap_err();
        assert!(!error.may_have_run(), "{error}");
        server.join().unwrap();
        let when: Vec<_> = when.try_iter().collect();
        // The shortest that the second and the third pause may be.
        assert!(when[2] - when[1] >= Duration::from_millis(10), "{when:?}");
        assert!(when[3] - when[2] >= Duration::from_millis(20), "{when:?}");
    }
}
