//! What is known about a function: the one definition that binding, listings and stubs read.

use std::borrow::Cow;
use std::fmt;

use super::Allow;

/// A function's name, parameters, result and documentation.
///
/// Its `Display` form is the signature as Python would write it:
/// `add(a: i64, b: i64, c: i64 = 10) -> i64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub(crate) name: Cow<'static, str>,
    pub(crate) reply: Option<&'static str>,
    pub(crate) doc: &'static str,
    pub(crate) parameters: Cow<'static, [Parameter]>,
    /// How many of them can be given by position.
    pub(crate) positions: usize,
    pub(crate) result: &'static str,
    pub(crate) options: SignatureOptions,
    pub(crate) module: &'static str,
    pub(crate) place: &'static str,
    /// The note of its `#[deprecated]`, empty where that has none.
    pub(crate) deprecated: Option<&'static str>,
    /// Who may call it; no permissions where that is not said.
    pub(crate) allow: Allow,
}

/// One parameter of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, without `r#`; empty where none is known, which leaves only its position.
    pub name: &'static str,
    /// Its type, as it stands in the source.
    pub ty: &'static str,
    /// Whether and how it may be left out.
    pub kind: ParameterKind,
    /// Its documentation, as written above the parameter; empty where there is none.
    pub doc: &'static str,
}

/// Whether and how a parameter may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterKind {
    /// It must be given.
    Required,
    /// It may be left out; the default is this Rust expression.
    Default(&'static str),
    /// It may be left out and is `None` then.
    Optional,
    /// It takes the positional arguments that are left over.
    Args,
    /// It takes the keyword arguments that are left over.
    Kwargs,
}

/// What `#[rpc_export(…)]` says about how a function may be run, and what running it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct SignatureOptions {
    /// Running it twice does what running it once does.
    pub idempotent: bool,
    /// It blocks its thread.
    pub blocking: bool,
    /// It is an `async fn`.
    pub is_async: bool,
    /// It answers with any number of items, one after another.
    pub streams: bool,
    /// It takes any number of items, one after another.
    pub uploads: bool,
    /// It changes nothing.
    pub read_only: bool,
    /// Whether it may destroy what is there, or only adds to it; `None` where that is not said.
    pub destructive: Option<bool>,
    /// Whether it deals with more than the server itself; `None` where that is not said.
    pub open_world: Option<bool>,
    /// Whether language models may be offered it as a tool; `None` where that is not said.
    pub mcp: Option<bool>,
    /// What the items are called that callers in JSON-RPC subscribe to; `None` where they get all of them in one array.
    pub subscription: Option<&'static str>,
    /// What is called to end such a subscription; `None` where that follows from the function's name.
    pub unsubscribe: Option<&'static str>,
    /// The permissions of which a caller needs one; none where that is not said.
    pub allow: &'static [&'static str],
}

impl SignatureOptions {
    /// Nothing is said.
    pub const NONE: Self = Self {
        idempotent: false,
        blocking: false,
        is_async: false,
        streams: false,
        uploads: false,
        read_only: false,
        destructive: None,
        open_world: None,
        mcp: None,
        subscription: None,
        unsubscribe: None,
        allow: &[],
    };
}

impl Signature {
    /// Describes an exported function.
    pub const fn of(
        name: &'static str,
        reply: Option<&'static str>,
        doc: &'static str,
        parameters: &'static [Parameter],
        result: &'static str,
        options: SignatureOptions,
    ) -> Self {
        Self {
            name: Cow::Borrowed(name),
            reply,
            doc,
            parameters: Cow::Borrowed(parameters),
            positions: positions(parameters),
            result,
            options,
            module: "",
            place: "",
            deprecated: None,
            allow: Allow::of(options.allow),
        }
    }

    /// Says where the function stands: in which module, and where in which file.
    #[must_use]
    pub const fn at(mut self, module: &'static str, place: &'static str) -> Self {
        self.module = module;
        self.place = place;
        self
    }

    /// Says that the function is deprecated, and why or for what.
    #[must_use]
    pub const fn deprecated(mut self, note: &'static str) -> Self {
        self.deprecated = Some(note);
        self
    }

    /// The name it is called by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the ping dialect's replies are called: its own name unless it was given another.
    pub fn reply_name(&self) -> &str {
        self.reply.unwrap_or(&self.name)
    }

    /// Its documentation, as written above the function.
    pub fn doc(&self) -> &str {
        self.doc
    }

    /// The path of the module that it is exported in, such as `bank::accounts`, which begins with the
    /// name of the crate; empty for a closure.
    pub fn module(&self) -> &str {
        self.module
    }

    /// The file that it is exported in, and the line; empty for a closure.
    pub fn place(&self) -> &str {
        self.place
    }

