//! Reads the options in `#[rpc_export(…)]`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Expr, LitBool, LitStr, Meta, Path, Result, Token, Visibility};

use crate::allow::Allow;
use crate::library;
use crate::mistakes::Mistakes;

/// What stands between the parentheses of `#[rpc_export(…)]`.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Options {
    /// The name other sides call the function by, or a module's functions begin with, when not its
    /// own.
    pub(crate) name: Option<LitStr>,
    /// The name the ping dialect gives the reply, when not the function's.
    pub(crate) reply: Option<LitStr>,
    /// Whether running it twice does what running it once does.
    pub(crate) idempotent: bool,
    /// Whether it blocks its thread.
    pub(crate) blocking: bool,
    /// Whether it changes nothing.
    pub(crate) read_only: bool,
    /// Whether it may destroy what is there.
    pub(crate) destructive: Option<LitBool>,
    /// Whether it deals with more than the server.
    pub(crate) open_world: Option<LitBool>,
    /// Whether it is a tool for language models.
    pub(crate) mcp: Option<LitBool>,
    /// Who may call it, or what stands in it; the nearest counts.
    pub(crate) allow: Option<Allow>,
    /// What its items are called that callers in JSON-RPC subscribe to.
    pub(crate) subscription: Option<LitStr>,
    /// What is called to end such a subscription, when not what follows from its own name.
    pub(crate) unsubscribe: Option<LitStr>,
    /// Calls that show what it does, as they are written.
    pub(crate) written_examples: Vec<Expr>,
    /// Whether it is not exported, unlike its neighbours.
    pub(crate) skip: bool,
    /// The name of the stub trait, when not the usual one.
    pub(crate) stub: Option<Ident>,
    /// Whether another block of the type is exported too.
    pub(crate) more: bool,
    library: Option<Path>,
}

/// What the attribute stands on, which decides what options there are.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// A function that stands alone.
    Function,
    /// A function in an exported module.
    Member,
    /// A method in an exported block or trait.
    Method,
    /// An `impl` block.
    Block,
    /// A trait.
    Trait,
    /// A module.
    Module,
    /// A module in an exported module.
    Submodule,
}

/// Lists the options of all that is called, and others.
macro_rules! functions {
    ($($more:literal),*) => {
        &[
            "name", "reply", "idempotent", "blocking", "read_only", "destructive", "open_world",
            "mcp", "allow", "subscription", "unsubscribe", "example", $($more),*
        ]
    };
}

impl Target {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Function => functions!("stub", "crate"),
            Self::Member => functions!("stub", "skip"),
            Self::Method => functions!("skip"),
            Self::Block => &["allow", "stub", "more", "crate"],
            Self::Trait => &["allow", "stub", "crate"],
            Self::Module => &["name", "allow", "crate"],
            Self::Submodule => &["name", "allow", "skip"],
        }
    }
}

impl Options {
    /// Reads the options, and goes on to the next after one that is wrong.
    pub(crate) fn read(tokens: TokenStream, target: Target, mistakes: &mut Mistakes) -> Self {
        let mut options = Self::default();
        let parser = |input: ParseStream| options.read_all(input, target, mistakes);
        if let Err(mistake) = parser.parse2(tokens) {
            mistakes.add(mistake);
        }
        options
    }

    /// Takes the attributes that are this macro's own away from a member, and reads them; `None`
    /// when there are none.
    pub(crate) fn take(
        attributes: &mut Vec<Attribute>,
        target: Target,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let mut own = attributes.extract_if(.., |attribute| is_own(attribute));
        let attribute = own.next()?;
        own.for_each(|second| mistakes.add(second_attribute(&second)));
        match attribute.meta {
            Meta::Path(_) => Some(Self::default()),
            Meta::List(list) => Some(Self::read(list.tokens, target, mistakes)),
            Meta::NameValue(meta) => {
                mistakes.at(meta, "options stand in parentheses: `#[rpc_export(name = \"…\")]`");
                Some(Self::default())
            }
        }
    }

    /// Returns the path under which generated code finds `rpc_core`.
    pub(crate) fn library(&self) -> Path {
        self.library.clone().unwrap_or_else(library::path)
    }

    /// The same within what has these options: who may call is said there where it is not said here.
    pub(crate) fn within(mut self, allow: Option<&Allow>) -> Self {
        self.allow = self.allow.or_else(|| allow.cloned());
        self
    }

