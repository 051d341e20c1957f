//! The page of the documentation that the tests write themselves.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

use crate::{Language, Report};

const PAGE: &str = "docs/interoperability.md";

/// The variable of the environment that has a test rewrite its section instead of comparing it.
pub const UPDATE: &str = "UPDATE_DOCS";

static WRITING: Mutex<()> = Mutex::new(());

/// Asserts that a section of the page says what a test has found, or makes it say so.
///
/// # Panics
///
/// Where the page says something else.
pub fn section(name: &str, found: &str) {
    let _alone = WRITING.lock();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->\n"));
    let (before, rest) = page.split_once(&begin).expect("a section of this name");
    let (said, after) = rest.split_once(&end).expect("the section's end");
    if env::var_os(UPDATE).is_some() {
        fs::write(path, format!("{before}{begin}{found}{end}{after}")).unwrap();
    } else {
        assert_eq!(said, found, "{PAGE} says otherwise; with {UPDATE}=1 this test rewrites it");
    }
}

/// A table of reports, each with its language and the protocol it spoke: a column for each check.
pub fn report_table<'a>(
    kind: &str,
    checks: &[&str],
    reports: impl IntoIterator<Item = (Language, &'a str, &'a Report)>,
) -> String {
    let lines = reports.into_iter().map(|(language, protocol, report)| {
        let marks: Vec<_> = checks.iter().map(|check| report.mark(check)).collect();
        let named = format!("{} {}", report.library, report.version);
        format!("| {} | {language} | {protocol} | {} |\n", named.trim_end(), marks.join(" | "))
    });
    let lines: String = lines.collect();
    let heading = format!("| {kind} | | protocol | {} |\n", checks.join(" | "));
    let rule = format!("|---|---|---|{}\n", ":-:|".repeat(checks.len()));
    heading + &rule + &lines
}
