//! Rewrites `call!(client.add(1, 2, c = 3))` as the chain of methods it stands for.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprMethodCall, Result, Token};

use crate::mistakes::Mistakes;
use crate::{editor, names};

/// Expands `call!`, or the macro that ends a call in this other way, to one expression, in which
/// temporaries live as long as in a plain call.
pub(crate) fn call(input: TokenStream, end: End) -> TokenStream {
    let chain = Call::read(input.clone(), end).and_then(|call| {
        call.check()?;
        Ok(call.chain(end))
    });
    if editor::is_reading() {
        return editor::call(input, end.name(), chain.err());
    }
    chain.unwrap_or_else(|mistakes| {
        let mistakes = mistakes.to_compile_error();
        quote!({ #mistakes })
    })
}

/// What becomes of a call that has its arguments. A macro and a method have the name of each.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Call,
    Start,
    Notify,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Start => "start",
            Self::Notify => "notify",
        }
    }
}

/// A method call whose arguments may have keywords.
struct Call {
    function: ExprMethodCall,
    arguments: Vec<Argument>,
}

struct Argument {
    keyword: Option<Ident>,
    value: Expr,
}

impl Call {
    /// Takes the call apart before syn sees it: a keyword may be a word that Rust reserves.
    fn read(input: TokenStream, end: End) -> Result<Self> {
        let mut tokens: Vec<_> = input.clone().into_iter().collect();
        let arguments = match tokens.pop() {
            Some(TokenTree::Group(group)) => match group.delimiter() {
                Delimiter::Parenthesis => group.stream(),
                Delimiter::None if tokens.is_empty() => return Self::read(group.stream(), end),
                _ => return Err(not_a_call(&input, end)),
            },
            Some(TokenTree::Punct(mark)) if mark.as_char() == '?' => {
                let message = format!("put the `?` behind `{}!(…)`", end.name());
                return Err(Error::new(mark.span(), message));
            }
            Some(TokenTree::Ident(word)) if word == "await" => {
                let message = format!("put the `.await` behind `{}!(…)`", end.name());
                return Err(Error::new(word.span(), message));
            }
            _ => return Err(not_a_call(&input, end)),
        };
        tokens.push(Group::new(Delimiter::Parenthesis, TokenStream::new()).into());
        let Ok(Expr::MethodCall(function)) = syn::parse2(tokens.into_iter().collect()) else {
            return Err(not_a_call(&input, end));
        };
        let arguments = Punctuated::<_, Token![,]>::parse_terminated.parse2(arguments)?;
        Ok(Self { function, arguments: arguments.into_iter().collect() })
    }

    fn check(&self) -> Result<()> {
        let mut mistakes = Mistakes::default();
        if let Some(turbofish) = &self.function.turbofish {
            mistakes.at(turbofish, "an exported function has no type parameters");
        }
        let mut keywords = HashSet::new();
        for Argument { keyword, value } in &self.arguments {
            if let Some(keyword) = keyword {
                if !keywords.insert(keyword.unraw()) {
                    mistakes.at(keyword, format!("keyword argument `{keyword}` is repeated"));
                }
            } else if !keywords.is_empty() {
                mistakes.at(value, "positional argument follows keyword argument");
            }
        }
        mistakes.finish()
    }

    /// Writes the chain. Every method has the span of what it comes from, its dot and parentheses
    /// too: where they differ, rustc points at the whole of `call!`.
    fn chain(&self, end: End) -> TokenStream {
        let ExprMethodCall { attrs, receiver, method, .. } = &self.function;
        let span = method.span();
        let begin = names::starter(method);
        let mut chain = quote_spanned!(span=> #(#attrs)* #receiver.#begin());
        for (index, Argument { keyword, value }) in self.arguments.iter().enumerate() {
            chain.extend(match keyword {
                Some(keyword) => {
                    let setter = names::setter(keyword);
                    quote_spanned!(keyword.span()=> .#setter(#value))
                }
                None => {
                    let setter = names::positional(index, span);
                    quote_spanned!(span=> .#setter(#value))
                }
            });
        }
        let end = Ident::new(end.name(), span);
        chain.extend(quote_spanned!(span=> .#end()));
        // In parentheses that span the macro, rustc's `let _ = …` is put before the macro.
        Group::new(Delimiter::Parenthesis, chain).into_token_stream()
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream) -> Result<Self> {
        if input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
            let keyword = input.call(Ident::parse_any)?;
            let message = format!(
                "a keyword has an `=` here, `{keyword} = …`; it is `kwargs!` that has `{keyword}: …`"
            );
            return Err(input.error(message));
        }
        let has_keyword =
            input.peek(Ident::peek_any) && input.peek2(Token![=]) && !input.peek2(Token![==]);
        let keyword = if has_keyword {
            let keyword = input.call(read_keyword)?;
            input.parse::<Token![=]>()?;
            Some(keyword)
        } else {
            None
        };
        Ok(Self { keyword, value: input.parse()? })
    }
}

/// Reads a keyword, as a raw identifier where Rust reserves the word.
fn read_keyword(input: ParseStream) -> Result<Ident> {
    if input.peek(syn::Ident) {
        return input.parse();
    }
    let word = input.call(Ident::parse_any)?;
    match word.to_string().as_str() {
        "self" | "Self" | "super" | "crate" | "_" => {
            Err(Error::new(word.span(), format!("no parameter can be called `{word}`")))
        }
        text => Ok(Ident::new_raw(text, word.span())),
    }
}

fn not_a_call(input: &TokenStream, end: End) -> Error {
    let message = format!("`{}!` takes a call such as `client.add(1, 2, c = 3)`", end.name());
    Error::new_spanned(input, message)
}
