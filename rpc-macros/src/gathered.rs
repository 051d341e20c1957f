//! Writes how `call!` gives keywords that are no parameter's, to functions that gather them.
//!
//! What the macro sees of a keyword is its name alone. Where the function has no such parameter, the method
//! of that name is a trait's, which stands in the macro's block. A method that the call has itself goes
//! before it.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::{library, names};

/// Writes the traits that give these keywords; none where it is not known what the library is called.
pub(crate) fn traits<'i>(keywords: impl Iterator<Item = &'i Ident>) -> TokenStream {
    let Some(library) = library::known_path() else { return TokenStream::new() };
    let rpc = quote!(#library::__private1);
    let traits = keywords.map(|keyword| {
        let setter = names::setter(keyword);
        let gathering = names::gathering(&setter);
        let keyword = names::on_the_wire(keyword);
        let taken = quote_spanned!(setter.span()=> Self: #rpc::TakesKeyword<__V>);
        quote! {
            #[allow(dead_code, non_camel_case_types, non_snake_case, clippy::all, clippy::pedantic)]
            trait #gathering: #rpc::TakesKeywords {
                fn #setter<__V>(self, value: __V) -> <Self as #rpc::TakesKeyword<__V>>::Next
                where
                    #taken,
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
