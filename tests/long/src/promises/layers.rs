//! Layers: what they see of the calls.

use std::collections::BTreeMap;
use std::fs::{self, File};

use serde_json::{Value, json};
use tests::{Folder, until};

use crate::model::Model;
use crate::promise::{Figures, Promise};
use crate::setup::Setup;
use crate::wire::{Way, json_rpc, native};

pub(super) const PROMISES: &[Promise] = &[Promise::of_servers(
    "layers",
    Model::ALL,
    layers,
    "a layer sees every call once, and how it ended: also of batches, of calls that fail, and of those that run later",
)
.side_by_side()];

/// Calls of all kinds, past a layer that writes down how each has ended.
fn layers(setup: Setup) -> Figures {
    let folder = Folder::new();
    let log = folder.file("calls");
    File::create(&log).unwrap();
    let server = setup.serve(&format!("--call-log {}", log.display()));
    let calls: [(&str, Value, &str); 6] = [
        ("add", json!([1, 2]), "add -> 13"),
        ("block_ms", json!([1]), "block_ms -> 1"),
        ("nap_ms", json!([1]), "nap_ms -> 1"),
        ("fail", json!(["x"]), "fail -> `fail` panicked"),
        ("add", json!(["x", 2]), "add -> argument `a`"),
        ("no_such_function", json!([]), "no_such_function -> no function"),
    ];
    let multicall: Vec<_> =
        calls.iter().map(|(name, args, _)| json!({"methodName": name, "params": args})).collect();
    let batch: Vec<_> = calls.iter().map(|(name, args, _)| json_rpc(1, name, args)).collect();
    let batch = format!("[{}]", batch.join(","));
    let mut rounds = 0;
    for _ in 0..setup.pick(2, 200) {
        for way in Way::ALL {
            let mut talk = way.connect(&server);
            for (name, args, _) in &calls {
                talk.ask(&native(1, name, args));
                talk.ask(&json_rpc(1, name, args));
            }
            talk.ask(&batch);
            talk.ask(&native(1, "system.multicall", &json!([multicall])));
            rounds += 1;
        }
    }
    // Each was made four times in a round.
    let expected = rounds * 4;
    let lines = || fs::read_to_string(&log).unwrap();
    let all = expected * calls.len();
    until("every call has ended", || lines().lines().count() >= all);
    drop(server);
    let mut seen = BTreeMap::<_, usize>::new();
    for line in lines().lines() {
        let known = calls.iter().find(|(_, _, begin)| line.starts_with(begin));
        *seen
            .entry(known.map_or(line.to_owned(), |(_, _, begin)| (*begin).to_owned()))
            .or_default() += 1;
    }
    let wrong: Vec<_> = seen
        .iter()
        .filter(|(_, count)| **count != expected)
        .map(|(line, count)| format!("{count} instead of {expected}: {line}"))
        .collect();
    Figures::new()
        .told("calls", all as f64, "")
        .none("not seen once", seen.values().map(|count| count.abs_diff(expected)).sum())
        .none_of("seen otherwise than they ended", &wrong)
}
