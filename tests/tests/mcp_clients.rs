//! Clients of the Model Context Protocol that others wrote call our tools, and its conformance suite finds nothing.

#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::thread;

use tests::{Language, Report, Served, all_good, mcp};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mcp_program");

/// Runs programs one after another, each with what it is to talk to and one more argument.
fn all_pass(target: &str, programs: Vec<(&str, Option<Command>, &str)>) {
    let mut reports = Vec::new();
    for (name, program, option) in programs {
        let Some(mut program) = program else { continue };
        program.arg(target).arg(option);
        reports.push((format!("{name} {option} of {target}"), Report::of(&mut program)));
    }
    all_good(reports.iter().map(|(name, report)| (name.as_str(), report)));
}

fn python() -> Option<Command> {
    Language::Python.program("python/mcp_client.py")
}

fn sdks() -> Vec<(&'static str, Option<Command>, &'static str)> {
    vec![
        ("Python", python(), "auto"),
        ("Python", python(), "legacy"),
        ("TypeScript sdk", mcp("sdk.mjs"), ""),
        ("TypeScript client", mcp("client.mjs"), ""),
        ("TypeScript client", mcp("client.mjs"), "auto"),
        ("inspector", mcp("inspector.mjs"), ""),
    ]
}

#[test]
fn clients_call_tools_over_http_and_over_pipes() {
    thread::scope(|scope| {
        scope.spawn(|| all_pass(PROGRAM, sdks()));
        let server = Served::start(PROGRAM, "--listen 127.0.0.1:0");
        all_pass(&format!("http://{}/mcp", server.address()), sdks());
    });
}

#[test]
fn the_conformance_suite_finds_nothing() {
    let server = Served::start(PROGRAM, "--listen 127.0.0.1:0");
    let target = format!("http://{}/mcp", server.address());
    all_pass(&target, vec![("conformance", mcp("conformance.mjs"), "")]);
}