    /// Its parameters, in order.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The type of its result, as it stands in the source; `()` where it has none.
    pub fn result(&self) -> &str {
        self.result
    }

    /// Whether typed callers give a parameter by position: it is required and stands before any
    /// variadic one, or takes the positions that are left over.
    pub(crate) fn is_positional(&self, index: usize) -> bool {
        match self.parameters[index].kind {
            ParameterKind::Required => index < self.positions,
            ParameterKind::Args => true,
            _ => false,
        }
    }

    /// Whether running it twice does what running it once does.
    pub fn is_idempotent(&self) -> bool {
        self.options.idempotent
    }

    /// Whether it is an `async fn`.
    pub fn is_async(&self) -> bool {
        self.options.is_async
    }

    /// Whether it answers with any number of items, one after another, rather than with one result.
    pub fn is_stream(&self) -> bool {
        self.options.streams
    }

    /// What the notifications are called that callers in JSON-RPC get its items in, where they subscribe to them.
    pub fn subscription(&self) -> Option<&str> {
        self.options.subscription
    }

    /// What is called in JSON-RPC to end a subscription to its items, where there are any.
    ///
    /// Where the function does not say, it follows from its name: that of `eth_subscribe` is `eth_unsubscribe`, of
    /// `accountSubscribe` it is `accountUnsubscribe`, and of `ticks` it is `ticks_unsubscribe`.
    pub fn unsubscribe(&self) -> Option<Cow<'static, str>> {
        self.unsubscribe_of(&self.name)
    }

    /// The same where it is called by this name.
    pub(crate) fn unsubscribe_of(&self, name: &str) -> Option<Cow<'static, str>> {
        self.options.subscription?;
        Some(match self.options.unsubscribe {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(unsubscribe(name)),
        })
    }

    /// Whether it takes any number of items, one after another: one of its parameters is an [`Items`](crate::Items) or an
    /// [`ItemStream`](crate::ItemStream).
    pub fn is_upload(&self) -> bool {
        self.options.uploads
    }

    /// Whether it was declared to block its thread.
    pub fn is_blocking(&self) -> bool {
        self.options.blocking
    }

    /// Whether it was declared to change nothing.
    pub fn is_read_only(&self) -> bool {
        self.options.read_only
    }

    /// Whether it may destroy what is there, or only adds to it; `None` where that was not said.
    pub fn is_destructive(&self) -> Option<bool> {
        self.options.destructive
    }

    /// Whether it deals with more than the server itself, as one that sends mail does; `None` where that
    /// was not said.
    pub fn is_open_world(&self) -> Option<bool> {
        self.options.open_world
    }

    /// Whether it was declared to be a tool for language models, or not to be one; `None` where that was
    /// not said.
    pub fn is_tool(&self) -> Option<bool> {
        self.options.mcp
    }

    /// The permissions of which a caller needs one: none where it says nothing, `*` where anybody may call it.
    pub fn permissions(&self) -> impl ExactSizeIterator<Item = &str> {
        self.allow.permissions()
    }

    /// The note of its `#[deprecated]`, empty where that has none; `None` where it is not deprecated.
    pub fn deprecation(&self) -> Option<&str> {
        self.deprecated
    }
}

/// What is called to end a subscription that a call of this name begins.
fn unsubscribe(name: &str) -> String {
    for (begins, ends) in [("subscribe", "unsubscribe"), ("Subscribe", "Unsubscribe")] {
        if let Some(at) = name.rfind(begins) {
            return format!("{}{ends}{}", &name[..at], &name[at + begins.len()..]);
        }
    }
    format!("{name}_unsubscribe")
}

/// How many parameters can be given by position. As in Python, those behind a variadic one can be given
/// by name only.
pub(crate) const fn positions(parameters: &[Parameter]) -> usize {
    let mut count = 0;
    while count < parameters.len() && parameters[count].kind.is_single() {
        count += 1;
    }
    count
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (index, parameter) in self.parameters.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            parameter.fmt(f)?;
        }
        write!(f, ") -> {}", self.result)
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, ty, kind, doc: _ } = self;
        match kind {
            ParameterKind::Required if name.is_empty() => f.write_str(ty),
            ParameterKind::Required => write!(f, "{name}: {ty}"),
            ParameterKind::Default(default) => write!(f, "{name}: {ty} = {default}"),
            ParameterKind::Optional => write!(f, "{name}: {ty} = None"),
            ParameterKind::Args => write!(f, "*{name}: {ty}"),
            ParameterKind::Kwargs => write!(f, "**{name}: {ty}"),
        }
    }
}

impl ParameterKind {
    /// Whether one argument fills it, by position or by name.
    pub(crate) const fn is_single(self) -> bool {
        !matches!(self, Self::Args | Self::Kwargs)
    }
}
