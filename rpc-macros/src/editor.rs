//! Expands `call!` for an editor: as calls of what the user sees, however little of it is written.
//!
//! The chain that rustc compiles names methods that nobody wrote, so an editor would find no
//! function there. For it the chain is the typed call: `client.add(1, 2, …).c(3).call()`, in which
//! `add` is the method that its stub shows, and every other token is the user's own.

use std::env;
use std::ffi::OsStr;
use std::sync::LazyLock;

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, Expr};

use crate::names;

/// The word that rust-analyzer puts where it is asked what could be written.
const CURSOR: &str = "raCompletionMarker";

/// Whether an editor reads what is expanded, and not rustc: rust-analyzer runs macros in a program
/// of their own.
pub(crate) fn is_reading() -> bool {
    static ANSWER: LazyLock<bool> = LazyLock::new(|| {
        let program = env::current_exe();
        let name = program.as_deref().ok().and_then(|path| path.file_stem());
        name == Some(OsStr::new("rust-analyzer-proc-macro-srv"))
    });
    *ANSWER
}

/// Expands a call that ends with the method `end`, or what there is of one, beside its mistakes.
pub(crate) fn call(input: TokenStream, end: &str, mistakes: Option<Error>) -> TokenStream {
    let tokens: Vec<_> = input.into_iter().collect();
    if let [TokenTree::Group(group)] = tokens.as_slice()
        && group.delimiter() == Delimiter::None
    {
        return call(group.stream(), end, mistakes);
    }
    let mistakes = mistakes.map(|mistakes| mistakes.to_compile_error());
    let chain = match tokens.as_slice() {
        [
            receiver @ ..,
            TokenTree::Punct(dot),
            TokenTree::Ident(method),
            TokenTree::Group(group),
        ] if dot.as_char() == '.' && group.delimiter() == Delimiter::Parenthesis => {
            Call { receiver, dot, method, arguments: Arguments::read(group), group }.chain(end)
        }
        tokens => expression(tokens).unwrap_or_default(),
    };
    quote!({ #mistakes #chain })
}

/// A method call, of which nothing is known to be right but that it looks like one.
struct Call<'a> {
    receiver: &'a [TokenTree],
    dot: &'a Punct,
    method: &'a Ident,
    group: &'a Group,
    arguments: Arguments,
}

#[derive(Default)]
struct Arguments {
    /// The expressions, with the comma behind each.
    positional: TokenStream,
    positions: usize,
    keywords: Vec<(Ident, TokenStream)>,
    /// Where it is asked which keywords there are.
    asked: Option<Ident>,
}

impl Arguments {
    fn read(group: &Group) -> Self {
        let mut arguments = Self::default();
        let tokens: Vec<_> = group.stream().into_iter().collect();
        for argument in tokens.split_inclusive(|token| is_mark(token, ',')) {
            let (value, comma) = match argument.split_last() {
                Some((comma, value)) if is_mark(comma, ',') => (value, comma.to_token_stream()),
                _ => (argument, Punct::new(',', Spacing::Alone).to_token_stream()),
            };
            match value {
                [TokenTree::Ident(word)] if *word == CURSOR => arguments.asked = Some(word.clone()),
                [TokenTree::Ident(word), sign, rest @ ..] if is_equals(sign, rest.first()) => {
                    if word.to_string().ends_with(CURSOR) {
                        arguments.asked = Some(word.clone());
                    } else {
                        let value = expression(rest).unwrap_or_else(unknown);
                        arguments.keywords.push((keyword(word), value));
                    }
                }
                value => {
                    let value = expression(value).unwrap_or_else(unknown);
                    arguments.positional.extend(quote!(#value #comma));
                    arguments.positions += 1;
                }
            }
        }
        arguments
    }
}

impl Call<'_> {
    /// Writes the typed call. Arguments that come by keyword are missing in it, so it is filled up
    /// to as many as a function may have: what editors see of a stub takes any number beyond its own.
    fn chain(self, end: &str) -> TokenStream {
        let Self { receiver, dot, method, group, arguments } = self;
        let Arguments { positional, positions, keywords, asked } = arguments;
        let missing = (positions..names::MOST_PARAMETERS).map(|_| unknown());
        let mut given = Group::new(Delimiter::Parenthesis, quote!(#positional #(#missing),*));
        given.set_span(group.span());
        let asked = asked.map(|word| quote_spanned!(dot.span()=> .#word));
        // `!` makes keywords of a call, and a call of keywords. An editor looks up what it completes
        // in the expansion of what is written so far, so that has the same shape.
        let call = quote!(#(#receiver)* #dot #method #given);
        let mut chain = quote_spanned!(dot.span()=> (!(!#call)#asked));
        for (keyword, value) in keywords {
            let setter = names::setter(&keyword);
            chain.extend(quote_spanned!(keyword.span()=> .#setter(#value)));
        }
        // With a span that no word has: an editor shows what stands at a span as one.
        let end = Ident::new(end, dot.span());
        chain.extend(quote_spanned!(dot.span()=> .#end()));
        chain
    }
}

/// Returns as much of the tokens, from the first on, as is an expression.
fn expression(tokens: &[TokenTree]) -> Option<TokenStream> {
    let prefixes = (1..=tokens.len()).rev().map(|end| tokens[..end].iter().cloned().collect());
    { prefixes }.find(|prefix: &TokenStream| syn::parse2::<Expr>(prefix.clone()).is_ok())
}

/// Writes a value of any type; were it no closure's, what comes behind it would never be reached.
fn unknown() -> TokenStream {
    quote!((|| loop {})())
}

/// Returns a word as a parameter's name, raw where Rust reserves it.
fn keyword(word: &Ident) -> Ident {
    let text = word.to_string();
    match text.as_str() {
        "self" | "Self" | "super" | "crate" | "_" => word.clone(),
        _ if syn::parse2::<Ident>(word.to_token_stream()).is_ok() => word.clone(),
        _ => Ident::new_raw(&text, word.span()),
    }
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// Whether a mark is `=` and not the first half of another.
fn is_equals(mark: &TokenTree, next: Option<&TokenTree>) -> bool {
    let is_joint = matches!(mark, TokenTree::Punct(mark) if mark.spacing() == Spacing::Joint);
    let makes_another = next.is_some_and(|next| is_mark(next, '=') || is_mark(next, '>'));
    is_mark(mark, '=') && !(is_joint && makes_another)
}
