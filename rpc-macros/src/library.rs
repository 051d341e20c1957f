//! Finds the name under which a crate depends on `rpc-core`, which its `Cargo.toml` may change.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use proc_macro2::{Ident, Span};
use syn::parse_quote;

/// Returns the path of the library in the crate that is being compiled.
pub(crate) fn path() -> syn::Path {
    path_of(&name())
}

/// Returns the path of the library where `Cargo.toml` names it; it need not where another crate passes its
/// macros on.
pub(crate) fn known_path() -> Option<syn::Path> {
    match name() {
        Name::Unknown => None,
        name => Some(path_of(&name)),
    }
}

fn path_of(name: &Name) -> syn::Path {
    let name = match name {
        Name::Another(name) => syn::parse_str::<Ident>(name).ok(),
        Name::Usual | Name::Unknown => None,
    };
    let name = name.unwrap_or_else(|| Ident::new("rpc_core", Span::call_site()));
    parse_quote!(::#name)
}

/// What a package calls the library.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Usual,
    Another(String),
    /// It does not depend on it, as far as its manifest shows.
    Unknown,
}

fn name() -> Name {
    env::var_os("CARGO_MANIFEST_DIR").map_or(Name::Usual, |folder| name_in(folder.into()))
}

/// Returns what [`look_up`] does, and looks once. An editor has one process for many packages.
fn name_in(folder: PathBuf) -> Name {
    static LAST: Mutex<Option<(PathBuf, Name)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    match &*last {
        Some((known, name)) if *known == folder => name.clone(),
        _ => {
            let name = look_up(&folder);
            *last = Some((folder, name.clone()));
            name
        }
    }
}

/// Looks up what the package in this folder calls the library; the library itself has its usual name.
fn look_up(folder: &Path) -> Name {
    let Ok(own) = fs::read_to_string(folder.join("Cargo.toml")) else { return Name::Usual };
    let is_usual = |name: &str| name == "rpc-core" || name == "rpc_core";
    if dependencies(&own).any(|(name, _)| is_usual(name)) || is_package(&own) {
        return Name::Usual;
    }
    renamed(folder, &own).map_or(Name::Unknown, Name::Another)
}

/// Whether a manifest is the library's own.
fn is_package(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(|line| line.replace(' ', ""));
    lines.any(|line| line == "name=\"rpc-core\"")
}

/// Returns the name that the package in this folder has for the library, if it is another. A
/// dependency that is inherited has the name that it has in the workspace.
fn renamed(folder: &Path, own: &str) -> Option<String> {
    let own: Vec<_> = dependencies(own).collect();
    let ours = |(name, setting): &(&str, &str)| is_ours(setting).then(|| name.replace('-', "_"));
    own.iter().find_map(ours).or_else(|| {
        let above = folder.ancestors().skip(1);
        let mut above = above.filter_map(|path| fs::read_to_string(path.join("Cargo.toml")).ok());
        let workspace = above.find(|manifest| manifest.contains("[workspace"))?;
        let is_inherited = |name: &str| own.iter().any(|(own, _)| *own == name);
        dependencies(&workspace).filter(|(name, _)| is_inherited(name)).find_map(|one| ours(&one))
    })
}

/// Lists the dependencies in a manifest, each with a line that is about it.
fn dependencies(manifest: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    manifest.lines().map(str::trim).filter_map(move |line| {
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default().trim();
        }
        let (before, after) = section.rsplit_once("dependencies")?;
        let is_table = before.is_empty() || before.ends_with(['.', '-']);
        match after.strip_prefix('.') {
            Some(name) if is_table => Some((unquoted(name), line)),
            None if is_table && after.is_empty() && !line.starts_with(['[', '#']) => {
                let end = line.find(['=', '.', ' '])?;
                Some((unquoted(&line[..end]), &line[end..]))
            }
            _ => None,
        }
    })
}

/// Whether a line says that a dependency is the package `rpc-core`.
fn is_ours(setting: &str) -> bool {
    let values = setting.split("package").skip(1);
    values.filter_map(|rest| rest.trim_start().strip_prefix('=')).any(|value| {
        value.trim_start().strip_prefix(['"', '\'']).is_some_and(|name| {
            name.strip_prefix("rpc-core").is_some_and(|rest| rest.starts_with(['"', '\'']))
        })
    })
}

fn unquoted(name: &str) -> &str {
    name.trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Name, dependencies, is_ours, look_up};

    #[test]
    fn a_dependency_by_another_name_is_found() {
        for (manifest, name) in [
            ("[dependencies]\nrpc = { package = \"rpc-core\" }", Some("rpc")),
            ("[dependencies]\nrpc.package = 'rpc-core'", Some("rpc")),
            (
                "[dependencies.remote-calls]\nversion = \"1\"\npackage=\"rpc-core\"",
                Some("remote-calls"),
            ),
            (
                "[target.'cfg(unix)'.dev-dependencies]\nrpc={package=\"rpc-core\",version=\"1\"}",
                Some("rpc"),
            ),
            ("[dependencies]\nrpc-core = \"1\"", None),
            ("[dependencies]\nrpc = { package = \"rpc-core-extra\" }", None),
            ("[package]\nname = \"rpc-core\"", None),
            ("[dependencies]\n# rpc = { package = \"rpc-core\" }", None),
        ] {
            let found = dependencies(manifest).find(|(_, setting)| is_ours(setting));
            assert_eq!(found.map(|(name, _)| name), name, "{manifest}");
        }
    }

    #[test]
    fn an_inherited_dependency_has_the_name_of_the_workspace() {
        let root = std::env::temp_dir().join(format!("rpc-macros-{}", std::process::id()));
        let member = root.join("members/one");
        fs::create_dir_all(&member).unwrap();
        let write = |folder: &Path, text: &str| fs::write(folder.join("Cargo.toml"), text).unwrap();
        write(&root, "[workspace.dependencies]\nrpc-calls = { package = \"rpc-core\" }");
        write(&member, "[dependencies]\nrpc-calls.workspace = true");
        assert_eq!(look_up(&member), Name::Another("rpc_calls".to_owned()));
        write(&member, "[dependencies]\nserde.workspace = true");
        assert_eq!(look_up(&member), Name::Unknown);
        write(&member, "[dependencies]\nrpc-core = \"1\"\nrpc-calls.workspace = true");
        assert_eq!(look_up(&member), Name::Usual);
        write(&member, "[package]\nname = \"rpc-core\"");
        assert_eq!(look_up(&member), Name::Usual);
        fs::remove_dir_all(root).unwrap();
    }
}