    fn read_all(
        &mut self,
        input: ParseStream,
        target: Target,
        mistakes: &mut Mistakes,
    ) -> Result<()> {
        while !input.is_empty() {
            if let Err(mistake) = self.read_one(input, target) {
                mistakes.add(mistake);
                skip_to_comma(input)?;
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn read_one(&mut self, input: ParseStream, target: Target) -> Result<()> {
        if input.peek(LitStr) && target.options().contains(&"name") {
            let name = input.parse::<LitStr>()?;
            let advice = format!("a name is given as `name = {}`", name.to_token_stream());
            return Err(Error::new(name.span(), advice));
        }
        let key = input.call(Ident::parse_any)?;
        let text = key.to_string();
        if !target.options().contains(&text.as_str()) {
            let options = list(target.options());
            return Err(Error::new(key.span(), format!("unknown option `{key}`: {options}")));
        }
        match text.as_str() {
            "name" => set(&mut self.name, &key, input, check_name),
            "reply" => set(&mut self.reply, &key, input, |_| Ok(())),
            "crate" => set(&mut self.library, &key, input, |_| Ok(())),
            "stub" => set(&mut self.stub, &key, input, |_| Ok(())),
            "idempotent" => flag(&mut self.idempotent, &key, input),
            "blocking" => flag(&mut self.blocking, &key, input),
            "read_only" => flag(&mut self.read_only, &key, input),
            "destructive" => choice(&mut self.destructive, &key, input),
            "open_world" => choice(&mut self.open_world, &key, input),
            "mcp" => choice(&mut self.mcp, &key, input),
            "allow" => match self.allow.replace(Allow::read(&key, input)?) {
                Some(_) => Err(given_twice(&key)),
                None => Ok(()),
            },
            "subscription" => set(&mut self.subscription, &key, input, check_name),
            "unsubscribe" => set(&mut self.unsubscribe, &key, input, check_name),
            "example" => {
                let mut example = None;
                set(&mut example, &key, input, |_| Ok(()))?;
                self.written_examples.extend(example);
                Ok(())
            }
            "more" => flag(&mut self.more, &key, input),
            _ => flag(&mut self.skip, &key, input),
        }
    }
}

/// Whether a member of an exported block or module is exported: when it is public or says so, unless
/// it says that it is not.
pub(crate) fn is_exported(visibility: &Visibility, options: Option<&Options>) -> bool {
    match options {
        Some(options) => !options.skip,
        None => matches!(visibility, Visibility::Public(_)),
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
    match slot.replace(value) {
        Some(_) => Err(given_twice(key)),
        None => Ok(()),
    }
}

/// Notes that `key` is there, once.
fn flag(slot: &mut bool, key: &Ident, input: ParseStream) -> Result<()> {
    if input.peek(Token![=]) {
        return Err(Error::new(key.span(), format!("option `{key}` takes no value")));
    }
    if std::mem::replace(slot, true) { Err(given_twice(key)) } else { Ok(()) }
}

/// Notes that `key` is there, or `key = false` or `key = true`, once.
fn choice(slot: &mut Option<LitBool>, key: &Ident, input: ParseStream) -> Result<()> {
    let mut answer = LitBool::new(true, key.span());
    if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        answer = input.parse().map_err(|mistake| {
            let advice = format!("option `{key}` is `{key}`, `{key} = true` or `{key} = false`");
            Error::new(mistake.span(), advice)
        })?;
    }
    match slot.replace(answer) {
        Some(_) => Err(given_twice(key)),
        None => Ok(()),
    }
}

/// Whether an attribute is this macro's own.
pub(crate) fn is_own(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "rpc_export")
}

/// What is wrong with an attribute that is not the first of its kind.
pub(crate) fn second_attribute(attribute: &Attribute) -> Error {
    Error::new_spanned(
        attribute,
        "there is an `#[rpc_export]` already: put the options of both in one",
    )
}

fn given_twice(key: &Ident) -> Error {
    Error::new(key.span(), format!("option `{key}` is given twice"))
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

/// Lists options as a sentence does: `there are `name` and `crate``.
fn list(options: &[&str]) -> String {
    let quoted: Vec<_> = options.iter().map(|option| format!("`{option}`")).collect();
    match quoted.as_slice() {
        [one] => format!("there is {one}"),
        [first @ .., last] => format!("there are {} and {last}", first.join(", ")),
        [] => String::new(),
    }
}

fn skip_to_comma(input: ParseStream) -> Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
