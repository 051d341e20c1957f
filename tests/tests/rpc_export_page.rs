//! The page about `#[rpc_export]` has every option, where the macro takes it and nowhere else.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What options may stand on, as the macro calls it, in the order of the page's columns.
const TARGETS: [&str; 7] =
    ["Function", "Method", "Member", "Block", "Trait", "Module", "Submodule"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)).unwrap()
}

/// The texts in quotes.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned)
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let rest = &text[text.find(start).expect(start) + start.len()..];
    &rest[..rest.find(end).expect(end)]
}

/// The options that the macro takes, by what they stand on.
fn taken() -> BTreeMap<&'static str, BTreeSet<String>> {
    let source = read("rpc-macros/src/options.rs");
    let of_functions: Vec<_> =
        quoted(between(&source, "macro_rules! functions {", "\n}")).collect();
    let arms = between(&source, "fn options(self)", "impl Options");
    let of = |target| {
        let arm = between(arms, &format!("Self::{target} => "), "\n");
        let mut options: BTreeSet<_> = quoted(arm).collect();
        if arm.starts_with("functions!") {
            options.extend(of_functions.iter().cloned());
        }
        (target, options)
    };
    TARGETS.into_iter().map(of).collect()
}

/// The options that the page has, in the same way.
fn told() -> BTreeMap<&'static str, BTreeSet<String>> {
    let page = read("docs/rpc-export.md");
    let table = between(&page, "## Where each option may stand", "\n## ");
    let rows = table.lines().filter(|line| line.starts_with("| [`"));
    let mut told: BTreeMap<_, _> =
        TARGETS.iter().map(|target| (*target, BTreeSet::new())).collect();
    for row in rows {
        let mut cells = row.trim_matches('|').split('|').map(str::trim);
        let option = between(cells.next().unwrap(), "`", "`").to_owned();
        assert!(page.contains(&format!("\n## {option}")) || page.contains(&format!(", {option}")));
        for (target, cell) in TARGETS.iter().zip(cells) {
            if cell == "yes" {
                told.get_mut(target).unwrap().insert(option.clone());
            }
        }
    }
    told
}

#[test]
fn every_option_is_on_the_page_where_it_may_stand() {
    let taken = taken();
    assert!(taken["Function"].contains("idempotent") && taken["Block"].contains("more"));
    assert_eq!(told(), taken);
}

#[test]
fn every_attribute_of_a_parameter_is_on_the_page() {
    let source = read("rpc-macros/src/parameter.rs");
    let own = between(&source, "pub(crate) fn is_own", "iter()");
    let page = read("docs/rpc-export.md");
    let names: Vec<_> = quoted(own).collect();
    assert!(names.len() >= 3);
    for name in names {
        assert!(page.contains(&format!("| [`#[{name}")), "docs/rpc-export.md lacks #[{name}]");
        assert!(page.contains(&format!("\n## {name}\n")), "docs/rpc-export.md lacks #[{name}]");
    }
}
