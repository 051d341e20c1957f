//! Streams as a server that is written by hand has them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Peer;

/// A stream as a server written by hand has it.
#[derive(Debug)]
pub struct Flow {
    /// Its id.
    pub id: u64,
    /// Items that were sent.
    pub sent: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// How many it has.
    pub total: u64,
    /// Items and bytes that may be sent since it began.
    pub credit: (u64, u64),
}

impl Flow {
    /// The stream that a call opens.
    pub fn of(call: &Value) -> Self {
        let number = |value: &Value| value.as_u64().unwrap();
        let stream = &call["stream"];
        Self {
            id: number(&call["id"]),
            sent: 0,
            bytes: 0,
            total: number(&call["method_args"][0]),
            credit: (number(&stream["items"]), number(&stream["bytes"])),
        }
    }

    /// Whether another item may be sent.
    pub fn may_send(&self) -> bool {
        self.sent < self.total && self.sent < self.credit.0 && self.bytes < self.credit.1
    }

    /// Sends up to so many items as one message, or the end; whether there is more.
    pub fn advance(&mut self, peer: &mut Peer, most: u64, item: &dyn Fn(u64) -> String) -> bool {
        let mut items = Vec::new();
        while self.may_send() && (items.len() as u64) < most {
            let item = item(self.sent);
            self.sent += 1;
            self.bytes += item.len() as u64;
            items.push(item);
        }
        let id = self.id;
        if !items.is_empty()
            && peer.try_send(&format!(r#"{{"items":[{}],"id":{id}}}"#, items.join(","))).is_err()
        {
            return false;
        }
        if self.sent == self.total {
            let _ = peer.try_send(&format!(r#"{{"res":null,"id":{id}}}"#));
        }
        self.sent < self.total
    }
}

/// Serves streams of so many items as is asked, as far as their credit goes, and echoes other calls.
/// `heard` is told of what each message of credit says.
pub fn serve_flows(
    peer: &mut Peer,
    most: u64,
    item: &dyn Fn(u64) -> String,
    heard: &mut dyn FnMut(&Flow, &Value),
) {
    let mut flows = BTreeMap::new();
    loop {
        flows.retain(|_, flow: &mut Flow| !flow.may_send() || flow.advance(peer, most, item));
        if flows.values().any(Flow::may_send) {
            continue;
        }
        let Some(message) = peer.receive_json() else { return };
        if let Some(id) = message["credit"].as_u64() {
            if let Some(flow) = flows.get_mut(&id) {
                let credit =
                    (message["items"].as_u64().unwrap(), message["bytes"].as_u64().unwrap());
                assert!(credit.0 >= flow.credit.0 && credit.1 >= flow.credit.1);
                flow.credit = credit;
                heard(flow, &message);
            }
        } else if let Some(id) = message["cancel"].as_u64() {
            flows.remove(&id);
        } else if message["stream"].is_object() {
            let mut flow = Flow::of(&message);
            if flow.total > 0 || flow.advance(peer, most, item) {
                flows.insert(flow.id, flow);
            }
        } else {
            let (argument, id) = (&message["method_args"][0], &message["id"]);
            peer.send(&format!(r#"{{"res":{argument},"id":{id}}}"#));
        }
    }
}

/// Serves streams of numbers, ten in a message at most.
pub fn serve_numbers(peer: &mut Peer) {
    serve_flows(peer, 10, &|n| n.to_string(), &mut |_, _| ());
}

impl Peer {
    /// Receives the next message; `None` at the end.
    pub fn receive_json(&mut self) -> Option<Value> {
        Some(serde_json::from_str(&self.receive()?).expect("JSON"))
    }
}
