//! What is known about a function: the one definition that binding, listings and stubs read.

use std::borrow::Cow;
use std::fmt;

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

/// What `#[rpc_export(…)]` says about how a function may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools)]
pub struct SignatureOptions {
    /// Running it twice does what running it once does.
    pub idempotent: bool,
    /// It blocks its thread.
    pub blocking: bool,
    /// It is an `async fn`.
    pub is_async: bool,
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
        }
    }

    /// Says where the function stands: in which module, and where in which file.
    #[must_use]
    pub const fn at(mut self, module: &'static str, place: &'static str) -> Self {
        self.module = module;
        self.place = place;
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

    /// Whether it was declared to block its thread.
    pub fn is_blocking(&self) -> bool {
        self.options.blocking
    }
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
