//! Writes how a call is given the argument of one parameter.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Lifetime, Type, parse_quote};

use crate::function::Function;
use crate::names;
use crate::parameter::{Parameter, Takes, Upload};
use crate::spelling::{self, spell};
use crate::types;

/// How an argument travels from the caller into the call.
pub(super) struct Sent {
    /// The generics of a method that takes it.
    pub(super) generics: TokenStream,
    /// What stands in those generics for items that are sent one after another.
    pub(super) upload: Option<TokenStream>,
    /// The type that the caller gives.
    pub(super) accepted: TokenStream,
    /// The type that the call keeps.
    pub(super) state: TokenStream,
    /// The expression that makes the second from the first.
    pub(super) kept: TokenStream,
}

impl Sent {
    /// Describes the argument of `parameter`, with its lifetimes named `lifetime`, to code that
    /// knows the library's private module as `rpc`; for one that is not required that must be
    /// `__rpc`.
    pub(super) fn of(parameter: &Parameter, lifetime: &Lifetime, rpc: &TokenStream) -> Self {
        let name = &parameter.ident;
        match &parameter.takes {
            Takes::One => Self::one(parameter, lifetime, rpc),
            Takes::Args(element) => {
                let (list, kept) = if types::is_word(element, "String") {
                    (
                        quote_spanned!(name.span()=> __rpc::IntoTexts),
                        quote!(__rpc::IntoTexts::into_texts(#name)),
                    )
                } else {
                    (
                        quote_spanned!(name.span()=> __rpc::IntoArgs<#element>),
                        quote!(__rpc::IntoArgs::into_args(#name)),
                    )
                };
                Self {
                    generics: TokenStream::new(),
                    upload: None,
                    accepted: quote!(impl #list),
                    state: quote!(__rpc::GivenArgs<#element>),
                    kept,
                }
            }
            Takes::Kwargs => Self {
                generics: quote!(<__K: __rpc::Kwargs>),
                upload: None,
                accepted: quote!(__K),
                state: quote!(__rpc::GivenKwargs<__K>),
                kept: quote!(__rpc::GivenKwargs(#name, "")),
            },
        }
    }

    fn items(name: &Ident, Upload { item, .. }: &Upload, rpc: &TokenStream) -> Self {
        let from = quote_spanned!(name.span()=> __I: #rpc::IntoItems<#item, __M>);
        Self {
            generics: quote!(<#from, __M>),
            upload: Some(quote!(#from, __M)),
            accepted: quote!(__I),
            state: quote_spanned!(item.span()=> #rpc::ItemsFrom<__I, #item, __M>),
            kept: quote!(#rpc::ItemsFrom::new(#name)),
        }
    }

    fn one(parameter: &Parameter, lifetime: &Lifetime, rpc: &TokenStream) -> Self {
        let name = &parameter.ident;
        if let Some(upload) = &parameter.upload {
            return Self::items(name, upload, rpc);
        }
        let (value, borrows) = types::with_lifetime(parameter.value(), lifetime);
        let wrapper = parameter.is_bytes().then(|| quote!(#rpc::Bytes));
        let state = match &wrapper {
            Some(wrapper) if borrows => quote!(#wrapper<#lifetime>),
            Some(wrapper) => quote!(#wrapper<'static>),
            None => value.to_token_stream(),
        };
        let generics = if borrows { quote!(<'p>) } else { TokenStream::new() };
        if parameter.optional.is_some() {
            let wrap = wrapper.map(|_| quote!(.map(__rpc::IntoBytes::into_bytes)));
            Self {
                generics,
                upload: None,
                // With this span rustc points at the parameter, and not at the attribute.
                accepted: quote_spanned!(name.span()=> impl __rpc::IntoOption<#value>),
                state: quote!(__rpc::Given<::core::option::Option<#state>>),
                kept: quote!(__rpc::Given(__rpc::IntoOption::into_option(#name) #wrap)),
            }
        } else if parameter.default.is_some() {
            let wrap = wrapper.map(|_| quote!(.map(__rpc::IntoBytes::into_bytes)));
            Self {
                generics,
                upload: None,
                accepted: quote_spanned!(name.span()=> impl __rpc::IntoOption<#value>),
                state: quote!(__rpc::GivenIf<#state>),
                kept: quote!(__rpc::GivenIf(__rpc::IntoOption::into_option(#name) #wrap)),
            }
        } else {
            let kept = match wrapper {
                Some(_) => quote_spanned!(value.span()=> #rpc::IntoBytes::into_bytes(#name)),
                None => quote!(#name),
            };
            Self {
                generics,
                upload: None,
                accepted: value.to_token_stream(),
                state: quote_spanned!(parameter.ty.span()=> #rpc::Given<#state>),
                kept: quote!(#rpc::Given(#kept)),
            }
        }
    }
}

/// Writes the traits that say, in an error's own words, what is wrong with an argument.
pub(super) fn states(function: &Function, parameter: &Parameter) -> TokenStream {
    let visibility = &function.visibility;
    let name = names::on_the_wire(&parameter.ident);
    let callee = names::on_the_wire(&function.ident);
    let note = spelling::message(&spelling::signature(function));

    let is_free = names::is_free(&parameter.ident);
    let message = format!("argument `{name}` of `{callee}` is given twice");
    let label = format!("`{name}` has its argument already");
    let mut traits = quote! {
        #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
        #visibility trait #is_free {}
        #[diagnostic::do_not_recommend]
        impl #is_free for __rpc::Omitted {}
    };
    if let Takes::Kwargs = parameter.takes {
        traits.extend(quote! {
            #[diagnostic::do_not_recommend]
            impl<__R: #is_free, __A> #is_free for __rpc::Keywords<__R, __A> {}
        });
    }
    if parameter.is_required() {
        let is_given = names::is_given(&parameter.ident);
        // rustc points at the parameter's type where it cannot be sent.
        let span = parameter.ty.span();
        let rpc = quote_spanned!(span=> __rpc);
        let Sent { state, generics, .. } = Sent::of(parameter, &lifetime(), &rpc);
        let bound = quote_spanned!(parameter.ident.span()=> __rpc::Argument);
        let implementation = quote_spanned!(span=> impl #generics #is_given for #state {});
        let message = format!("argument `{name}` of `{callee}` is missing");
        let label = format!("`{name}` is not given");
        traits.extend(quote! {
            #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
            #visibility trait #is_given: #bound {}
            #[diagnostic::do_not_recommend]
            #implementation
        });
    }
    traits
}

/// Writes the method for the keyword, and those for the positions.
pub(super) fn methods(function: &Function, index: usize, states: &[Ident]) -> TokenStream {
    let parameter = &function.parameters[index];
    let Function { visibility, .. } = function;
    let name = &parameter.ident;
    let setter = names::setter(name);
    let is_free = names::is_free(name);
    let Sent { generics, accepted, mut state, mut kept, .. } =
        Sent::of(parameter, &lifetime(), &quote!(__rpc));
    let is_args = |other: &&Parameter| matches!(other.takes, Takes::Args(_));
    if let (Takes::Kwargs, Some(args)) =
        (&parameter.takes, function.parameters.iter().find(is_args))
    {
        let reserved = names::on_the_wire(&args.ident);
        kept = quote!(__rpc::GivenKwargs(#name, #reserved));
    }

    let docs = docs(parameter);
    let old = &states[index];
    if let Takes::Kwargs = parameter.takes {
        let field = syn::Index::from(index + 1);
        state = quote!(__rpc::Also<#old, #state>);
        kept = quote!(__rpc::Also(self.#field, #kept));
    }
    let (next, given) = step(function, index, states, &state, &kept);
    let condition = quote_spanned!(name.span()=> #old: #is_free);
    let keyword = quote! {
        #[doc = #docs]
        #visibility fn #setter #generics(self, #name: #accepted) -> #next
        where
            #condition,
    };
    match &parameter.takes {
        Takes::One if parameter.has_position() => {
            let positional = names::positional(index, name.span());
            quote! {
                #keyword {
                    self.#positional(#name)
                }
                #[doc(hidden)]
                #visibility fn #positional #generics(self, #name: #accepted) -> #next {
                    #given
                }
            }
        }
        Takes::Args(element) => {
            let positions = gathering(function, index, states, element);
            quote! {
                #keyword {
                    #given
                }
                #positions
            }
        }
        Takes::Kwargs => {
            let rest = names::rest(name.span());
            quote! {
                #keyword {
                    #given
                }
                #[doc(hidden)]
                #visibility fn #rest #generics(self, #name: #accepted) -> #next
                where
                    #condition,
                {
                    #given
                }
            }
        }
        Takes::One => quote! {
            #keyword {
                #given
            }
        },
    }
}

/// Writes the methods that take the positional arguments that are left over, one by one.
fn gathering(function: &Function, index: usize, states: &[Ident], element: &Type) -> TokenStream {
    let Function { visibility, .. } = function;
    let name = &function.parameters[index].ident;
    let old = &states[index];
    let field = syn::Index::from(index + 1);
    let (accepted, given) = element_of(element, name);
    let kept = quote!(__rpc::Gather::gather(self.#field, #given));
    let state = quote!(__rpc::GivenArgs<#element>);
    let (next, given) = step(function, index, states, &state, &kept);
    let positions = index..=names::MOST_PARAMETERS;
    let methods = positions.map(|position| {
        let positional = names::positional(position, name.span());
        quote! {
            #[doc(hidden)]
            #visibility fn #positional(self, #name: #accepted) -> #next
            where
                #old: __rpc::Gather<#element>,
            {
                #given
            }
        }
    });
    methods.collect()
}

/// Returns the type that a caller gives for one of the positional arguments that are left over, and the
/// expression that makes the element of it: text that is lent will do for a `String`.
fn element_of(element: &Type, name: &Ident) -> (TokenStream, TokenStream) {
    if types::is_word(element, "String") {
        let accepted = quote_spanned!(name.span()=> impl __rpc::IntoText);
        (accepted, quote!(__rpc::IntoText::into_text(#name)))
    } else {
        (element.to_token_stream(), name.to_token_stream())
    }
}

/// Writes the type of a call that has one argument more, and the expression that makes it.
pub(super) fn step(
    function: &Function,
    index: usize,
    states: &[Ident],
    state: &TokenStream,
    kept: &TokenStream,
) -> (TokenStream, TokenStream) {
    let call = function.call_type();
    let types = states.iter().enumerate().map(|(position, other)| {
        if position == index { state.clone() } else { other.to_token_stream() }
    });
    let fields = (0..states.len()).map(|position| {
        if position == index {
            kept.clone()
        } else {
            let field = syn::Index::from(position + 1);
            quote!(self.#field)
        }
    });
    (quote!(#call<'c, __S, #(#types),*>), quote!(#call(self.0, #(#fields),*)))
}

/// Returns the names of the states that the parameters of a function are in.
pub(super) fn state_names(function: &Function) -> Vec<Ident> {
    (0..function.parameters.len()).map(|index| format_ident!("__P{index}")).collect()
}

/// The documentation of the method for a keyword.
pub(super) fn docs(parameter: &Parameter) -> String {
    let name = names::on_the_wire(&parameter.ident);
    let gives = gives(parameter, &name);
    if parameter.doc.is_empty() { gives } else { format!("{gives}\n\n{}", parameter.doc) }
}

fn gives(parameter: &Parameter, name: &str) -> String {
    match (&parameter.takes, &parameter.default, &parameter.optional) {
        (Takes::Args(_), ..) => {
            format!("Gives `{name}`, the positional arguments beyond the others.")
        }
        (Takes::Kwargs, ..) => format!("Gives `{name}`, the keyword arguments beyond the others."),
        (Takes::One, Some(default), _) => {
            format!("Gives `{name}`, which is `{}` when left out.", spell(default))
        }
        (Takes::One, None, Some(_)) => format!("Gives `{name}`, which may be left out."),
        (Takes::One, None, None) => format!("Gives `{name}`, which must be given."),
    }
}

/// The lifetime of a borrowed argument.
pub(super) fn lifetime() -> Lifetime {
    parse_quote!('p)
}
