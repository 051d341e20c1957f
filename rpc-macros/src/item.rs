//! Holds the annotated function as it stands in the source.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, ReturnType, Signature, Visibility, parse_quote};

use crate::parameter;

/// A function whose body is left unread: what is wrong in there is for rustc to say.
#[derive(Clone)]
pub(crate) struct FunctionItem {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// The body in its braces, or the semicolon of a trait's method that has none.
    body: TokenTree,
}

impl FunctionItem {
    /// Whether a function comes next.
    pub(crate) fn is_next(input: ParseStream) -> bool {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer).is_ok()
            && ahead.parse::<Visibility>().is_ok()
            && ahead.parse::<Signature>().is_ok()
    }

    /// Rewrites the `async fn` of a trait as the `fn` it stands for, whose future can be sent
    /// between threads; a plain `async fn` leaves that to each implementation.
    pub(crate) fn promise_send(&mut self) {
        if self.signature.asyncness.take().is_none() {
            return;
        }
        let output = match &self.signature.output {
            ReturnType::Default => quote!(()),
            ReturnType::Type(_, ty) => quote!(#ty),
        };
        self.signature.output = parse_quote! {
            -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
        };
        if let TokenTree::Group(body) = &self.body {
            self.body = parse_quote!({ async move #body });
            self.attributes.push(parse_quote!(#[allow(clippy::manual_async_fn)]));
        }
    }
}

impl Parse for FunctionItem {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            signature: input.parse()?,
            body: input.parse()?,
        })
    }
}

/// Writes the function without the attributes that are this macro's own, and without documentation
/// of parameters, which rustc refuses.
impl ToTokens for FunctionItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut signature = self.signature.clone();
        for input in &mut signature.inputs {
            let attributes = match input {
                FnArg::Typed(input) => &mut input.attrs,
                FnArg::Receiver(receiver) => &mut receiver.attrs,
            };
            let is_kept = |attribute: &Attribute| {
                !parameter::is_own(attribute) && !attribute.path().is_ident("doc")
            };
            attributes.retain(is_kept);
        }
        for attribute in &self.attributes {
            attribute.to_tokens(tokens);
        }
        self.visibility.to_tokens(tokens);
        signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
