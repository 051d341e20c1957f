//! A server that is stopped answers what has arrived, closes, and leaves nothing behind.

#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use rpc_core::server::SingleThread;
use rpc_core::transport::{Address, Socket};
use rpc_core::{RpcClient, RpcServer};
use tests::{FRAMINGS, Folder, Gate, Model, Peer, until_accepted};

/// Far below any timeout of a server, far above what a busy machine adds.
const AT_ONCE: Duration = Duration::from_secs(15);

const ADD: &str = r#"{"method_name":"add","method_args":[1,2],"id":1}"#;
const SUM: &str = r#"{"res":13,"id":1}"#;
const ADD_WITHOUT_ID: &str = r#"{"method_name":"add","method_args":[1,2]}"#;
const SUM_WITHOUT_ID: &str = r#"{"res":13}"#;

/// Answers nobody at an address, and another server may have it.
fn assert_released(address: &Address) {
    assert!(TcpStream::connect(address).is_err());
    TcpListener::bind(address).unwrap();
}

const NOTICE: &str = r#"{"notice":"draining"}"#;

#[test]
fn calls_in_flight_are_answered_then_connections_closed_and_the_port_released() {
    for model in Model::ALL {
        for framing in FRAMINGS {
            for has_ids in [false, true] {
                let server = model.start(RpcServer::exported());
                let address = server.address();
                let mut peer = Peer::connect(&address, framing);
                let id = |n| if has_ids { format!(r#","id":{n}"#) } else { String::new() };
                let method = |n| format!(r#"{{"method_name":"after_ms","method_args":[60,{n}]"#);
                for n in 0..5 {
                    peer.send(&format!("{}{}}}", method(n), id(n)));
                }
                let reply = |n| format!(r#"{{"res":{n}{}}}"#, id(n));
                assert_eq!(peer.receive().unwrap(), reply(0));
                server.stop();
                // Only who can tell it from a reply is told, and leaves then.
                let told: Vec<_> = (1..5 + usize::from(has_ids))
                    .map(|_| peer.receive().unwrap())
                    .inspect(|told| assert!(told != NOTICE || has_ids))
                    .collect();
                let replies: Vec<_> = told.into_iter().filter(|told| told != NOTICE).collect();
                let place = format!("{model:?}, {framing:?}, {has_ids}");
                assert_eq!(replies, (1..5).map(reply).collect::<Vec<_>>(), "{place}");
                if has_ids {
                    peer.finish();
                }
                assert!(peer.is_ended(), "{place}");
                server.wait().unwrap();
                assert_released(&address);
            }
        }
    }
}

#[test]
fn a_peer_that_was_told_is_answered_until_it_is_silent() {
    Model::each(|model| {
        for framing in FRAMINGS {
            let server = model.start(RpcServer::exported());
            let address = server.address();
            let mut peer = Peer::connect(&address, framing);
            assert_eq!(peer.ask(ADD), SUM);
            server.stop();
            assert_eq!(peer.receive().unwrap(), NOTICE);
            assert!(TcpStream::connect(address).is_err(), "the port is closed before that is said");
            // Longer together than a silence may be, each far shorter.
            for _ in 0..16 {
                thread::sleep(Duration::from_millis(100));
                assert_eq!(peer.ask(ADD), SUM, "{model:?}");
            }
            let begun = Instant::now();
            server.wait().unwrap();
            assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
            assert!(peer.is_ended());
        }
    });
}

#[test]
fn a_first_call_that_is_on_its_way_is_answered() {
    Model::each(|model| {
        for (call, reply, told) in [(ADD, SUM, true), (ADD_WITHOUT_ID, SUM_WITHOUT_ID, false)] {
            let server = model.start(RpcServer::exported());
            let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
            until_accepted(server.address(), 1);
            server.stop();
            thread::sleep(Duration::from_millis(100));
            assert_eq!(peer.ask(call), reply, "{model:?}");
            if told {
                assert_eq!(peer.receive().unwrap(), NOTICE, "{model:?}");
                peer.finish();
            }
            assert!(peer.is_ended(), "{model:?}");
            server.wait().unwrap();
        }
    });
}

#[test]
fn calls_over_connections_that_are_not_accepted_yet_are_answered() {
    let folder = Folder::new();
    let unix = format!("unix:{}", folder.path().display());
    Model::each(|model| {
        for address in ["127.0.0.1:0".to_owned(), format!("{unix}/{model:?}")] {
            let server = model.start_at(&*address, RpcServer::exported()).unwrap();
            // Where functions run on the thread that accepts, nobody is accepted meanwhile.
            let gate = Gate::closed();
            let mut first = Peer::connect(server.address(), FRAMINGS[0]);
            let arguments = format!("[{},5]", gate.number());
            first.send(&format!(
                r#"{{"method_name":"pass_gate","method_args":{arguments},"id":1}}"#
            ));
            gate.until_reached();
            let mut others: Vec<_> =
                (0..5).map(|n| Peer::connect(server.address(), FRAMINGS[n % 2])).collect();
            for peer in &mut others {
                peer.send(ADD);
            }
            let silent = Peer::connect(server.address(), FRAMINGS[0]);
            server.stop();
            gate.open();
            assert_eq!(first.receive().unwrap(), r#"{"res":5,"id":1}"#, "{model:?}");
            assert_eq!(first.receive().unwrap(), NOTICE, "{model:?}");
            drop(first);
            for mut peer in others {
                assert_eq!(peer.receive().unwrap(), SUM, "{model:?}");
                assert_eq!(peer.receive().unwrap(), NOTICE, "{model:?}");
            }
            let begun = Instant::now();
            let address = server.address();
            server.wait().unwrap();
            assert!(begun.elapsed() < AT_ONCE, "{model:?}: {:?}", begun.elapsed());
            drop(silent);
            assert!(Socket::connect(&address, AT_ONCE).is_err(), "{model:?}");
        }
    });
}

#[test]
fn a_peer_that_keeps_calling_is_cut_off_after_the_stop_timeout() {
    Model::each(|model| {
        let server = model.start(RpcServer::exported().stop_timeout(Duration::from_secs(2)));
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        assert_eq!(peer.ask(ADD), SUM);
        let begun = Instant::now();
        server.stop();
        let calling = thread::spawn(move || {
            let message = tests::frame(FRAMINGS[0], ADD.as_bytes());
            while peer.try_write(&message).is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        });
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_ONCE, "{model:?}: {:?}", begun.elapsed());
        calling.join().unwrap();
    });
}

#[test]
fn idle_connections_are_closed_at_once() {
    for model in Model::ALL {
        for framing in FRAMINGS {
            let server = model.start(RpcServer::exported());
            let address = server.address();
            let mut peer = Peer::connect(&address, framing);
            assert!(peer.ask(r#"{"method_name":"nothing"}"#).contains("res"));
            let begun = Instant::now();
            drop(server);
            assert!(peer.is_ended());
            assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
            assert_released(&address);
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
        assert_released(&address);
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
    Model::each(|model| {
        let gate = Gate::closed();
        let server = model.start(RpcServer::exported().stop_timeout(Duration::from_millis(100)));
        let mut peer = Peer::connect(server.address(), FRAMINGS[0]);
        let arguments = format!("[{},5]", gate.number());
        peer.send(&format!(r#"{{"method_name":"pass_gate","method_args":{arguments}}}"#));
        until_accepted(server.address(), 1);
        server.stop();
        let begun = Instant::now();
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_ONCE, "{model:?}: {:?}", begun.elapsed());
        assert!(peer.receive().unwrap().contains("-32003"), "{model:?}");
        assert!(peer.is_ended(), "{model:?}");
    });
}

#[test]
fn an_address_that_is_taken_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for error in [
        RpcServer::exported().start(address).unwrap_err(),
        RpcServer::exported().start(address.to_string()).unwrap_err(),
        RpcServer::exported().start(("127.0.0.1", address.port())).unwrap_err(),
    ] {
        let named = format!("starting a server: cannot listen ({address}: ");
        assert!(error.to_string().starts_with(&named), "{error}");
    }
}

#[test]
fn a_server_stops_whatever_it_is_at() {
    for model in Model::ALL {
        for peers in [0, 1, 3].into_iter().cycle().take(150) {
            let server = model.start(RpcServer::exported());
            let clients: Vec<_> =
                (0..peers).map(|_| RpcClient::connect(server.address()).unwrap()).collect();
            drop(clients);
            server.stop();
            server.wait().unwrap();
        }
    }
}

#[test]
fn a_peer_that_does_not_read_its_replies_does_not_hold_up_who_stops_the_server() {
    for model in Model::ALL {
        let server = RpcServer::exported()
            .write_timeout(Duration::from_secs(120))
            .stop_timeout(Duration::from_millis(200));
        let server = model.start(server);
        let mut peer = TcpStream::connect(server.address().to_string()).unwrap();
        let call = r#"{"method_name":"repeat","method_args":["x",9000000],"id":1}"#;
        peer.write_all(call.repeat(4).as_bytes()).unwrap();
        // It writes, and cannot go on.
        peer.read_exact(&mut [0]).unwrap();
        let begun = Instant::now();
        server.stop();
        server.wait().unwrap();
        assert!(begun.elapsed() < AT_ONCE, "{model:?}: {:?}", begun.elapsed());
    }
}
