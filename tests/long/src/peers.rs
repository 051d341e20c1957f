//! What comparable servers did when they were put through the same, where that is known.

/// What was seen of others where this promise was tried; a dash where nothing is known.
pub(crate) fn what_peers_did(promise: &str) -> &'static str {
    match promise {
        "answers" => {
            "jsonrpsee, tarpc, tonic and karyon: for one failure or another the connection was cut, or there was no answer"
        }
        "slow-peers" => "axum, and bodies of jsonrpsee: open without end",
        "unread-replies" => "jsonrpsee, WebSocket: 4.8 GB in 6 s",
        "descriptors" => {
            "jsonrpsee: 122 % of a CPU; tonic, by an advisory: the loop that accepts ended"
        }
        "stop" => "nginx: none of 236 000 lost",
        _ => "–",
    }
}
