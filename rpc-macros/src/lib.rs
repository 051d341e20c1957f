//! The macros of `rpc_core`, which re-exports them.

mod call;
mod check;
mod expand;
mod fallback;
mod function;
mod item;
mod names;
mod options;
mod parameter;
mod spelling;
mod types;

use proc_macro::TokenStream;

/// Makes a function callable from elsewhere.
#[proc_macro_attribute]
pub fn rpc_export(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::rpc_export(options.into(), item.into()).into()
}

/// Calls an exported function.
#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    call::call(input.into()).into()
}
