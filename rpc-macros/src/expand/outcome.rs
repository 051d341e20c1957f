//! Writes what a call comes to: its types, what is asked of them, and how a result becomes one.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::hygiene::hidden;
use crate::function::Function;
use crate::names;
use crate::outcome::{self, Outcome, Told, is_bytes, is_text, what};

/// Writes the type that says what a call comes to: there, and only there, rustc finds out that it
/// cannot travel.
pub(super) fn definition(function: &Function) -> TokenStream {
    let Function { conditions, outcome: Outcome { value, .. }, .. } = function;
    let ident = names::outcome(&function.ident);
    let error = error(function);
    let checks = checks(function);
    let cause = cause(function);
    quote! {
        #(#conditions)*
        enum #ident {}
        #(#conditions)*
        impl __rpc::Outcome for #ident {
            type Value = #value;
            type Error = #error;
        }
        #checks
        #cause
    }
}

/// Writes what says, where the function's own error is named, whether it is one for others too.
fn cause(function: &Function) -> Option<TokenStream> {
    let Function { conditions, .. } = function;
    let error = function.failing().error.as_ref()?;
    Some(quote! {
        #(#conditions)*
        __rpc::inventory::submit! {{
            use __rpc::NoCause as _;
            __rpc::CauseProbe::<#error>::CAUSE
        }}
    })
}

/// Writes the constants in which rustc finds out that what is taken for a value is a `Result`.
fn checks(function: &Function) -> TokenStream {
    let Function { conditions, outcome: Outcome { whole, value, told, .. }, .. } = function;
    let asked = (*told != Told::Plain && !outcome::is_plain(value)).then_some(value);
    let seen = if matches!(told, Told::Result { .. }) { value } else { whole };
    let checks = asked.into_iter().chain(outcome::deep_inside(seen)).map(|ty| {
        let what = what(ty, &quote!(__rpc));
        let span = if *told == Told::Nothing { whole.span() } else { ty.span() };
        let asked = quote_spanned!(span=> __rpc::is_plain::<#ty, #what>);
        quote! {
            #(#conditions)*
            const _: fn() = #asked;
        }
    });
    checks.collect()
}

/// Writes the type of the error that a call may end in.
pub(super) fn error(function: &Function) -> TokenStream {
    let outcome = function.failing();
    match &outcome.error {
        None => quote!(__rpc::Error),
        Some(error) if outcome.may_be_words() => {
            let how = how(error);
            quote_spanned!(outcome.span()=> <#error as __rpc::Travels<#how>>::Seen)
        }
        Some(error) => quote_spanned!(error.span()=> __rpc::CallError<#error>),
    }
}

/// Writes the expression that makes the `Result` of a call of what a function returned; `None` where
/// that is the value itself.
pub(super) fn result(outcome: &Outcome, returned: &TokenStream) -> Option<TokenStream> {
    let standard = standard(outcome, returned);
    if outcome.told != Told::Nothing {
        return failing(outcome, &standard);
    }
    let span = outcome.span().resolved_at(hidden());
    let is_bytes = is_bytes(&outcome.whole, &quote!(__rpc));
    let sent = quote_spanned!(span=> #standard.map(__rpc::Sent::<#is_bytes>::into_sent));
    failing(outcome, &sent)
}

/// Writes the same of the opening of many items, which are no value to be sent.
pub(super) fn opening(outcome: &Outcome, returned: &TokenStream) -> Option<TokenStream> {
    failing(outcome, &standard(outcome, returned))
}

/// Writes the `Result` of the standard library that what a function returned is.
fn standard(outcome: &Outcome, returned: &TokenStream) -> TokenStream {
    if outcome.told != Told::Nothing {
        // rustc points at the whole type where it is another of that name.
        let whole = outcome.whole.span().resolved_at(hidden());
        return quote_spanned!(whole=> __rpc::StandardResult::into_standard(#returned));
    }
    let span = outcome.span().resolved_at(hidden());
    let what = what(&outcome.whole, &quote!(__rpc));
    quote_spanned!(span=> __rpc::Returned::<#what>::into_result(#returned))
}

/// Writes the same `Result` with the error that a call ends in; `None` where there is none.
fn failing(outcome: &Outcome, result: &TokenStream) -> Option<TokenStream> {
    let error = outcome.error.as_ref()?;
    let span = outcome.span().resolved_at(hidden());
    let is_lent = outcome.told == Told::Result { is_lent: true };
    let failure = if outcome.may_be_words() {
        let how = how(error);
        quote_spanned!(span=> .map_err(__rpc::Travels::<#how>::into_seen))
    } else if is_lent {
        quote_spanned!(span=> .map_err(__rpc::ToOwned::to_owned).map_err(__rpc::CallError::Function))
    } else {
        quote_spanned!(span=> .map_err(__rpc::CallError::Function))
    };
    if outcome.told == Told::Nothing {
        let is_text = is_text(&outcome.whole, &quote!(__rpc));
        let owned = quote_spanned!(span=> .map_err(__rpc::OwnedError::<#is_text>::into_owned));
        return Some(quote!(#result #owned #failure));
    }
    Some(quote!(#result #failure))
}

/// Writes the number that says how an error travels.
fn how(error: &Type) -> TokenStream {
    quote!({
        use __rpc::{NoError as _, Otherwise as _};
        __rpc::travels(__rpc::Probe::<#error>::IS_TYPED, __rpc::ErrorProbe::<#error>::HAS_WORDS)
    })
}
