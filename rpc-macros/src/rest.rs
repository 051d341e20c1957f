//! Reads `..options`, which is how a call gives all that a function gathers of keywords.

use syn::Token;
use syn::parse::ParseStream;

/// Whether what comes next is `..options`.
pub(crate) fn begins_rest(input: ParseStream) -> bool {
    input.peek(Token![..]) && !input.peek(Token![..=]) && !input.peek(Token![...])
}
