//! The guides in `docs/` lead where they say, are pages of the crate, and stand in its package with the licences.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Reports of measurements, with pictures: they stay in the repository.
const REPORTS: [&str; 2] = ["performance.md", "scale.md"];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The text of a file without what stands between its fences.
fn prose(path: &Path) -> String {
    fs::read_to_string(path).unwrap().split("```").step_by(2).collect()
}

/// The pages by name.
fn pages() -> BTreeMap<String, String> {
    let files = fs::read_dir(workspace().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = files.filter(|path| path.extension().is_some_and(|found| found == "md"));
    pages
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), prose(&path)))
        .collect()
}

/// `[label]: target` at the end of a text.
fn definitions(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter(|line| line.starts_with('['));
    lines.filter_map(|line| line[1..].split_once("]: ")).collect()
}

/// The targets of `[text](target)` and `![text](target)`.
fn inline_links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap())
}

/// Where a paragraph's text is no code: what stands between backticks is left out, whether one or more of them.
fn without_code(paragraph: &str) -> String {
    let mut text = String::new();
    let mut rest = paragraph;
    while let Some(start) = rest.find('`') {
        text.push_str(&rest[..start]);
        let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let (fence, behind) = rest[start..].split_at(ticks);
        let end = behind.match_indices(fence).find(|(at, _)| {
            let is_longer = behind[at + ticks..].starts_with('`') || behind[..*at].ends_with('`');
            !is_longer
        });
        // Something stands in its place, so that what is around it stays apart.
        text.push('_');
        rest = end.map_or(behind, |(at, _)| &behind[at + ticks..]);
    }
    text + rest
}

/// The labels of `[label]` and `[text][label]`.
fn labels(text: &str) -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for paragraph in text.split("\n\n") {
        let lines = paragraph.lines().filter(|line| definitions(line).is_empty());
        let lines = lines.collect::<Vec<_>>();
        let text = without_code(&lines.join(" "));
        // The innermost brackets: what is around them is an image, or text.
        for (end, _) in text.match_indices(']') {
            let behind = &text[end + 1..];
            let Some(start) =
                text[..end].rfind(['[', ']']).filter(|at| text[*at..].starts_with('['))
            else {
                continue;
            };
            if !behind.starts_with(['(', '[']) {
                labels.insert(text[start + 1..end].to_owned());
            }
        }
    }
    labels
}

/// What a heading is reached by.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let words = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    words
        .map(|heading| {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}

/// Whether a link in the file at `from` leads somewhere.
fn leads_somewhere(from: &Path, target: &str) -> bool {
    if target.starts_with("http://") || target.starts_with("https://") {
        return true;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { from.to_owned() } else { from.parent().unwrap().join(file) };
    path.exists() && (anchor.is_empty() || anchors(&prose(&path)).contains(anchor))
}

#[test]
fn every_link_leads_somewhere() {
    let documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "benches/README.md"];
    let documents = documents.map(str::to_owned).into_iter();
    let mut count = 0;
    for document in documents.chain(pages().into_keys().map(|name| format!("docs/{name}"))) {
        let path = workspace().join(&document);
        let text = prose(&path);
        for target in inline_links(&text).chain(definitions(&text).into_values()) {
            assert!(leads_somewhere(&path, target), "{document}: {target}");
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn every_label_is_defined() {
    let documents = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "benches/README.md"];
    let documents = documents.map(str::to_owned).into_iter();
    let mut undefined = Vec::new();
    let mut count = 0;
    for document in documents.chain(pages().into_keys().map(|name| format!("docs/{name}"))) {
        let text = prose(&workspace().join(&document));
        let defined = definitions(&text);
        let labels = labels(&text);
        count += labels.len();
        let unknown = labels.iter().filter(|label| !defined.contains_key(label.as_str()));
        undefined.extend(unknown.map(|label| format!("{document}: [{label}]")));
        let unused = defined.keys().filter(|label| !labels.contains(**label));
        undefined.extend(unused.map(|label| format!("{document}: [{label}] leads from nowhere")));
    }
    assert!(count > 50, "{count}");
    assert!(undefined.is_empty(), "{undefined:#?}");
}

#[test]
fn labels_are_found_where_they_stand() {
    let text = "[a.md] and [text][b.md#c], `[code]`, ``[more ` code]`` ([d.md]),\n[e](f.md) ![g](h) [of\ntwo\nlines][i]\n\n[j]: k\n";
    assert_eq!(labels(text), ["a.md", "b.md#c", "d.md", "i"].map(str::to_owned).into());
}

/// In the crate's documentation a page is another address: there `links.md` says where its labels lead.
#[test]
fn pages_name_each_other_by_labels_that_the_crate_knows_too() {
    let links = fs::read_to_string(workspace().join("rpc-core/src/guide/links.md")).unwrap();
    let known = definitions(&links);
    for (page, text) in pages().into_iter().filter(|(page, _)| !REPORTS.contains(&page.as_str())) {
        for target in inline_links(&text) {
            let is_here = target.starts_with('#') || target.starts_with("https://");
            assert!(
                is_here,
                "docs/{page}: write [text][{target}], and `[{target}]: {target}` below"
            );
        }
        for label in definitions(&text).into_keys() {
            assert!(known.contains_key(label), "rpc-core/src/guide/links.md lacks [{label}]");
        }
    }
}

#[test]
fn every_guide_is_a_page_of_the_crate() {
    let modules = fs::read_to_string(workspace().join("rpc-core/src/guide/mod.rs")).unwrap();
    for page in pages().into_keys().filter(|page| !REPORTS.contains(&page.as_str())) {
        assert!(modules.contains(&format!("\"{page}\"")), "rpc-core/src/guide/mod.rs lacks {page}");
    }
}

#[test]
fn packages_have_what_their_readers_need() {
    for (package, files) in [
        ("rpc-core", &["README.md", "LICENSE-APACHE", "LICENSE-MIT", "docs/wire.md"][..]),
        ("rpc-macros", &["README.md", "LICENSE-APACHE", "LICENSE-MIT"][..]),
    ] {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut list = Command::new(cargo);
        list.args(["package", "--list", "--allow-dirty", "--offline", "--package", package]);
        let list = list.current_dir(workspace()).output().unwrap();
        assert!(list.status.success(), "{}", String::from_utf8_lossy(&list.stderr));
        let list = String::from_utf8(list.stdout).unwrap();
        for file in files {
            assert!(list.lines().any(|line| line == *file), "{package} lacks {file}: {list}");
        }
    }
}
