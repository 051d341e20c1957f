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
    let sent = sent(function, span);
    let may_fail = function.outcome.error.is_some();
    let sender = match (items.source, may_fail) {
        (Source::Iterator, false) => quote_spanned!(span=> send_items),
        (Source::Iterator, true) => quote_spanned!(span=> send_item_results::<#outcome, _, _>),
        (Source::Stream, false) => quote_spanned!(span=> send_stream),
        (Source::Stream, true) => quote_spanned!(span=> send_stream_results::<#outcome, _, _>),
    };
    quote_spanned! {span=>
        let items = #opened;
        __rpc::#sender(outlet, items, |item| #sent).await
    }
}

/// Writes what is sent of an item.
fn sent(function: &Function, span: Span) -> TokenStream {
    let Function { outcome, .. } = function;
    let item = quote_spanned!(span=> item);
    let is_bytes = outcome.told != Told::Nothing && types::has_bytes(function.written());
    let sent =
        if is_bytes { quote_spanned!(span=> __rpc::IntoBytes::into_bytes(#item)) } else { item };
    outcome::result(outcome, &sent).unwrap_or(sent)
}
