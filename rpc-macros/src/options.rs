//! Reads the options in `#[rpc_export(…)]`.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, LitStr, Path, Result, Token, parse_quote};

use crate::check::Mistakes;

/// What stands between the parentheses of `#[rpc_export(…)]`.
#[derive(Default)]
pub(crate) struct Options {
    /// The name other sides call the function by, when not its own.
    pub(crate) name: Option<LitStr>,
    /// The name the ping dialect gives the reply, when not the function's.
    pub(crate) reply: Option<LitStr>,
    library: Option<Path>,
}

impl Options {
    /// Reads the options, and goes on to the next after one that is wrong.
    pub(crate) fn read(tokens: TokenStream, mistakes: &mut Mistakes) -> Self {
        let mut options = Self::default();
        let parser = |input: ParseStream| {
            while !input.is_empty() {
                if let Err(mistake) = options.read_one(input) {
                    mistakes.add(mistake);
                    skip_to_comma(input)?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(mistake) = parser.parse2(tokens) {
            mistakes.add(mistake);
        }
        options
    }

    /// Returns the path under which generated code finds `rpc_core`.
    pub(crate) fn library(&self) -> Path {
        self.library.clone().unwrap_or_else(|| parse_quote!(::rpc_core))
    }

    fn read_one(&mut self, input: ParseStream) -> Result<()> {
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "name" => set(&mut self.name, &key, input, check_name),
            "reply" => set(&mut self.reply, &key, input, |_| Ok(())),
            "crate" => set(&mut self.library, &key, input, |_| Ok(())),
            unknown => Err(Error::new(
                key.span(),
                format!("unknown option `{unknown}`: there are `name`, `reply` and `crate`"),
            )),
        }
    }
}

/// Reads `= value` into the slot of `key`, once.
fn set<T: Parse>(
    slot: &mut Option<T>,
    key: &Ident,
    input: ParseStream,
    check: fn(&T) -> Result<()>,
) -> Result<()> {
    if !input.peek(Token![=]) {
        return Err(Error::new(key.span(), format!("option `{key}` needs a value: `{key} = …`")));
    }
    input.parse::<Token![=]>()?;
    let value = input.parse()?;
    check(&value)?;
    if slot.replace(value).is_some() {
        return Err(Error::new(key.span(), format!("option `{key}` is given twice")));
    }
    Ok(())
}

fn check_name(name: &LitStr) -> Result<()> {
    let text = name.value();
    let reason = if text.is_empty() {
        "is empty"
    } else if text.starts_with("rpc.") {
        "begins with `rpc.`, which JSON-RPC keeps for itself"
    } else {
        return Ok(());
    };
    Err(Error::new(name.span(), format!("the name of a function {reason}")))
}

fn skip_to_comma(input: ParseStream) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
