//! Writes how a function that answers with many items has them sent.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::hygiene::hidden;
use super::outcome;
use crate::function::Function;
use crate::items::{Items, Source};
use crate::names;
use crate::outcome::Told;
use crate::types;

/// Writes the statements that send the items of what a function `returned`.
pub(super) fn send(function: &Function, items: &Items, returned: &TokenStream) -> TokenStream {
    let outcome = names::outcome(&function.ident);
    let span = function.outcome.span().resolved_at(hidden());
    let opened = match &items.opening {
        Some(opening) => {
            let result = outcome::opening(opening, returned);
            let span = opening.span().resolved_at(hidden());
            quote_spanned!(span=> __rpc::opened::<#outcome, _, _>(#result)?)
        }
        None => returned.clone(),
    };
    let mapped = map(function, items.source, span);
    let may_fail = function.outcome.error.is_some();
    let send = match (items.source, may_fail) {
        (Source::Iterator, false) => quote_spanned!(span=> send_items),
        (Source::Iterator, true) => quote_spanned!(span=> send_item_results::<#outcome, _, _>),
        (Source::Stream, false) => quote_spanned!(span=> send_stream),
        (Source::Stream, true) => quote_spanned!(span=> send_stream_results::<#outcome, _, _>),
    };
    quote_spanned! {span=>
        let items = #opened;
        #mapped
        __rpc::#send(outlet, items).await
    }
}

/// Writes the statements that make of the items what is sent of them, where that is something else.
fn map(function: &Function, source: Source, span: Span) -> Option<TokenStream> {
    let Function { outcome, .. } = function;
    let item = quote_spanned!(span=> item);
    let is_bytes = outcome.told != Told::Nothing && types::has_bytes(function.written());
    let sent = is_bytes.then(|| quote_spanned!(span=> __rpc::IntoBytes::into_bytes(#item)));
    let sent = outcome::result(outcome, sent.as_ref().unwrap_or(&item)).or(sent)?;
    Some(match source {
        Source::Iterator => quote_spanned! {span=>
            let items = ::core::iter::Iterator::map(items, |item| #sent);
        },
        Source::Stream => quote_spanned! {span=>
            let items = ::core::pin::pin!(items);
            let items = __rpc::map_stream(items, |item| #sent);
        },
    })
}
