//! Names what the macros generate, so that `#[rpc_export]` and `call!` agree.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::ext::IdentExt;

/// The methods that every call has; a parameter of the same name yields to them.
const METHODS: [&str; 4] = ["call", "notify", "start", "with"];

/// The greatest number of parameters a function may have, and of arguments that `call!` gives by
/// position.
pub(crate) const MOST_PARAMETERS: usize = 16;

/// Returns the name a function or parameter has on the wire: `type` for `r#type`.
pub(crate) fn on_the_wire(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Returns the name that callers know a parameter by: `verbose` for `_verbose`, which only says that
/// the function does not use it.
pub(crate) fn of_parameter(pattern: &Ident) -> Ident {
    let text = pattern.to_string();
    let Some(name) = text.strip_prefix('_').filter(|name| !name.starts_with('_')) else {
        return pattern.clone();
    };
    let parsed = syn::parse_str(name);
    let parsed = parsed.or_else(|_| syn::parse_str::<Ident>(&format!("r#{name}")));
    match parsed {
        Ok(mut ident) => {
            ident.set_span(pattern.span());
            ident
        }
        Err(_) => pattern.clone(),
    }
}

/// Returns the method that begins a call with no argument given: `__call_add` for `add`, and for
/// itself, because rustc proposes it to whoever misspells a function.
pub(crate) fn starter(function: &Ident) -> Ident {
    if function.to_string().starts_with("__call_") {
        return function.clone();
    }
    format_ident!("__call_{}", function.unraw(), span = function.span())
}

/// Returns the type of a call being put together: `AddUserCall` for `add_user`, and
/// `BankAddUserCall` for that of a `Bank`.
pub(crate) fn call_type(owner: Option<&Ident>, function: &Ident) -> Ident {
    let owner = owner.map(on_the_wire).unwrap_or_default();
    format_ident!("{owner}{}Call", camel_case(function), span = function.span())
}

/// Returns a function's name as types are written: `AddUser` for `add_user`. A name that is not written as
/// those of functions are, `addUser`, stays as it is, so that two functions never have one.
fn camel_case(function: &Ident) -> String {
    let written = function.unraw().to_string();
    let is_usual = |word: &str| {
        word.starts_with(|first: char| first.is_lowercase()) && !word.contains(char::is_uppercase)
    };
    if !written.split('_').all(is_usual) {
        return format!("_{written}_");
    }
    let mut name = String::new();
    for word in written.split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        name.extend(letters);
    }
    name
}

/// Returns the module with the types of calls that belong to a function or a stub trait.
pub(crate) fn calls(of: &Ident) -> Ident {
    format_ident!("__{}_calls", of.unraw(), span = of.span())
}

/// Returns a name for the stub of a function whose own name is taken: `AddUserStub` for `add_user`.
pub(crate) fn stub_beside(function: &Ident) -> Ident {
    format_ident!("{}Stub", camel_case(function), span = function.span())
}

/// Returns the trait with the methods of an exported block or trait: `BankStub` for `Bank`.
pub(crate) fn stub_trait(owner: &Ident) -> Ident {
    format_ident!("{}Stub", owner.unraw(), span = owner.span())
}

/// Returns the type that serves what implements an exported trait: `ApiService` for `Api`.
pub(crate) fn service(owner: &Ident) -> Ident {
    format_ident!("{}Service", owner.unraw(), span = owner.span())
}

/// Returns the static that describes a function.
pub(crate) fn signature(function: &Ident) -> Ident {
    format_ident!("__SIGNATURE_{}", function.unraw())
}

/// Returns the type that says what a call of a function comes to.
pub(crate) fn outcome(function: &Ident) -> Ident {
    format_ident!("__Outcome_{}", function.unraw())
}

/// Returns the key of the shared state that stands at `position` of a function's parameters.
pub(crate) fn state_key(function: &Ident, position: usize) -> Ident {
    format_ident!("__STATE_{position}_{}", function.unraw())
}

/// Returns the function that serves calls of another.
pub(crate) fn server(function: &Ident) -> Ident {
    format_ident!("__serve_{}", function.unraw())
}

/// Returns the module that a function's or an interface's mistakes are reported in.
pub(crate) fn mistakes(of: &Ident) -> Ident {
    format_ident!("__{}_is_wrong", of.unraw())
}

/// Returns the method that gives a parameter its argument: `c` for `c`, `call_` for `call`, `call__` for
/// `call_`, and so on, so that two names never have one.
pub(crate) fn setter(parameter: &Ident) -> Ident {
    let name = on_the_wire(parameter);
    if METHODS.contains(&name.trim_end_matches('_')) || name.starts_with("__") {
        format_ident!("{}_", parameter.unraw(), span = parameter.span())
    } else {
        parameter.clone()
    }
}

/// Returns the method that gives the parameter at `index` its argument: `__2`, and one and the same for
/// all that stand behind as many as there can be.
pub(crate) fn positional(index: usize, span: Span) -> Ident {
    if index < MOST_PARAMETERS {
        Ident::new(&format!("__{index}"), span)
    } else {
        Ident::new("__more", span)
    }
}

/// Returns the trait by which a call has the method for a keyword that is no parameter's.
pub(crate) fn gathering(setter: &Ident) -> Ident {
    format_ident!("__gather_{}", setter.unraw(), span = setter.span())
}

/// Returns the method that gives all keyword arguments that a function gathers.
pub(crate) fn rest(span: Span) -> Ident {
    Ident::new("__rest", span)
}

/// Returns the trait of a parameter's state once the argument is there.
pub(crate) fn is_given(parameter: &Ident) -> Ident {
    format_ident!("{}_is_given", parameter.unraw(), span = parameter.span())
}

/// Returns the trait of a parameter's state while the argument is not there.
pub(crate) fn is_free(parameter: &Ident) -> Ident {
    format_ident!("{}_is_free", parameter.unraw(), span = parameter.span())
}
