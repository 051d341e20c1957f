//! A server that is stopped answers what has arrived, closes, and leaves nothing behind.

#![allow(clippy::unwrap_used)]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::{RpcServer, SingleThread};
use tests::{FRAMINGS, Model, Peer};

/// Far below any timeout of a server, far above what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Answers nobody at an address, and another server may have it.
fn assert_released(address: SocketAddr) {
    assert!(TcpStream::connect(address).is_err());
    TcpListener::bind(address).unwrap();
}

#[test]
fn calls_in_flight_are_answered_then_connections_closed_and_the_port_released() {
    for model in Model::ALL {
        for framing in FRAMINGS {
            let server = model.start(RpcServer::exported());
            let address = server.address();
            let mut peer = Peer::connect(address, framing);
            let calls: Vec<_> = (0..5)
                .map(|n| format!(r#"{{"method_name":"after_ms","method_args":[60,{n}],"id":{n}}}"#))
                .collect();
            for call in &calls {
                peer.send(call);
            }
            let replies: Vec<_> = (0..5).map(|n| format!(r#"{{"res":{n},"id":{n}}}"#)).collect();
            assert_eq!(peer.receive().unwrap(), replies[0]);
            server.stop();
            assert_eq!(peer.receive_all(), replies[1..], "{model:?}, {framing:?}");
            server.wait().unwrap();
            assert_released(address);
        }
    }
}

#[test]
fn idle_connections_are_closed_at_once() {
    for model in Model::ALL {
        for framing in FRAMINGS {
            let server = model.start(RpcServer::exported());
            let address = server.address();
            let mut peer = Peer::connect(address, framing);
            assert!(peer.ask(r#"{"method_name":"nothing"}"#).contains("res"));
            let begun = Instant::now();
            drop(server);
            assert!(peer.is_ended());
            assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
            assert_released(address);
        }
    }
}

#[test]
fn a_server_nobody_ever_called_stops() {
    for model in Model::ALL {
        let begun = Instant::now();
        let server = model.start(RpcServer::exported());
        let address = server.address();
        server.stop();
        server.stop();
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
        assert_released(address);
    }
}

#[test]
fn a_server_on_every_address_stops_too() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let Ok(server) = RpcServer::exported().start_with(address, SingleThread) else {
            continue; // this machine has no IPv6
        };
        server.stop();
        server.wait().unwrap();
    }
}

#[test]
fn a_call_that_does_not_end_is_waited_for_as_long_as_the_stop_timeout() {
    let server = Model::ThreadPerConnection
        .start(RpcServer::exported().stop_timeout(Duration::from_millis(100)));
    let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
    peer.send(r#"{"method_name":"after_ms","method_args":[1000,5]}"#);
    thread::sleep(Duration::from_millis(50));
    server.stop();
    let begun = Instant::now();
    server.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    assert_eq!(peer.receive_all(), [r#"{"res":5}"#]);
}

#[test]
fn an_address_that_is_taken_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = RpcServer::exported().start(taken.local_addr().unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("starting a server: cannot listen ("), "{error}");
}
