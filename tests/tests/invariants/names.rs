//! Reads a Rust file for its names: the modules and items it declares, what it imports, and what it names by a path.

use std::collections::BTreeSet;

/// The names in a module, which is a file or stands in one.
#[derive(Default)]
pub(crate) struct Names {
    /// `mod name;`, with the path that an attribute gives it, always or under a condition.
    pub(crate) files: Vec<(String, Option<String>)>,
    /// `mod name { … }`
    pub(crate) inline: Vec<(String, Names)>,
    pub(crate) items: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// What the code names, one word or several: `a::b`.
    pub(crate) paths: BTreeSet<Vec<String>>,
}

/// One name that a `use` brings.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// `*` where it is all names.
    pub(crate) name: String,
    pub(crate) is_public: bool,
}

impl Names {
    /// Reads a file's code without its unit tests, its comments, and code that is quoted in it.
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader { tokens: tokens(text), at: 0 };
        reader.module()
    }
}

const ITEMS: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];

struct Reader {
    tokens: Vec<String>,
    at: usize,
}

impl Reader {
    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    fn next(&mut self) -> String {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned().unwrap_or_default()
    }

    /// Reads until the brace that ends the module, or the end of the file.
    fn module(&mut self) -> Names {
        let mut names = Names::default();
        let mut depth = 0;
        let mut paths = vec![None];
        let mut is_public = false;
        while self.at < self.tokens.len() {
            let token = self.next();
            match token.as_str() {
                "#" => {
                    let attribute = self.attribute();
                    match attribute.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                        ["cfg", "(", "test", ")"] => self.skip_item(),
                        ["path", "=", quoted] => paths = vec![Some(quoted[1..].to_owned())],
                        ["cfg_attr", .., "path", "=", quoted, ")"] => {
                            paths = vec![None, Some(quoted[1..].to_owned())];
                        }
                        _ => {}
                    }
                    continue;
                }
                "pub" => {
                    if self.peek(0) == "(" {
                        self.skip_group();
                    }
                    is_public = true;
                    continue;
                }
                "use" if is_word(self.peek(0)) || self.peek(0) == "{" => {
                    self.import(Vec::new(), is_public, &mut names.imports);
                }
                "mod" if self.peek(1) == ";" => {
                    let name = self.next();
                    names.files.extend(paths.drain(..).map(|path| (name.clone(), path)));
                }
                "mod" if self.peek(1) == "{" => {
                    let name = self.next();
                    self.next();
                    names.inline.push((name, self.module()));
                }
                "macro_rules" if self.peek(0) == "!" => {
                    names.items.insert(self.peek(1).to_owned());
                }
                "quote" | "quote_spanned" | "parse_quote" if self.peek(0) == "!" => {
                    self.next();
                    self.skip_group();
                }
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                item if depth == 0 && ITEMS.contains(&item) && is_word(self.peek(0)) => {
                    names.items.insert(self.peek(0).to_owned());
                }
                // A field or a method is nothing that a module declares.
                "." => self.at += usize::from(is_word(self.peek(0))),
                // Other crates' names.
                "::" => {
                    self.path(String::new());
                }
                word if is_word(word) => {
                    let path = self.path(token);
                    names.paths.insert(path);
                }
                _ => {}
            }
            is_public = false;
            paths = vec![None];
        }
        names
    }

    fn path(&mut self, first: String) -> Vec<String> {
        let mut path = vec![first];
        if path[0].is_empty() && is_word(self.peek(0)) {
            path[0] = self.next();
        }
        while self.peek(0) == "::" && is_word(self.peek(1)) {
            self.next();
            path.push(self.next());
        }
        path
    }

    /// Reads what follows `use` or stands in its braces, up to what ends it.
    fn import(&mut self, mut path: Vec<String>, is_public: bool, imports: &mut Vec<Import>) {
        loop {
            let token = self.next();
            match token.as_str() {
                "::" => continue,
                "{" => {
                    while self.peek(0) != "}" {
                        self.import(path.clone(), is_public, imports);
                        if self.peek(0) == "," {
                            self.next();
                        }
                    }
                    self.next();
                    return;
                }
                "*" => {
                    imports.push(Import { path, name: "*".to_owned(), is_public });
                    return;
                }
                "self" if !path.is_empty() => {}
                word => path.push(word.to_owned()),
            }
            if self.peek(0) != "::" {
                break;
            }
        }
        let mut name = path.last().cloned().unwrap_or_default();
        if self.peek(0) == "as" {
            self.next();
            name = self.next();
        }
        imports.push(Import { path, name, is_public });
    }

    fn attribute(&mut self) -> Vec<String> {
        let start = self.at + 1 + usize::from(self.peek(0) == "!");
        self.at = start - 1;
        self.skip_group();
        self.tokens[start..self.at - 1].to_vec()
    }

    /// Skips what stands in brackets, and they.
    fn skip_group(&mut self) {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            match self.next().as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }

    fn skip_item(&mut self) {
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "{" => return self.skip_group(),
                "(" | "[" => self.skip_group(),
                _ => {
                    if self.next() == ";" {
                        return;
                    }
                }
            }
        }
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
}

/// Words, `::`, other characters one by one, and quoted text behind a `"`.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let word =
            rest[c.len_utf8()..].find(|c| !is_part(c)).map_or(rest.len(), |end| end + c.len_utf8());
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = quoted(rest) {
            tokens.push(format!("\"{}", rest[..length].trim_matches(['b', 'r', '#', '"'])));
            length
        } else if c == '\'' {
            character(rest)
        } else if is_part(c) || c == '$' {
            tokens.push(rest[..word].to_owned());
            word
        } else {
            let length = if rest.starts_with("::") { 2 } else { c.len_utf8() };
            if !c.is_whitespace() {
                tokens.push(rest[..length].to_owned());
            }
            length
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a string literal, if the text begins with one.
fn quoted(text: &str) -> Option<usize> {
    let prefix = text.find(|c| !matches!(c, 'b' | 'r' | '#'))?;
    let (before, behind) = text.split_at(prefix);
    let behind = behind.strip_prefix('"')?;
    if before.contains('r') {
        let hashes = "#".repeat(before.matches('#').count());
        let end = format!("\"{hashes}");
        return behind.find(&end).map(|at| prefix + 1 + at + end.len());
    }
    if !matches!(before, "" | "b") {
        return None;
    }
    let mut escaped = false;
    for (at, c) in behind.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(prefix + 1 + at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a character literal, or of a lifetime's mark.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((escaped, c))) => {
            let from = escaped + c.len_utf8();
            text[from..].find('\'').map_or(text.len(), |end| from + end + 1)
        }
        (Some(_), Some((end, '\''))) => end + 1,
        _ => 1,
    }
}
