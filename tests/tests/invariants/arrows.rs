//! Which files of a crate name which others, and in what loops.
//!
//! A file leans on another if it imports or names an item that the other defines, through however many re-exports. That a
//! folder's `mod.rs` (or a file with a folder of its name) declares its children and passes their names on is no arrow to them;
//! that its own code uses them is, and so is that a child uses what `mod.rs` itself defines.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Names;

/// Where a module stands in its crate: the names of those around it, and its own.
type Place = Vec<String>;

pub(crate) struct Crate {
    name: String,
    modules: BTreeMap<Place, Module>,
}

#[derive(Default)]
struct Module {
    /// The names in its files, of which there are several where `cfg` chooses one.
    names: Vec<Names>,
    /// Its files, by the first of which it is told; none if it stands in its parent's.
    files: Vec<String>,
}

/// One file that leans on another, or a folder at the side of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Crate {
    /// Reads a crate whose files are given by their paths below its `src`.
    pub(crate) fn read(name: &str, files: &BTreeMap<String, String>) -> Self {
        let mut it = Self { name: name.to_owned(), modules: BTreeMap::new() };
        it.read_file(files, "lib.rs", "", Vec::new());
        it
    }

    /// `children` is the folder in which the file's children are.
    fn read_file(
        &mut self,
        files: &BTreeMap<String, String>,
        file: &str,
        children: &str,
        place: Place,
    ) {
        let names = Names::read(&files[file]);
        for (name, path) in &names.files {
            let below = format!("{children}{name}/");
            let own =
                file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let candidates = match path {
                Some(path) => vec![format!("{own}{path}")],
                None => vec![format!("{children}{name}.rs"), format!("{below}mod.rs")],
            };
            let child = candidates.iter().find(|candidate| files.contains_key(*candidate));
            let child = child.unwrap_or_else(|| panic!("{file}: no {candidates:?}"));
            self.read_file(files, child, &below, inside(&place, name));
        }
        let module = self.modules.entry(place.clone()).or_default();
        module.files.push(file.to_owned());
        self.add(names, place);
    }

    fn add(&mut self, mut names: Names, place: Place) {
        for (name, inline) in names.inline.drain(..) {
            self.add(inline, inside(&place, &name));
        }
        self.modules.entry(place).or_default().names.push(names);
    }

    /// The place of the file that a module stands in.
    fn file_place(&self, mut place: Place) -> Place {
        while self.modules[&place].files.is_empty() {
            place.pop();
        }
        place
    }

    /// The module that defines what a path names at a place, if this crate does.
    fn resolve(&self, at: &[String], path: &[String], seen: &mut BTreeSet<Place>) -> Option<Place> {
        let Some((first, rest)) = path.split_first() else { return Some(at.to_vec()) };
        let child = inside(at, first);
        let module = match first.as_str() {
            "crate" | "$crate" => Some(&[][..]),
            name if name == self.name => Some(&[][..]),
            "self" => Some(at),
            "super" => Some(&at[..at.len().checked_sub(1)?]),
            _ => self.modules.contains_key(&child).then_some(&child[..]),
        };
        if let Some(module) = module {
            // A name that is not seen, as one that a macro made, is the module's own; but at the root of the crate
            // stand the macros that others export.
            let found = self.resolve(module, rest, seen);
            return found.or_else(|| (!module.is_empty()).then(|| module.to_vec()));
        }
        let names = &self.modules[at].names;
        if names.iter().any(|names| names.items.contains(first)) {
            return Some(at.to_vec());
        }
        // Another crate's name may lead to itself: `use quote::quote`.
        if !seen.insert(child) {
            return None;
        }
        let imports = || names.iter().flat_map(|names| &names.imports);
        let by_name = imports().filter(|import| import.name == *first).find_map(|import| {
            let path: Place = import.path.iter().chain(rest).cloned().collect();
            self.resolve(at, &path, seen)
        });
        by_name.or_else(|| {
            let all = imports().filter(|import| import.name == "*").find_map(|import| {
                let module = self.resolve(at, &import.path, seen)?;
                self.defines(&module, first).then_some(module)
            })?;
            self.resolve(&all, path, seen)
        })
    }

    fn defines(&self, module: &[String], name: &str) -> bool {
        self.modules.contains_key(&inside(module, name))
            || self.modules[module].names.iter().any(|names| {
                names.items.contains(name) || names.imports.iter().any(|import| import.name == name)
            })
    }

    /// The arrows between files, as places.
    fn between_files(&self) -> BTreeSet<(Place, Place)> {
        let mut arrows = BTreeSet::new();
        for (place, module) in &self.modules {
            let from = self.file_place(place.clone());
            for names in &module.names {
                let imported = names.imports.iter().filter_map(|import| {
                    let to = self.resolve(place, &import.path, &mut BTreeSet::new())?;
                    let is_passed_on = import.is_public && to.starts_with(place);
                    let is_used = || names.paths.iter().any(|path| path[0] == import.name);
                    (!is_passed_on || is_used()).then_some(to)
                });
                let named = names.paths.iter().filter(|path| path.len() > 1);
                let named =
                    named.filter_map(|path| self.resolve(place, path, &mut BTreeSet::new()));
                for to in imported.chain(named) {
                    arrows.insert((from.clone(), self.file_place(to)));
                }
            }
        }
        arrows.retain(|(from, to)| from != to);
        arrows
    }

    /// What leans on what in each folder: its files, and the folders in it, each as one.
    ///
    /// They are told by their paths; a folder's by that of its root file.
    pub(crate) fn arrows(&self) -> BTreeMap<String, BTreeSet<Arrow>> {
        let mut folders: BTreeMap<String, BTreeSet<Arrow>> = BTreeMap::new();
        for (from, to) in self.between_files() {
            let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
            let entry = |place: &Place| self.file(&place[..place.len().min(shared + 1)]).to_owned();
            let arrow = Arrow { from: entry(&from), to: entry(&to) };
            folders.entry(self.file(&from[..shared]).to_owned()).or_default().insert(arrow);
        }
        folders
    }

    fn file(&self, place: &[String]) -> &str {
        self.modules[place].files.first().map_or("", String::as_str)
    }

    /// The files that belong to the crate.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.modules.values().flat_map(|module| &module.files).map(String::as_str)
    }
}

fn inside(place: &[String], name: &str) -> Place {
    place.iter().cloned().chain([name.to_owned()]).collect()
}

/// A loop among the arrows, if there is one: each file leans on the next, and the last is the first.
pub(crate) fn find_loop(arrows: &BTreeSet<Arrow>) -> Option<Vec<&str>> {
    fn search<'a>(
        arrows: &'a BTreeSet<Arrow>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> bool {
        let here = way[way.len() - 1];
        for arrow in arrows.iter().filter(|arrow| arrow.from == here) {
            let to = arrow.to.as_str();
            if let Some(start) = way.iter().position(|file| *file == to) {
                way.drain(..start);
                way.push(to);
                return true;
            }
            if !done.contains(to) {
                way.push(to);
                if search(arrows, way, done) {
                    return true;
                }
                way.pop();
            }
        }
        done.insert(here);
        false
    }
    let mut done = BTreeSet::new();
    arrows.iter().find_map(|arrow| {
        let mut way = vec![arrow.from.as_str()];
        search(arrows, &mut way, &mut done).then_some(way)
    })
}
