//! Rewrites `call!(client.add(1, 2, c = 3))` as the chain of methods it stands for.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprMethodCall, Result, Token};

use crate::mistakes::Mistakes;
use crate::{editor, names};

/// Expands `call!` to one expression, in which temporaries live as long as in a plain call.
pub(crate) fn call(input: TokenStream) -> TokenStream {
    let chain = Call::read(input.clone()).and_then(|call| {
        call.check()?;
        Ok(call.chain())
    });
    if editor::is_reading() {
        return editor::call(input, "call", chain.err());
    }
    chain.unwrap_or_else(|mistakes| {
        let mistakes = mistakes.to_compile_error();
        quote!({ #mistakes })
    })
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
    fn read(input: TokenStream) -> Result<Self> {
        let mut tokens: Vec<_> = input.clone().into_iter().collect();
        let arguments = match tokens.pop() {
            Some(TokenTree::Group(group)) => match group.delimiter() {
                Delimiter::Parenthesis => group.stream(),
                Delimiter::None if tokens.is_empty() => return Self::read(group.stream()),
                _ => return Err(not_a_call(&input)),
            },
            Some(TokenTree::Punct(mark)) if mark.as_char() == '?' => {
                return Err(Error::new(mark.span(), "put the `?` behind `call!(…)`"));
            }
            Some(TokenTree::Ident(word)) if word == "await" => {
                return Err(Error::new(word.span(), "put the `.await` behind `call!(…)`"));
            }
            _ => return Err(not_a_call(&input)),
        };
        tokens.push(Group::new(Delimiter::Parenthesis, TokenStream::new()).into());
        let Ok(Expr::MethodCall(function)) = syn::parse2(tokens.into_iter().collect()) else {
            return Err(not_a_call(&input));
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
        for (index, Argument { keyword, value }) in self.arguments.iter().enumerate() {
            if let Some(keyword) = keyword {
                if !keywords.insert(keyword.unraw()) {
                    mistakes.at(keyword, format!("keyword argument `{keyword}` is repeated"));
                }
            } else if !keywords.is_empty() {
                mistakes.at(value, "positional argument follows keyword argument");
            } else if index == names::MOST_PARAMETERS {
                mistakes.at(
                    value,
                    format!("`call!` gives at most {index} arguments by position: give the rest by keyword"),
                );
            }
        }
        mistakes.finish()
    }

    /// Writes the chain. Every method has the span of what it comes from, its dot and parentheses
    /// too: where they differ, rustc points at the whole of `call!`.
    fn chain(&self) -> TokenStream {
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
        chain.extend(quote_spanned!(span=> .call()));
        chain
    }
}

impl Parse for Argument {
    fn parse(input: ParseStream) -> Result<Self> {
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

fn not_a_call(input: &TokenStream) -> Error {
    Error::new_spanned(input, "`call!` takes a call such as `client.add(1, 2, c = 3)`")
}
