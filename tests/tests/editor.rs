//! An editor shows calls inside `call!` as it shows them outside, and renames them with the function.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::path::Path;

use tests::Editor;

/// What calls the function `add` from another file.
const ELSEWHERE: &str = r"
use crate::add;
use rpc_core::{Error, RpcClient, call};

pub fn sums(client: &RpcClient) -> Result<[i64; 2], Error> {
    Ok([call!(client.add(1, b = 2))?, add(1, 2, 3)])
}
";

const MAIN: &str = r#"
mod elsewhere;

use math::mean;
use rpc_core::{RpcClient, Stub, call, rpc_export};

/// Adds three numbers.
///
/// The third is 10 unless it is given.
#[rpc_export]
pub fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
    a + b + c
}

/// Says no.
#[rpc_export]
pub fn refuse(r#type: &str) -> Result<(), String> {
    Err(format!("no {}", r#type))
}

/// Counts down.
#[rpc_export]
pub fn countdown(from: u64) -> Result<impl Iterator<Item = u64>, String> {
    if from == 0 { Err(String::new()) } else { Ok((1..=from).rev()) }
}

pub struct Bank;

#[rpc_export]
impl Bank {
    /// Puts money on an account.
    pub fn deposit(&self, account: &str, amount: u64, #[default(1)] times: u64) -> u64 {
        account.len() as u64 + amount * times
    }
}

#[rpc_export]
pub mod math {
    /// The mean of numbers.
    pub fn mean(#[args] numbers: Vec<f64>) -> f64 {
        numbers.iter().sum::<f64>() / 2.0
    }
}

/// Takes options.
#[rpc_export]
pub fn search(text: &str, #[kwargs] options: std::collections::HashMap<String, i64>) -> u64 {
    text.len() as u64 + options.len() as u64
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = RpcClient::connect("127.0.0.1:1")?;
    let plain = client.add(1, 2).c(3).call()?;
    let typed = call!(client.add(1, c = 3, b = 2))?;
    let here = add(1, 2, 3);
    let bank = client.at("bank");
    let money = call!(bank.deposit("ada", 5, times = 2))?;
    let middle = call!(client.mean(1.0, 2.0))?;
    let refused = call!(client.refuse(type = "more"));
    let number = call!(client.countdown(from = 3))?.next().unwrap();
    println!("{number:?}");
    // more
    println!("{plain} {typed} {here} {money} {middle} {refused:?} {:?}", elsewhere::sums(&client));
    Ok(())
}
"#;

/// The crate with another line in `main`.
fn with(line: &str) -> String {
    MAIN.replace("// more", line)
}

#[test]
fn calls_inside_the_macro_are_known_to_an_editor() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    let files = [("elsewhere.rs", ELSEWHERE)];
    let Some(mut editor) = Editor::open(MAIN, &files, &target) else { return };
    editor.until_known("call!(client.a|dd(1");

    nothing_is_wrong_with_what_compiles(&mut editor);
    what_is_shown_is_the_same_as_outside(&editor);
    results_have_their_types(&editor);
    a_function_is_found_and_renamed_with_its_calls(&editor);
    a_parameter_is_found_and_renamed_with_its_keywords(&editor);
    methods_and_keywords_are_completed(&mut editor);
    nothing_generated_is_offered(&mut editor);
    what_is_incomplete_keeps_what_there_is(&mut editor);
}

fn nothing_is_wrong_with_what_compiles(editor: &mut Editor) {
    assert_eq!(editor.mistakes(), [""; 0]);
    for call in [
        "call!(client.add(1, 2))",
        "call!(client.add(1, 2, 3))",
        "call!(add::add(&client, 1, c = 3, b = 2))",
        "call!(client.add(a = 1, b = 2,))",
        "call!(client.mean())",
        "call!(client.search(\"text\", limit = 5, type = 3))",
        "call!(client.search(text = \"text\"))",
        "call!(client.mean(numbers = vec![1.0]))",
        "call!(client.add(Vec::<(i64, u8)>::new().len() as i64, [1, 2].map(|n| n + 1)[0]))",
    ] {
        editor.write(&with(&format!("let _ = {call}?;")));
        assert_eq!(editor.mistakes(), [""; 0], "{call}");
    }
    editor.write(MAIN);
}

fn what_is_shown_is_the_same_as_outside(editor: &Editor) {
    let outside = editor.hover("client.a|dd(1, 2).c").unwrap();
    for line in ["Adds three numbers.", "The third is 10 unless it is given."] {
        assert!(outside.contains(line), "{outside}");
    }
    assert_eq!(editor.hover("call!(client.a|dd(1").as_ref(), Some(&outside));

    let keyword = editor.hover("client.add(1, 2).|c(3)").unwrap();
    assert!(keyword.contains("Gives `c`, which is `10` when left out."), "{keyword}");
    assert_eq!(editor.hover("call!(client.add(1, |c = 3").as_ref(), Some(&keyword));

    for (outside, inside) in [
        ("client.add(|1, 2).c", "call!(client.add(|1, c"),
        ("client.add(1|, 2).c", "call!(client.add(1|, c"),
    ] {
        let outside = editor.signature(outside).unwrap();
        let (label, documentation, parameter) = &outside;
        assert!(label.contains("add<'c>(&'c self, a: i64, b: i64)"), "{label}");
        assert!(documentation.starts_with("Adds three numbers."), "{documentation}");
        assert_eq!(*parameter, 0);
        assert_eq!(editor.signature(inside), Some(outside), "{inside}");
    }
    let (label, _, parameter) = editor.signature(r#"call!(bank.deposit("ada", |5"#).unwrap();
    assert!(label.contains("account: &str, amount: u64"), "{label}");
    assert_eq!(parameter, 1);
}

fn results_have_their_types(editor: &Editor) {
    for (place, expected) in [
        ("let pl|ain =", "let plain: i64"),
        ("let ty|ped =", "let typed: i64"),
        ("let mon|ey =", "let money: u64"),
        ("let mid|dle =", "let middle: f64"),
        ("let num|ber =", "let number: Result<u64, CallError<String>>"),
        ("let ref|used =", "let refused: Result<(), CallError<String>>"),
    ] {
        let shown = editor.hover(place).unwrap();
        assert!(shown.contains(expected), "{shown}");
    }
}

/// The line of the open file that a place is in.
fn line(place: &str) -> (String, usize) {
    let before = MAIN.split(place).next().unwrap();
    ("main.rs".to_owned(), before.matches('\n').count() + 1)
}

fn a_function_is_found_and_renamed_with_its_calls(editor: &Editor) {
    let elsewhere = |line| ("elsewhere.rs".to_owned(), line);
    let found = editor.references("pub fn a|dd");
    let here = ["pub fn add", "let plain", "let typed", "let here"].map(line);
    let all: Vec<_> = [2, 6, 6].map(elsewhere).into_iter().chain(here).collect();
    assert_eq!(found, all);
    let changed = [("elsewhere.rs", ELSEWHERE), ("main.rs", MAIN)].map(|(name, text)| {
        let text = text.replace("add(", "plus(").replace("::add;", "::plus;");
        (name.to_owned(), text)
    });
    assert_eq!(editor.rename("pub fn a|dd", "plus"), changed);

    for method in ["pub fn depo|sit", "call!(bank.depo|sit"] {
        let found = editor.references(method);
        assert_eq!(found, [line("pub fn deposit"), line("call!(bank.deposit")], "{method}");
        let changed = MAIN.replace("deposit", "put");
        assert_eq!(editor.rename(method, "put"), [("main.rs".to_owned(), changed)], "{method}");
    }
    assert_eq!(
        editor.references("pub fn me|an"),
        [line("use math::mean"), line("pub fn mean"), line("call!(client.mean")]
    );
    let found = editor.references("call!(client.a|dd(1");
    for place in ["pub fn add", "let plain", "let typed"] {
        assert!(found.contains(&line(place)), "{place}: {found:?}");
    }
}

fn a_parameter_is_found_and_renamed_with_its_keywords(editor: &Editor) {
    let changed = MAIN.replace("times", "often");
    for place in ["amount: u64, #[default(1)] |times", "5, ti|mes = 2"] {
        let found = editor.references(place);
        assert!(found.contains(&line("call!(bank.deposit")), "{place}: {found:?}");
    }
    let renamed = editor.rename("#[default(1)] ti|mes", "often");
    assert_eq!(renamed, [("main.rs".to_owned(), changed)]);
}

fn methods_and_keywords_are_completed(editor: &mut Editor) {
    for place in ["call!(client.|)", "call!(client.ad|)", "call!(client.ad|(1, 2))"] {
        editor.write(&with(&format!("let _ = {}?;", place.replace('|', ""))));
        let offered = editor.completions(place);
        for method in ["add", "mean", "deposit", "at", "call"] {
            assert!(offered.iter().any(|name| name == method), "{place}: {method}: {offered:?}");
        }
    }
    for place in [
        "call!(client.add(|))",
        "call!(client.add(1, |))",
        "call!(client.add(1, |, c = 3))",
        "call!(client.add(1, b = 2, |))",
        "call!(client.add(1, c| = 2))",
    ] {
        editor.write(&with(&format!("let _ = {}?;", place.replace('|', ""))));
        let offered = editor.completions(place);
        for keyword in ["a", "b", "c"] {
            assert!(offered.iter().any(|name| name == keyword), "{place}: {offered:?}");
        }
    }
    for place in ["call!(client.add(mon|, 2))", "call!(client.add(1, b = |))"] {
        editor.write(&with(&format!("let _ = {}?;", place.replace('|', ""))));
        let offered = editor.completions(place);
        assert!(offered.iter().any(|name| name == "money"), "{place}: {offered:?}");
    }
}

fn nothing_generated_is_offered(editor: &mut Editor) {
    for place in [
        "client.|;",
        "client.add(1, 2).|;",
        "bank.deposit(\"ada\", 5).|;",
        "call!(client.|);",
        "call!(client.add(1, |));",
    ] {
        editor.write(&with(&place.replace('|', "")));
        let offered = editor.completions(place);
        assert!(!offered.is_empty(), "{place}");
        for name in offered {
            let begins = name.chars().next().unwrap();
            assert!(begins.is_alphabetic(), "{place}: {name} is offered");
        }
    }
}

fn what_is_incomplete_keeps_what_there_is(editor: &mut Editor) {
    for (written, mistake) in [
        ("call!(client.)", "`call!` takes a call such as `client.add(1, 2, c = 3)`"),
        ("call!(client.add(1, b = ))", "unexpected end of input, expected an expression"),
        ("call!(client.add(1, b = 2 +))", "unexpected end of input, expected an expression"),
        ("call!(client.add(b = 1, 2))", "positional argument follows keyword argument"),
    ] {
        editor.write(&with(&format!("let incomplete = {written};")));
        assert_eq!(editor.mistakes(), [mistake], "{written}");
        let client = editor.hover("call!(cli|ent.").unwrap();
        assert!(client.contains("let client: RpcClient"), "{written}: {client}");
        if written.contains("add") {
            let function = editor.hover(&written.replace("add", "ad|d")).unwrap();
            assert!(function.contains("Adds three numbers."), "{written}: {function}");
        }
    }
    editor.write(MAIN);
}
