//! Rewrites `call!(client.add(1, 2, c = 3))` as the chain of methods it stands for.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprPath, Result, Token};

use crate::mistakes::Mistakes;
use crate::rest::begins_rest;
use crate::{editor, gathered, names};

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

/// A call whose arguments may have keywords.
struct Call {
    /// The expression that begins it, with no argument given.
    begun: TokenStream,
    /// The name of the function.
    function: Span,
    turbofish: Option<TokenStream>,
    arguments: Vec<Argument>,
}

struct Argument {
    way: Way,
    value: Expr,
}

/// How an argument is given.
enum Way {
    Position,
    Keyword(Ident),
    /// As `..options`, all that the function gathers of keywords.
    Rest(Span),
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
        let Ok(callee) = syn::parse2(tokens.into_iter().collect()) else {
            return Err(not_a_call(&input, end));
        };
        let arguments = Punctuated::<Argument, Token![,]>::parse_terminated.parse2(arguments)?;
        let arguments = arguments.into_iter().collect();
        Self::of(callee, arguments).ok_or_else(|| not_a_call(&input, end))
    }

    /// Returns the call of what is written as one without arguments: `client.add()`, `Stub::add()`,
    /// or `Stub::__call_add(&client)()`, which is what rustc proposes where two stubs have an `add`.
    fn of(callee: Expr, mut arguments: Vec<Argument>) -> Option<Self> {
        let (begun, function, turbofish) = match callee {
            Expr::MethodCall(call) => {
                let (attributes, receiver) = (&call.attrs, &call.receiver);
                let function = call.method.span();
                let method = names::starter(&call.method);
                let begun = quote_spanned!(function=> #(#attributes)* #receiver.#method());
                (begun, function, call.turbofish.map(ToTokens::into_token_stream))
            }
            Expr::Call(call) => match *call.func {
                Expr::Path(path) if !arguments.is_empty() => {
                    let Argument { way: Way::Position, value: client } = arguments.remove(0) else {
                        return None;
                    };
                    let (path, function) = starter(path)?;
                    (quote_spanned!(function=> #path(#client)), function, None)
                }
                Expr::Call(begun) => {
                    let Expr::Path(path) = &*begun.func else { return None };
                    let function = path.path.segments.last()?.ident.span();
                    (begun.into_token_stream(), function, None)
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(Self { begun, function, turbofish, arguments })
    }

    fn check(&self) -> Result<()> {
        let mut mistakes = Mistakes::default();
        if let Some(turbofish) = &self.turbofish {
            mistakes.at(turbofish, "an exported function has no type parameters");
        }
        let mut keywords = HashSet::new();
        let mut is_whole = false;
        for Argument { way, value } in &self.arguments {
            if is_whole {
                mistakes.at(value, "nothing comes behind `..`");
            }
            match way {
                Way::Keyword(keyword) => {
                    if !keywords.insert(keyword.unraw()) {
                        mistakes.at(keyword, format!("keyword argument `{keyword}` is repeated"));
                    }
                }
                Way::Position if !keywords.is_empty() => {
                    mistakes.at(value, "positional argument follows keyword argument");
                }
                Way::Position => {}
                Way::Rest(_) => is_whole = true,
            }
        }
        mistakes.finish()
    }

    /// Writes the chain. Every method has the span of what it comes from, its dot and parentheses
    /// too: where they differ, rustc points at the whole of `call!`.
    fn chain(&self, end: End) -> TokenStream {
        let traits = self.traits();
        // A `call!` in an argument has traits of its own, which must not meet these.
        let is_nested = !traits.is_empty() && self.has_macro();
        if !is_nested {
            let values = self.arguments.iter().map(Argument::given);
            let chain = self.chain_of(self.begun.clone(), values, end);
            // A `match`, since rustc looks into a block for a value that is not used.
            let chain = if traits.is_empty() {
                chain
            } else {
                quote!(match () { () => { #traits #chain } })
            };
            // In parentheses that span the macro, rustc's `let _ = …` is put before the macro.
            return Group::new(Delimiter::Parenthesis, chain).into_token_stream();
        }
        let begun = &self.begun;
        let values = self.arguments.iter().map(Argument::given);
        let name = |span: Span, index| {
            Ident::new(&format!("argument_{index}"), span.resolved_at(Span::mixed_site()))
        };
        let call = Ident::new("call", Span::mixed_site());
        let arguments = self.arguments.iter().enumerate();
        let names: Vec<_> = arguments.map(|(index, one)| name(one.value.span(), index)).collect();
        let chain =
            self.chain_of(call.to_token_stream(), names.iter().map(ToTokens::to_token_stream), end);
        let chain = quote! {
            match (#begun, #(#values),*) {
                (#call, #(#names),*) => { #traits #chain }
            }
        };
        Group::new(Delimiter::Parenthesis, chain).into_token_stream()
    }

    /// Writes the chain from its beginning and the values of the arguments.
    fn chain_of(
        &self,
        mut chain: TokenStream,
        values: impl Iterator<Item = TokenStream>,
        end: End,
    ) -> TokenStream {
        let span = self.function;
        for ((index, Argument { way, .. }), value) in self.arguments.iter().enumerate().zip(values)
        {
            let setter = match way {
                Way::Position => names::positional(index, span),
                Way::Keyword(keyword) => names::setter(keyword),
                Way::Rest(dots) => names::rest(*dots),
            };
            chain.extend(quote_spanned!(setter.span()=> .#setter(#value)));
        }
        let end = Ident::new(end.name(), span);
        chain.extend(quote_spanned!(span=> .#end()));
        chain
    }

    /// Writes what gives the keywords that are no parameter's.
    fn traits(&self) -> TokenStream {
        let keywords = self.arguments.iter().filter_map(|argument| match &argument.way {
            Way::Keyword(keyword) => Some(keyword),
            _ => None,
        });
        gathered::traits(keywords)
    }

    fn has_macro(&self) -> bool {
        let values = self.arguments.iter().map(|argument| argument.value.to_token_stream());
        gathered::has_macro(self.begun.clone()) || values.into_iter().any(gathered::has_macro)
    }
}

impl Argument {
    /// Writes the value; `[]` after a keyword as a list of any type, where the library's name is known.
    fn given(&self) -> TokenStream {
        match (&self.way, &self.value) {
            (Way::Keyword(_), Expr::Array(list)) if list.elems.is_empty() => {
                gathered::empty_list(list.span())
            }
            _ => None,
        }
        .unwrap_or_else(|| self.value.to_token_stream())
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
        let way = if has_keyword {
            let keyword = input.call(read_keyword)?;
            input.parse::<Token![=]>()?;
            Way::Keyword(keyword)
        } else if begins_rest(input) {
            Way::Rest(input.parse::<Token![..]>()?.span())
        } else {
            Way::Position
        };
        Ok(Self { way, value: input.parse()? })
    }
}

/// Returns the path of the method that begins a call, and where the function has its name.
fn starter(mut path: ExprPath) -> Option<(ExprPath, Span)> {
    if path.path.segments.len() < 2 {
        return None;
    }
    let method = path.path.segments.last_mut()?;
    method.ident = names::starter(&method.ident);
    let function = method.ident.span();
    Some((path, function))
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
