//! XML that was made to harm, and XML in older encodings.

use std::time::{Duration, Instant};

use tests::HttpPeer;

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::system::{mb, memory, ms};
use crate::wire::{ADD, SUM};

pub(super) const PROMISES: &[Promise] = &[Promise::of_servers(
    "xml",
    Model::ALL,
    xml,
    "XML with a document type, without end, deep or with many attributes is refused within 50 ms and costs no memory; \
     ISO-8859-1 and US-ASCII are understood",
)];

fn call(value: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><methodCall><methodName>same</methodName>\
         <params><param><value>{value}</value></param></params></methodCall>"
    )
}

/// What a parser could be made to work at.
fn bombs() -> Vec<(&'static str, String)> {
    let laugh =
        |level: usize| format!("<!ENTITY l{} \"{}\">", level + 1, format!("&l{level};").repeat(10));
    let laughs = (0..29).map(laugh).collect::<Vec<_>>().concat();
    let deep = 100_000;
    let attributes =
        (0..100_000).map(|number| format!(" a{number}=\"\"")).collect::<Vec<_>>().concat();
    vec![
        (
            "a billion laughs",
            format!("<!DOCTYPE a [<!ENTITY l0 \"lol\">{laughs}]>{}", call("&l29;")),
        ),
        (
            "an external entity",
            format!("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{}", call("&e;")),
        ),
        ("deep values", call(&"<array><data><value>".repeat(deep))),
        ("deep unknown elements", call(&"<a>".repeat(deep))),
        ("attributes", format!("<methodCall{attributes}></methodCall>")),
        ("one long attribute", format!("<methodCall a=\"{}\">", "x".repeat(9_000_000))),
        ("an element without end", format!("<methodCall {}", "x".repeat(9_000_000))),
        ("a comment without end", format!("<!--{}", "-".repeat(9_000_000))),
        ("character data without end", format!("<![CDATA[{}", "]".repeat(9_000_000))),
        ("forbidden character references", call(&"&#0;".repeat(1_000_000))),
        ("undefined references", call(&"&lol;".repeat(1_000_000))),
    ]
}

/// Each of them, and calls that are right.
fn xml(setup: Setup) -> Figures {
    let server = setup.serve("");
    let post = |content_type: &str, body: &[u8]| {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), body].concat()
    };
    let (mut wrong, mut slowest, mut grown) = (Vec::new(), Duration::ZERO, 0);
    for round in 0..setup.pick(2, 5) {
        for (name, bomb) in bombs() {
            let mut peer = HttpPeer::connect(server.address());
            let request = post("text/xml", bomb.as_bytes());
            let (most, last) = request.split_at(request.len() - 1);
            let before = memory(server.process());
            peer.write(most);
            let begun = Instant::now();
            // From the last byte on: what came before took as long as it took to arrive.
            let _ = peer.try_write(last);
            let response = peer.receive();
            let took = begun.elapsed();
            slowest = slowest.max(took);
            let body = response.map(|response| response.body).unwrap_or_default();
            if !body.contains("<fault>") || body.contains("root:") || took > Duration::from_secs(5)
            {
                wrong.push(format!("{name} after {took:?}: {body:.200}"));
            }
            if round > 0 {
                grown = grown.max(memory(server.process()).saturating_sub(before));
            }
        }
        let texts: [(&str, &[u8]); 3] = [
            ("text/xml; charset=iso-8859-1", b"gr\xfc\xdfe"),
            ("text/xml; charset=us-ascii", b"gr&#xfc;&#xdf;e"),
            ("text/xml; charset=utf-8", "grüße".as_bytes()),
        ];
        for (content_type, text) in texts {
            let around = call("|");
            let (before, behind) = around.split_once('|').unwrap();
            let body = [before.as_bytes(), text, behind.as_bytes()].concat();
            let mut peer = HttpPeer::connect(server.address());
            peer.write(&post(content_type, &body));
            let response = peer.receive().map(|response| response.body).unwrap_or_default();
            if !response.contains("grüße") {
                wrong.push(format!("{content_type}: {response}"));
            }
        }
    }
    if HttpPeer::connect(server.address()).ask(ADD).body != SUM {
        wrong.push("afterwards nobody is served".to_owned());
    }
    Figures::new()
        .none_of("wrong answers", &wrong)
        .at_most("refused after", ms(slowest), "ms", setup.pick(500.0, 50.0))
        .at_most("memory grows by", mb(grown), "MB", 64.0)
}
