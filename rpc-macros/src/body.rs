//! Takes what stands in the braces of an `impl` block, a trait or a module apart, down to the
//! functions.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Ident, Token, Visibility};

use crate::item::FunctionItem;

/// The braces and what stands in them.
pub(crate) struct Body {
    braces: Group,
    attributes: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
}

/// Something in a body.
pub(crate) enum Member {
    Function(Box<FunctionItem>),
    Module(ModuleItem),
    /// What is not this macro's concern, as it stands.
    Other(TokenStream),
}

/// A module, in another or by itself.
pub(crate) struct ModuleItem {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    keyword: Token![mod],
    pub(crate) ident: Ident,
    /// What stands in it; `None` when that is in another file.
    pub(crate) body: Option<Body>,
}

impl Body {
    /// Takes an item apart into what stands before its body, and the body, in which whatever is
    /// no function or module is a `T`. `None` when it has no body.
    pub(crate) fn split<T: Parse + ToTokens>(
        item: TokenStream,
    ) -> syn::Result<Option<(TokenStream, Self)>> {
        let mut tokens: Vec<_> = item.into_iter().collect();
        match tokens.pop() {
            Some(TokenTree::Group(braces)) if braces.delimiter() == Delimiter::Brace => {
                Ok(Some((tokens.into_iter().collect(), Self::read::<T>(braces)?)))
            }
            _ => Ok(None),
        }
    }

    fn read<T: Parse + ToTokens>(braces: Group) -> syn::Result<Self> {
        let parser = |input: ParseStream| {
            let attributes = input.call(Attribute::parse_inner)?;
            let mut members = Vec::new();
            while !input.is_empty() {
                members.push(Member::read::<T>(input)?);
            }
            Ok((attributes, members))
        };
        let (attributes, members) = parser.parse2(braces.stream())?;
        Ok(Self { braces, attributes, members })
    }
}

impl Member {
    fn read<T: Parse + ToTokens>(input: ParseStream) -> syn::Result<Self> {
        if FunctionItem::is_next(input) {
            Ok(Self::Function(Box::new(input.parse()?)))
        } else if ModuleItem::is_next(input) {
            input.parse().map(Self::Module)
        } else {
            Ok(Self::Other(input.parse::<T>()?.into_token_stream()))
        }
    }
}

impl ModuleItem {
    /// Whether a module comes next.
    pub(crate) fn is_next(input: ParseStream) -> bool {
        let ahead = input.fork();
        ahead.call(Attribute::parse_outer).is_ok()
            && ahead.parse::<Visibility>().is_ok()
            && ahead.peek(Token![mod])
    }
}

impl Parse for ModuleItem {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        Ok(Self {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            keyword: input.parse()?,
            ident: input.parse()?,
            body: match input.parse()? {
                TokenTree::Group(braces) => Some(Body::read::<syn::Item>(braces)?),
                _ => None,
            },
        })
    }
}

impl ToTokens for Body {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let mut content = TokenStream::new();
        content.append_all(&self.attributes);
        content.append_all(&self.members);
        let mut braces = Group::new(Delimiter::Brace, content);
        braces.set_span(self.braces.span());
        tokens.append(braces);
    }
}

impl ToTokens for Member {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Function(function) => function.to_tokens(tokens),
            Self::Module(module) => module.to_tokens(tokens),
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

impl ToTokens for ModuleItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attributes);
        self.visibility.to_tokens(tokens);
        self.keyword.to_tokens(tokens);
        self.ident.to_tokens(tokens);
        match &self.body {
            Some(body) => body.to_tokens(tokens),
            None => <Token![;]>::default().to_tokens(tokens),
        }
    }
}
