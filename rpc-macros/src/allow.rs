//! Who may call: `allow = "bank:write"`, or `allow("bank:read", "bank:write")`, of which one is enough.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, LitStr, Result, Token, parenthesized, token};

/// The permissions of which a caller needs one, as they were written; `*` alone is anybody.
#[derive(Clone)]
pub(crate) struct Allow(Vec<LitStr>);

impl Allow {
    /// Reads what stands behind `allow`.
    pub(crate) fn read(key: &Ident, input: ParseStream) -> Result<Self> {
        let permissions: Vec<LitStr> = if input.peek(token::Paren) {
            let list;
            parenthesized!(list in input);
            let list: TokenStream = list.parse()?;
            let list = Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(list);
            let list = list.map_err(|mistake| {
                let advice = "a permission is text: `allow(\"bank:read\", \"bank:write\")`";
                Error::new(mistake.span(), advice)
            })?;
            list.into_iter().collect()
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            vec![input.parse().map_err(|it: Error| {
                Error::new(it.span(), "a permission is text: `allow = \"bank:write\"`")
            })?]
        } else {
            Vec::new()
        };
        if permissions.is_empty() {
            let advice = "option `allow` needs a permission, `allow = \"bank:write\"`, or several of \
                          which one is enough: `allow(\"bank:read\", \"bank:write\")`";
            return Err(Error::new(key.span(), advice));
        }
        for (index, permission) in permissions.iter().enumerate() {
            let text = permission.value();
            let is_twice = permissions.iter().take(index).any(|one| one.value() == text);
            let problem = if is_twice {
                Some(format!("the permission `{text}` is given twice"))
            } else if text == "*" && permissions.len() > 1 {
                Some("`*` is anybody, so it stands alone: `allow = \"*\"`".to_owned())
            } else {
                problem(&text)
            };
            if let Some(problem) = problem {
                return Err(Error::new(permission.span(), problem));
            }
        }
        Ok(Self(permissions))
    }

    /// The permissions as a slice of texts.
    pub(crate) fn slice(&self) -> TokenStream {
        let permissions = &self.0;
        quote!(&[#(#permissions),*])
    }
}

/// Writes the option.
impl ToTokens for Allow {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let permissions = &self.0;
        tokens.append_all(quote!(allow(#(#permissions),*)));
    }
}

/// What is wrong with a permission, which is what OAuth calls a scope, without what would be read as a list or a pattern.
fn problem(text: &str) -> Option<String> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '|' | ',');
    if text.trim().is_empty() {
        return Some("a permission is empty; `allow = \"*\"` is for anybody".to_owned());
    }
    let several: Vec<_> = text.split(is_between).filter(|one| !one.is_empty()).collect();
    if let [_, _, ..] = several.as_slice() {
        let each: Vec<_> = several.iter().map(|one| format!("{one:?}")).collect();
        return Some(format!(
            "permissions of which one is enough are given one by one: `allow({})`",
            each.join(", ")
        ));
    }
    if text != "*" && text.contains('*') {
        let advice = "permissions have no patterns; `*` alone is anybody";
        return Some(format!("`{text}` would be a pattern, and {advice}"));
    }
    let is_odd = |c: char| !c.is_ascii_graphic() || is_between(c) || matches!(c, '"' | '\\');
    text.chars().find(|c| is_odd(*c)).map(|odd| {
        format!(
            "a permission is made of ASCII's letters, digits and signs, without quotes, backslashes, `|` and \
             `,`; this one has {odd:?}"
        )
    })
}
