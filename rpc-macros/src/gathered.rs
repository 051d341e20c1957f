//! Writes how `call!` gives keywords that are no parameter's, to functions that gather them.
//!
//! What the macro sees of a keyword is its name alone. Where the function has no such parameter, the method
//! of that name is a trait's, which stands in the macro's block. A method that the call has itself goes
//! before it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::LitStr;

use crate::{library, names};

/// Writes the traits that give these keywords; none where it is not known what the library is called.
pub(crate) fn traits<'i>(keywords: impl Iterator<Item = &'i Ident>) -> TokenStream {
    let Some(library) = library::known_path() else { return TokenStream::new() };
    let traits = keywords.map(|keyword| {
        let setter = names::setter(keyword);
        let gathering = names::gathering(&setter);
        // All of it has the keyword's span, for rustc to point at.
        let span = setter.span();
        let rpc = respan(quote!(#library::__private1), span);
        let keyword = LitStr::new(&names::on_the_wire(keyword), span);
        quote_spanned! {span=>
            #[allow(dead_code, non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic)]
            trait #gathering: #rpc::TakesKeywords {
                fn #setter<__V>(self, value: __V) -> <Self as #rpc::TakesKeyword<__V>>::Next
                where
                    Self: #rpc::GathersKeywords,
                    Self: #rpc::TakesKeyword<__V>,
                {
                    #rpc::TakesKeyword::keyword(self, #keyword, value)
                }
            }
            #[diagnostic::do_not_recommend]
            impl<__C: #rpc::TakesKeywords> #gathering for __C {}
        }
    });
    traits.collect()
}

/// Writes what an editor reads in their place.
pub(crate) fn traits_for_editor<'i>(setters: impl Iterator<Item = &'i Ident>) -> TokenStream {
    let Some(library) = library::known_path() else { return TokenStream::new() };
    let traits = setters.map(|setter| {
        // With a span that no word has: an editor shows all that stands at a span.
        let mut setter = setter.clone();
        setter.set_span(Span::call_site());
        let gathering = names::gathering(&setter);
        quote! {
            #[allow(non_camel_case_types, non_snake_case)]
            trait #gathering: #library::__private1::TakesKeywords {
                fn #setter<__V>(self, _: __V) -> Self {
                    loop {}
                }
            }
            impl<__C: #library::__private1::TakesKeywords> #gathering for __C {}
        }
    });
    traits.collect()
}

/// Writes a list without elements, which may be of any type.
pub(crate) fn empty_list(span: Span) -> Option<TokenStream> {
    let library = library::known_path()?;
    Some(respan(quote!(#library::__private1::EmptyList), span))
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}

/// Whether a macro stands in these tokens, which may be a `call!` with traits of its own.
pub(crate) fn has_macro(tokens: TokenStream) -> bool {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_bang = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == '!');
    let called = tokens.windows(3).any(|window| {
        matches!(window, [TokenTree::Ident(_), bang, TokenTree::Group(_)] if is_bang(bang))
    });
    called
        || tokens.into_iter().any(|token| match token {
            TokenTree::Group(group) => has_macro(group.stream()),
            _ => false,
        })
}
