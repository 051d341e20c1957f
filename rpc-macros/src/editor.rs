//! Expands `call!` for an editor: as calls of what the user sees, however little of it is written.
//!
//! The chain that rustc compiles names methods that nobody wrote, so an editor would find no
//! function there. For it the chain is the typed call: `client.add(1, 2, …).c(3).call()`, in which
//! `add` is the method that its stub shows, and every other token is the user's own.

use std::env;
use std::ffi::OsStr;
use std::sync::LazyLock;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprPath, Token};

use crate::rest::begins_rest;
use crate::{gathered, names};

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
    let mut traits = TokenStream::new();
    let chain = match tokens.as_slice() {
        [callee @ .., TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            mark(callee).map(|mark| {
                let arguments: Arguments = syn::parse2(group.stream()).unwrap_or_default();
                traits =
                    gathered::traits_for_editor(arguments.setters.iter().map(|(name, _)| name));
                Call { callee, mark, group, arguments }.chain(end)
            })
        }
        _ => None,
    };
    let chain = chain.or_else(|| expression(&tokens)).unwrap_or_else(unknown);
    // An editor looks up what is before the cursor in the expansion of what is written so far, and
    // at the same distance from its beginning. So mistakes come last, and traits behind them.
    if traits.is_empty() {
        return quote!({ (#chain, { #mistakes }).0 });
    }
    let call = Ident::new("call", Span::mixed_site());
    quote!({ let #call = (#chain, { #mistakes }).0; #traits #call })
}

/// Returns the span of the mark before a function's name, where `client.add` or `Stub::add` stands.
fn mark(callee: &[TokenTree]) -> Option<Span> {
    match callee {
        [.., TokenTree::Punct(dot), TokenTree::Ident(_)] if dot.as_char() == '.' => {
            Some(dot.span())
        }
        [.., TokenTree::Punct(colon), TokenTree::Ident(_)] => {
            let path = callee.iter().cloned().collect();
            syn::parse2::<ExprPath>(path).is_ok().then(|| colon.span())
        }
        _ => None,
    }
}

/// A call, of which nothing is known to be right but that it looks like one.
struct Call<'a> {
    callee: &'a [TokenTree],
    mark: Span,
    group: &'a Group,
    arguments: Arguments,
}

#[derive(Default)]
struct Arguments {
    /// The expressions, with the comma behind each.
    positional: TokenStream,
    positions: usize,
    /// The methods for the others, with their expressions.
    setters: Vec<(Ident, TokenStream)>,
    /// Whether there is a place where nothing stands yet.
    has_room: bool,
    /// The editor's word, where it stands in such a place.
    asked: Option<Ident>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut arguments = Self { has_room: input.is_empty(), ..Self::default() };
        while !input.is_empty() {
            let has_keyword = input.peek(Ident::peek_any)
                && input.peek2(Token![=])
                && !input.peek2(Token![==])
                && !input.peek2(Token![=>]);
            let keyword = if has_keyword {
                let word = input.call(Ident::parse_any)?;
                input.parse::<Token![=]>()?;
                Some(names::setter(&keyword(word)))
            } else if begins_rest(input) {
                Some(names::rest(input.parse::<Token![..]>()?.span()))
            } else {
                None
            };
            let value = value(input)?;
            let comma = input.parse::<Option<Token![,]>>()?;
            match (keyword, value.as_slice()) {
                (Some(method), value) => {
                    arguments.setters.push((method, expression(value).unwrap_or_else(unknown)));
                }
                (None, []) => arguments.has_room = true,
                (None, [TokenTree::Ident(word)]) if *word == CURSOR => {
                    arguments.has_room = true;
                    arguments.asked = Some(word.clone());
                }
                (None, value) => {
                    let value = expression(value).unwrap_or_else(unknown);
                    let comma = comma.unwrap_or_default();
                    arguments.positional.extend(quote!(#value #comma));
                    arguments.positions += 1;
                }
            }
            arguments.has_room |= comma.is_some() && input.is_empty();
        }
        Ok(arguments)
    }
}

impl Call<'_> {
    /// Writes the typed call. Arguments that come by keyword are missing in it, so it is filled up
    /// to as many as a function may have: what editors see of a stub takes any number beyond its own.
    fn chain(self, end: &str) -> TokenStream {
        let Self { callee, mark, group, arguments } = self;
        let Arguments { positional, positions, setters, has_room, asked } = arguments;
        let missing = (positions..names::MOST_PARAMETERS).map(|_| unknown());
        let mut given = Group::new(Delimiter::Parenthesis, quote!(#positional #(#missing),*));
        given.set_span(group.span());
        let mut chain = quote!(#(#callee)* #given);
        for (method, value) in setters {
            chain.extend(quote_spanned!(method.span()=> .#method(#value)));
        }
        // With a span that no word has: an editor shows what stands at a span as one.
        let end = Ident::new(end, mark);
        chain.extend(quote_spanned!(mark=> .#end()));
        if !has_room {
            return chain;
        }
        // `!` makes a value of a call that has its keywords as fields.
        let asked = asked.map(|word| quote_spanned!(mark=> .#word));
        let any = (0..names::MOST_PARAMETERS).map(|_| unknown());
        let call = quote!(#(#callee)*);
        quote_spanned!(mark=> ({ (!#call(#(#any),*))#asked; }, #chain).1)
    }
}

/// Takes the tokens of the expression that comes next, or where there is none all before a comma.
fn value(input: ParseStream) -> syn::Result<Vec<TokenTree>> {
    let ahead = input.fork();
    let is_whole = ahead.parse::<Expr>().is_ok() && is_at_end(&ahead);
    let mut tokens = Vec::new();
    while if is_whole { input.cursor() != ahead.cursor() } else { !is_at_end(input) } {
        tokens.push(input.parse()?);
    }
    Ok(tokens)
}

fn is_at_end(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,])
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
fn keyword(word: Ident) -> Ident {
    let text = word.to_string();
    match text.as_str() {
        "self" | "Self" | "super" | "crate" | "_" => word,
        _ if syn::parse2::<Ident>(word.to_token_stream()).is_ok() => word,
        _ => Ident::new_raw(&text, word.span()),
    }
}
