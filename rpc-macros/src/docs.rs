//! Reads documentation.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of the doc comments, without space around it.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    lines(attributes).join("\n").trim().to_owned()
}

/// Returns the text of the doc comments, without the space after `///`.
pub(crate) fn lines(attributes: &[Attribute]) -> Vec<String> {
    let mut docs = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(meta) = &attribute.meta
            && meta.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value
        {
            let text = text.value();
            let lines = text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line));
            docs.extend(lines.map(str::to_owned));
        }
    }
    docs
}
