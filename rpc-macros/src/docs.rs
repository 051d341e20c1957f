//! Reads documentation, and what is deprecated.

use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta};

/// Returns the text of the doc comments, without space around it.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    lines(attributes).join("\n").trim().to_owned()
}

/// Returns the text of the doc comments, without the space after `///`.
pub(crate) fn lines(attributes: &[Attribute]) -> Vec<String> {
    let mut docs = Vec::new();
    for attribute in attributes {
        if attribute.path().is_ident("doc")
            && let Some(text) = text_of(&attribute.meta)
        {
            let lines = text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line));
            docs.extend(lines.map(str::to_owned));
        }
    }
    docs
}

/// Returns the note of `#[deprecated]`, empty where it has none; `None` where nothing is deprecated.
pub(crate) fn deprecation(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("deprecated"))?;
    let mut note = String::new();
    match &attribute.meta {
        Meta::Path(_) => {}
        Meta::NameValue(_) => note = text_of(&attribute.meta).unwrap_or_default(),
        Meta::List(list) => {
            // What is wrong in it, rustc says.
            let _ = list.parse_nested_meta(|meta| {
                let value = meta.value()?.parse::<LitStr>()?.value();
                if meta.path.is_ident("note") {
                    note = value;
                }
                Ok(())
            });
        }
    }
    Some(note)
}

/// Returns the text behind the `=` of an attribute.
fn text_of(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(meta) => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}
