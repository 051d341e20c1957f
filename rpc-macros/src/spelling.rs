//! Writes types, expressions and signatures the way a person would.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Takes};

/// Spells a type or an expression on one line.
pub(crate) fn spell(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    write(tokens.to_token_stream(), &mut text, false);
    text
}

/// Spells what a function returns, with spaces as in `impl Iterator<Item = T> + Send`.
pub(crate) fn result(function: &Function) -> String {
    let mut text = String::new();
    write(function.result.to_token_stream(), &mut text, function.items.is_some());
    text
}

/// Spells a function as its caller sees it: `add(a: i64, b: i64, c: i64 = 10) -> i64`.
pub(crate) fn signature(function: &Function) -> String {
    let parameters = function.parameters.iter().map(|parameter| {
        let Parameter { ident, ty, default, optional, takes, .. } = parameter;
        let typed = format!("{}: {}", names::on_the_wire(ident), spell(ty));
        match (takes, default, optional) {
            (Takes::Args(_), ..) => format!("*{typed}"),
            (Takes::Kwargs, ..) => format!("**{typed}"),
            (Takes::One, Some(default), _) => format!("{typed} = {}", spell(default)),
            (Takes::One, None, Some(_)) => format!("{typed} = None"),
            (Takes::One, None, None) => typed,
        }
    });
    let parameters: Vec<_> = parameters.collect();
    let name = names::on_the_wire(&function.ident);
    format!("{name}({}) -> {}", parameters.join(", "), result(function))
}

/// Writes tokens, where `has_bounds` with spaces around the signs that stand in bounds.
fn write(tokens: TokenStream, text: &mut String, has_bounds: bool) {
    let mut previous = None;
    for token in tokens {
        let is_apart = |previous| {
            stand_apart(previous, &token, text)
                || has_bounds && (is_sign(previous) || is_sign(&token))
        };
        if previous.as_ref().is_some_and(is_apart) {
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
                write(group.stream(), text, has_bounds);
                text.push_str(close);
            }
            token => text.push_str(&token.to_string()),
        }
        previous = Some(token);
    }
}

/// Whether a space belongs between two neighbouring tokens, of which `text` ends in the left one.
fn stand_apart(left: &TokenTree, right: &TokenTree, text: &str) -> bool {
    let ends_a_clause = match left {
        TokenTree::Punct(mark) if mark.as_char() == ':' => {
            !text.ends_with("::") && !is_mark(right, ':')
        }
        left => is_mark(left, ',') || is_mark(left, ';'),
    };
    ends_a_clause || is_brace(left) || is_brace(right) || (is_word(left) && is_word(right))
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_sign(token: &TokenTree) -> bool {
    is_mark(token, '=') || is_mark(token, '+')
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_word(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_))
}

/// Returns the text as a diagnostic attribute takes it, where braces are placeholders.
pub(crate) fn message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
