//! One conversation in each dialect, to the byte, with every model in every framing; then a byte at
//! a time, and all in one write.

use rpc_core::RpcServer;
use rpc_core::protocol::Framing;
use rpc_core::server::ServerHandle;
use tests::{EVERY_FRAMING, Model, Peer, frame};

const CONVERSATIONS: [(&str, &str); 4] = [
    ("native", include_str!("../conversations/native.txt")),
    ("native with ids", include_str!("../conversations/native_with_ids.txt")),
    ("ping", include_str!("../conversations/ping.txt")),
    ("json-rpc", include_str!("../conversations/json_rpc.txt")),
];

/// A message and its reply.
type Exchange = (&'static str, &'static str);

fn exchanges(conversation: &'static str) -> Vec<Exchange> {
    let lines = |mark| conversation.lines().filter_map(move |line| line.strip_prefix(mark));
    let exchanges: Vec<Exchange> = lines("> ").zip(lines("< ")).collect();
    assert_eq!(lines("> ").count(), lines("< ").count());
    assert!(exchanges.len() > 20);
    exchanges
}

/// Has `converse` go through every conversation with every model in every framing.
fn everywhere(converse: impl Fn(&mut Peer, &[Exchange], &str)) {
    for model in Model::ALL {
        let server: ServerHandle = model.start(RpcServer::exported());
        for framing in EVERY_FRAMING {
            for (dialect, conversation) in CONVERSATIONS {
                let mut peer = Peer::connect(server.address(), framing);
                let place = format!("{dialect}, {framing:?}, {model:?}");
                converse(&mut peer, &exchanges(conversation), &place);
                peer.finish();
                assert!(peer.is_ended(), "{place}");
            }
        }
    }
}

/// All messages as they stand on the wire.
fn all(framing: Framing, exchanges: &[Exchange]) -> Vec<u8> {
    exchanges.iter().flat_map(|(message, _)| frame(framing, message.as_bytes())).collect()
}

fn assert_all_answered(peer: &mut Peer, exchanges: &[Exchange], place: &str) {
    for (message, reply) in exchanges {
        let answer = peer.receive();
        assert_eq!(answer.as_deref(), Some(*reply), "to {message} in {place}");
    }
}

#[test]
fn every_message_is_answered_to_the_byte() {
    everywhere(|peer, exchanges, place| {
        for (message, reply) in exchanges {
            assert_eq!(peer.ask(message), *reply, "to {message} in {place}");
        }
    });
}

#[test]
fn a_byte_at_a_time_is_answered_the_same() {
    everywhere(|peer, exchanges, place| {
        for byte in all(peer.framing(), exchanges) {
            peer.write(&[byte]);
        }
        assert_all_answered(peer, exchanges, place);
    });
}

#[test]
fn all_in_one_write_is_answered_the_same_and_in_order() {
    everywhere(|peer, exchanges, place| {
        peer.write(&all(peer.framing(), exchanges));
        assert_all_answered(peer, exchanges, place);
    });
}

#[test]
fn all_in_one_write_and_the_end_of_the_stream_is_answered_the_same() {
    everywhere(|peer, exchanges, place| {
        peer.write(&all(peer.framing(), exchanges));
        peer.finish();
        assert_all_answered(peer, exchanges, place);
    });
}
