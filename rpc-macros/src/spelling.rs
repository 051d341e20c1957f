//! Writes types, expressions and signatures the way a person would.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use crate::function::Function;
use crate::names;

/// Spells a type or an expression on one line.
pub(crate) fn spell(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text);
    text
}

/// Spells a function as its caller sees it: `add(a: i64, b: i64, c: i64 = 10) -> i64`.
pub(crate) fn signature(function: &Function) -> String {
    let mut parameters = Vec::new();
    for parameter in &function.parameters {
        let mut text =
            format!("{}: {}", names::on_the_wire(&parameter.ident), spell(&parameter.ty));
        if let Some(default) = &parameter.default {
            text.push_str(" = ");
            text.push_str(&spell(default));
        }
        parameters.push(text);
    }
    let name = names::on_the_wire(&function.ident);
    format!("{name}({}) -> {}", parameters.join(", "), spell(&function.result))
}

fn write(tokens: TokenStream, text: &mut String) {
    let mut previous = None;
    for token in tokens {
        if previous.as_ref().is_some_and(|previous| stand_apart(previous, &token)) {
            text.push(' ');
        }
        match &token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text);
                text.push_str(close);
            }
            token => text.push_str(&token.to_string()),
        }
        previous = Some(token);
    }
}

/// Whether a space belongs between two neighbouring tokens.
fn stand_apart(left: &TokenTree, right: &TokenTree) -> bool {
    let is_word = |token: &TokenTree| matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_));
    let is_brace = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    match (left, right) {
        (TokenTree::Punct(left), _) if matches!(left.as_char(), ',' | ';') => true,
        (left, right) if is_brace(left) || is_brace(right) => true,
        (left, right) => is_word(left) && is_word(right),
    }
}

/// Returns the text as a diagnostic attribute takes it, where braces are placeholders.
pub(crate) fn message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
