//! Within a folder files lean on each other without loops, and folders on those above them in the architecture's table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::arrows::{Arrow, Crate, find_loop};
use super::{sources, workspace};

fn read(name: &str) -> Crate {
    let folder = format!("{}/src", name.replace('_', "-"));
    let files = sources(&[&folder]).into_iter().map(|source| {
        let path = source.path[folder.len() + 1..].to_owned();
        (path, source.text)
    });
    let files = files.collect();
    let read = Crate::read(name, &files);
    let known: BTreeSet<&str> = read.files().collect();
    let is_test = |file: &str| file.ends_with("/tests.rs");
    let overlooked = files.keys().find(|file| !known.contains(file.as_str()) && !is_test(file));
    assert_eq!(overlooked, None, "{name} has a file that no `mod` was found for");
    read
}

/// The folders, and files beside them, that each of rpc-core leans on.
fn folders() -> BTreeMap<String, BTreeSet<String>> {
    // What stands in a folder is told by its root file.
    let folder = |file: &str| file.replace("mod.rs", "");
    let mut folders = BTreeMap::<_, BTreeSet<_>>::new();
    for Arrow { from, to } in &read("rpc_core").arrows()["lib.rs"] {
        folders.entry(folder(from)).or_default().insert(folder(to));
    }
    folders
}

/// The folders as the architecture's table has them, from the top.
fn table() -> Vec<String> {
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md")).unwrap();
    let (_, section) = text.split_once("\n## Folders\n").expect("a section `Folders`");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    rows.flat_map(|row| row.split('`').step_by(2).map(str::to_owned)).collect()
}

#[test]
fn folders_lean_only_on_those_above_them() {
    let table = table();
    assert!(table.len() > 10, "{table:?}");
    let place = |folder: &str| {
        let place = table.iter().position(|row| row == folder);
        place
            .unwrap_or_else(|| panic!("`{folder}` is no row of ARCHITECTURE.md's table of folders"))
    };
    for (folder, others) in folders() {
        for other in others {
            let message = "is not above it in ARCHITECTURE.md's table of folders";
            assert!(place(&other) < place(&folder), "{folder} leans on {other}, which {message}");
        }
    }
}

#[test]
fn the_protocol_knows_nothing_of_the_rest() {
    assert_eq!(folders().get("protocol/"), None);
}

#[test]
fn the_dialects_know_only_the_protocol() {
    assert_eq!(folders()["dialect/"], BTreeSet::from(["protocol/".to_owned()]));
}

#[test]
fn the_files_of_a_folder_lean_on_each_other_without_loops() {
    for name in ["rpc_core", "rpc_macros"] {
        for (folder, arrows) in read(name).arrows() {
            if let Some(way) = find_loop(&arrows) {
                panic!("{name}, beside {folder}: {}", way.join(" → "));
            }
        }
    }
}

/// The arrows of a crate that is made up, as `from → to`, a folder's behind its root file.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let own = |&(path, text): &(&str, &str)| (path.to_owned(), text.to_owned());
    let folders = Crate::read("made_up", &files.iter().map(own).collect()).arrows();
    let all = folders.iter().flat_map(|(folder, arrows)| {
        arrows.iter().map(move |Arrow { from, to }| format!("{folder}: {from} → {to}"))
    });
    all.collect()
}

#[test]
fn arrows_are_found_in_whatever_form_files_name_each_other() {
    let files = [
        (
            "lib.rs",
            "//! A crate.\nmod a;\nmod b;\nmod c;\npub use a::{Thing, deep::Deep as Other};",
        ),
        // What it passes on is no arrow, what its own code uses is, and so is what it defines for others.
        (
            "a/mod.rs",
            "mod deep;\nmod idle;\nmod user;\npub use deep::Deep;\npub(crate) use idle::Idle;\n\
             pub struct Thing(Deep);",
        ),
        ("a/deep.rs", "/// As [`crate::c::C`].\npub struct Deep; // use crate::c;\n"),
        ("a/idle.rs", "pub(crate) struct Idle;\nconst TEXT: &str = \"crate::c::C { \";"),
        ("a/user.rs", "use super::{Idle, Thing};\nfn f<'a>(_: &'a str) -> char { '\"' }"),
        ("b.rs", "use crate::{Thing, a::Deep};\nfn f() { let _: made_up::c::C; }\n"),
        (
            "c.rs",
            "use std::fmt;\npub struct C;\nimpl C { fn b(&self) { self.b.b(); quote!(super::b::B) } }\n\
             #[cfg(test)]\nmod tests { use crate::b; }\npub(crate) fn last() { super::a::Idle; }",
        ),
    ];
    let expected = [
        "a/mod.rs: a/mod.rs → a/deep.rs",
        "a/mod.rs: a/user.rs → a/idle.rs",
        "a/mod.rs: a/user.rs → a/mod.rs",
        "lib.rs: b.rs → a/mod.rs",
        "lib.rs: b.rs → c.rs",
        "lib.rs: c.rs → a/mod.rs",
    ];
    assert_eq!(arrows(&files), expected);
}

#[test]
fn arrows_are_found_through_modules_in_files_and_files_by_other_paths() {
    let files = [
        (
            "lib.rs",
            "mod a; #[path = \"other.rs\"] mod b; #[cfg_attr(not(x), path = \"without_c.rs\")] mod c; mod d;",
        ),
        ("a.rs", "mod inner { use super::super::b::*; fn f() { g(); h::i(); } }"),
        ("other.rs", "pub(crate) fn g() {}\npub(crate) mod h { pub fn i() {} }"),
        ("c.rs", "pub struct C;"),
        ("without_c.rs", "use crate::b::h::i;\npub struct C;"),
        ("d/mod.rs", "use e::E;\nmod e;\nmod f;"),
        ("d/e.rs", "pub struct E;\nuse super::f::{self, F};"),
        ("d/f.rs", "pub struct F;\nmod g;\nuse crate::c::C;"),
        ("d/f/g.rs", "use super::super::E;\nuse super::F;"),
    ];
    let expected = [
        "d/f.rs: d/f/g.rs → d/f.rs",
        "d/mod.rs: d/e.rs → d/f.rs",
        "d/mod.rs: d/f.rs → d/e.rs",
        "d/mod.rs: d/mod.rs → d/e.rs",
        "lib.rs: a.rs → other.rs",
        "lib.rs: c.rs → other.rs",
        "lib.rs: d/mod.rs → c.rs",
    ];
    assert_eq!(arrows(&files), expected);
}

#[test]
fn a_loop_is_found_and_shown() {
    let arrow = |(from, to): (&str, &str)| Arrow { from: from.to_owned(), to: to.to_owned() };
    let ways = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")];
    assert_eq!(find_loop(&ways.map(arrow).into()), None);
    let ways = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")];
    assert_eq!(find_loop(&ways.map(arrow).into()), Some(vec!["b", "c", "d", "b"]));
}
