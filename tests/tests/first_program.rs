//! The README's first program runs as it is pasted into an empty crate, and features cost what the README says.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Folder, Running, cargo, until};

/// Where the README has this repository, and where its server listens.
const REPOSITORY: &str = "../rpc/";
const ADDRESS: &str = "127.0.0.1:5000";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn readme() -> String {
    fs::read_to_string(workspace().join("README.md")).unwrap()
}

/// The block of the README that begins with this line.
fn block(language: &str, first_line: &str) -> String {
    let readme = readme();
    let begin = format!("```{language}\n{first_line}");
    let at = readme.find(&begin).expect("the block is there") + language.len() + 4;
    readme[at..].split("```").next().unwrap().to_owned()
}

/// A crate as `cargo new` makes it, with the two blocks pasted into it.
fn pasted(folder: &Folder, address: &str) {
    let dependencies = block("toml", "# Cargo.toml");
    assert!(dependencies.contains(REPOSITORY), "{dependencies}");
    let repository = format!("{}/", workspace().display()).replace('\\', "/");
    let dependencies = dependencies.replace(REPOSITORY, &repository);
    let package = "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n";
    fs::write(folder.file("Cargo.toml"), format!("{package}{dependencies}")).unwrap();
    // The crates that are here already.
    fs::copy(workspace().join("Cargo.lock"), folder.file("Cargo.lock")).unwrap();
    let program = block("rust", "// src/main.rs");
    assert_eq!(program.matches(ADDRESS).count(), 2, "{program}");
    fs::create_dir(folder.file("src")).unwrap();
    fs::write(folder.file("src/main.rs"), program.replace(ADDRESS, address)).unwrap();
}

/// Builds it beside what has been built for the tests, so that little is built twice.
fn built(folder: &Folder) -> PathBuf {
    let program = env::current_exe().unwrap();
    let target = program.ancestors().nth(3).unwrap();
    let mut build = cargo();
    build.args(["build", "--quiet", "--offline"]).arg("--target-dir").arg(target);
    assert!(build.current_dir(folder.path()).status().unwrap().success());
    target.join("debug").join(format!("sum{}", env::consts::EXE_SUFFIX))
}

#[test]
fn the_first_program_runs_as_it_is_pasted() {
    let folder = Folder::new();
    let socket = folder.file("socket");
    pasted(&folder, &format!("unix:{}", socket.display()));
    let program = built(&folder);
    let server = Running::start(Command::new(&program).arg("serve"));
    until("the server listens", || socket.exists());
    let said = block("sh", "cargo run -- serve");
    let said = said.lines().last().unwrap().rsplit_once(": ").unwrap().1.to_owned();
    assert_eq!(Running::lines(&mut Command::new(&program)), [said]);
    drop(server);
}

/// What depends on which system it is built for is counted on Linux.
#[cfg(target_os = "linux")]
#[test]
fn a_feature_costs_as_many_crates_as_the_table_says() {
    let readme = readme();
    let rows = readme.lines().skip_while(|line| !line.starts_with("| feature | gives")).skip(2);
    let mut features = BTreeSet::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let feature = cells[1].split('`').nth(1).unwrap_or_default();
        let mut tree = cargo();
        tree.args(["tree", "--package", "rpc-core", "--edges", "normal", "--prefix", "none"]);
        tree.args(["--offline", "--no-default-features", "--features", feature]);
        let tree = tree.current_dir(workspace()).output().unwrap();
        assert!(tree.status.success(), "{feature}: {}", String::from_utf8_lossy(&tree.stderr));
        let tree = String::from_utf8(tree.stdout).unwrap();
        let crates: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(crates.len().to_string(), cells[3], "{row}");
        features.insert(feature.to_owned());
    }
    let manifest = fs::read_to_string(workspace().join("rpc-core/Cargo.toml")).unwrap();
    let declared = manifest.split("[features]").nth(1).unwrap().split("\n[").next().unwrap();
    let declared = declared.lines().filter_map(|line| line.split_once(" = "));
    let declared = declared.map(|(name, _)| name).filter(|name| *name != "default");
    assert_eq!(features, declared.chain([""]).map(str::to_owned).collect());
}
