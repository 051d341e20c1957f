//! A call on its way out: a name and arguments, typed or not.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::protocol::json::least_size;
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter};
use crate::registry::{Parameter, ParameterKind, Signature};

use super::Kwargs;
use super::owned::OwnedArguments;

/// A call to be sent.
///
/// A stub that passes calls on passes on the invocation, so that nothing of what the call says is lost:
///
/// ```
/// use rpc_core::client::{Blocking, BlockingStub, FromError, Invocation};
/// use rpc_core::protocol::Arguments;
/// use rpc_core::Stub;
/// use serde::de::DeserializeOwned;
///
/// /// Calls again what has failed, if it may be run twice.
/// struct Twice<S>(S);
///
/// impl<S: BlockingStub> Stub for Twice<S> {
///     type Kind = Blocking;
///
///     fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
///         &self,
///         invocation: Invocation<'_, A>,
///     ) -> Result<T, E> {
///         let first = self.0.invoke(invocation.borrowed());
///         if first.is_err() && invocation.is_idempotent() { self.0.invoke(invocation) } else { first }
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a, A> {
    pub(super) method: &'a str,
    /// Of an exported function.
    pub(super) signature: Option<&'static Signature>,
    pub(super) arguments: A,
    pub(super) idempotent: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) metadata: &'a [(String, String)],
    /// What ends the subscription that it begins, where that is said by name.
    pub(super) unsubscribe: Option<&'a str>,
    /// The arguments once more, where they are owned.
    pub(super) owned: Option<&'a Arc<OwnedArguments>>,
}

impl<'a, A: Arguments> Invocation<'a, A> {
    /// Calls a function by name.
    pub fn of(method: &'a str, arguments: A) -> Self {
        Self {
            method,
            signature: None,
            arguments,
            idempotent: false,
            timeout: None,
            metadata: &[],
            unsubscribe: None,
            owned: None,
        }
    }

    /// The same call of a function of another name, for stubs that add a prefix.
    #[must_use]
    pub fn renamed<'b>(self, method: &'b str) -> Invocation<'b, A>
    where
        'a: 'b,
    {
        Invocation { method, ..self }
    }

    /// The same call, given up after `timeout`, for stubs that bound their calls. A tighter bound that
    /// the call has already stays.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        let timeout = self.timeout.map_or(timeout, |bound| bound.min(timeout));
        Self { timeout: Some(timeout), ..self }
    }

    /// The same call that says this besides its arguments, in the place of what it said.
    #[must_use]
    pub fn with_metadata<'b>(self, metadata: &'b [(String, String)]) -> Invocation<'b, A>
    where
        'a: 'b,
    {
        Invocation { metadata, ..self }
    }

    /// The same call around borrowed arguments, for stubs that send it more than once.
    pub fn borrowed(&self) -> Invocation<'_, &A> {
        Invocation { owned: self.owned, ..self.with_arguments(&self.arguments) }
    }

    /// The same call with other arguments.
    pub fn with_arguments<B: Arguments>(&self, arguments: B) -> Invocation<'a, B> {
        Invocation {
            method: self.method,
            signature: self.signature,
            arguments,
            idempotent: self.idempotent,
            timeout: self.timeout,
            metadata: self.metadata,
            unsubscribe: self.unsubscribe,
            owned: None,
        }
    }

    /// How long the result is waited for, where the call says.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The function's name.
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// What is said beside the arguments, as names and values in order.
    pub fn metadata(&self) -> &'a [(String, String)] {
        self.metadata
    }

    /// The signature of the function, where a typed stub calls it.
    pub fn signature(&self) -> Option<&'static Signature> {
        self.signature
    }

    /// The function's name for calls that outlive this: a copy only where it must be one.
    pub(super) fn name(&self) -> Cow<'static, str> {
        let exported = self.signature.map(Signature::name);
        match exported.filter(|name| std::ptr::eq(*name, self.method)) {
            Some(name) => Cow::Borrowed(name),
            None => Cow::Owned(self.method.to_owned()),
        }
    }

    /// The arguments.
    pub fn arguments(&self) -> &A {
        &self.arguments
    }

    /// Whether the function may safely be run twice.
    pub fn is_idempotent(&self) -> bool {
        self.idempotent
    }
}

impl OwnedArguments {
    /// Writes the arguments of a call.
    pub(super) fn of(invocation: &Invocation<'_, impl Arguments>) -> Result<Self, ArgumentError> {
        Self::written(invocation.arguments(), invocation.signature())
    }
}

impl<G: GivenArguments> Invocation<'static, TypedArguments<G>> {
    /// Calls an exported function; what generated stubs do.
    #[doc(hidden)]
    pub fn new(signature: &'static Signature, given: G) -> Self {
        Self {
            method: signature.name(),
            signature: Some(signature),
            arguments: TypedArguments { signature, given },
            idempotent: signature.is_idempotent(),
            timeout: None,
            metadata: &[],
            unsubscribe: None,
            owned: None,
        }
    }
}

/// An argument that is given.
#[derive(Debug, Clone, Copy)]
pub struct Given<T>(pub T);

/// An argument that is left out.
#[derive(Debug, Clone, Copy)]
pub struct Omitted;

/// An argument of a typed call, given or left out.
pub trait Argument {
    /// Appends it to the positional arguments, if it is given.
    ///
    /// # Errors
    ///
    /// Where it has no JSON form.
    fn element(&self, name: &str, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError>;

    /// Appends it to the keyword arguments, if it is given.
    ///
    /// # Errors
    ///
    /// Where it has no JSON form.
    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError>;

    /// Whether it is certain to be one argument.
    fn is_given(&self) -> bool {
        false
    }

    /// Whether it may be members of any name.
    fn has_any_name(&self) -> bool {
        false
    }

    /// How many bytes it takes at least.
    fn least_size(&self) -> usize {
        0
    }
}

/// The positional arguments that a variadic parameter takes.
#[derive(Debug, Clone)]
pub struct GivenArgs<T>(pub Vec<T>);

impl<T> GivenArgs<T> {
    /// Gives all of them.
    pub fn of(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().collect())
    }
}

/// What the arguments of a variadic parameter gather in, one by one.
#[doc(hidden)]
pub trait Gather<T> {
    /// Adds one more.
    fn gather(self, value: T) -> GivenArgs<T>;
}

impl<T> Gather<T> for Omitted {
    fn gather(self, value: T) -> GivenArgs<T> {
        GivenArgs(vec![value])
    }
}

impl<T> Gather<T> for GivenArgs<T> {
    fn gather(mut self, value: T) -> GivenArgs<T> {
        self.0.push(value);
        self
    }
}

impl<T: Serialize> Argument for GivenArgs<T> {
    fn element(&self, name: &str, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.0.iter().try_for_each(|value| array.named_element(name, value))
    }

    /// By its own name they are an array.
    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        if self.0.is_empty() { Ok(()) } else { object.member(name, &self.0) }
    }

    fn least_size(&self) -> usize {
        self.0.iter().map(least_size).sum()
    }
}

/// The keyword arguments that a variadic parameter takes, and the name that none of them may have:
/// that of the parameter which takes the positions, if there is one.
#[derive(Debug, Clone)]
pub struct GivenKwargs<K>(pub K, pub &'static str);

impl<K: Kwargs> Argument for GivenKwargs<K> {
    fn element(&self, _: &str, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn member(&self, _: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        let Self(members, reserved) = self;
        if reserved.is_empty() {
            return members.write_members(object);
        }
        object.without(reserved, |object| members.write_members(object))
    }

    fn least_size(&self) -> usize {
        self.0.least_size()
    }
}

impl<T: Serialize> Argument for Given<T> {
    fn element(&self, name: &str, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        array.named_element(name, &self.0)
    }

    fn member(&self, name: &str, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        object.member(name, &self.0)
    }

    fn is_given(&self) -> bool {
        true
    }

    #[inline]
    fn least_size(&self) -> usize {
        least_size(&self.0)
    }
}

impl Argument for Omitted {
    fn element(&self, _: &str, _: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }

    fn member(&self, _: &str, _: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        Ok(())
    }
}

/// The arguments of a typed call, and the signature that names them.
///
/// Required parameters and variadic positional ones travel by position and all others by name, so
/// that a function may gain parameters with defaults, anywhere among them, without its older callers
/// noticing.
#[derive(Debug, Clone, Copy)]
pub struct TypedArguments<G> {
    signature: &'static Signature,
    given: G,
}

/// A tuple with an [`Argument`] for every parameter.
pub trait GivenArguments {
    /// Writes those that are required.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form.
    fn positional(
        &self,
        signature: &Signature,
        array: &mut ArrayWriter<'_>,
    ) -> Result<(), ArgumentError>;

    /// Writes by name those for which `wanted` holds.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form.
    fn named(
        &self,
        signature: &Signature,
        wanted: fn(&Signature, usize) -> bool,
        object: &mut ObjectWriter<'_>,
    ) -> Result<(), ArgumentError>;

    /// Writes all by position.
    ///
    /// # Errors
    ///
    /// Where one has no JSON form or no position, or is left out before another.
    fn in_order(
        &self,
        signature: &Signature,
        array: &mut ArrayWriter<'_>,
    ) -> Result<(), ArgumentError>;

    /// Whether one that is not required is certain to be given.
    fn has_keyword(&self, signature: &Signature) -> bool;

    /// How many bytes they take at least.
    fn least_size(&self) -> usize;
}

/// Writes an argument by position behind those before it, of which one may have been `left_out`.
fn place<'s>(
    argument: &impl Argument,
    parameter: &'s Parameter,
    left_out: &mut Option<&'s str>,
    array: &mut ArrayWriter<'_>,
) -> Result<(), ArgumentError> {
    if parameter.kind == ParameterKind::Kwargs {
        let mut named = Vec::new();
        let mut object = ObjectWriter::new(&mut named);
        argument.member(parameter.name, &mut object)?;
        return match object.count() {
            0 => Ok(()),
            _ => Err(ArgumentError::has_no_position(parameter.name)),
        };
    }
    let before = array.count();
    argument.element(parameter.name, array)?;
    let is_given = array.count() > before;
    if let Some(left_out) = left_out.filter(|_| is_given) {
        return Err(ArgumentError::gap(left_out, parameter.name));
    }
    // What stands behind any number of arguments has no position.
    if !is_given || parameter.kind == ParameterKind::Args {
        left_out.get_or_insert(parameter.name);
    }
    Ok(())
}

impl<G: GivenArguments> Arguments for TypedArguments<G> {
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.given.positional(self.signature, array)
    }

    fn write_keyword(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.given.named(self.signature, |signature, index| !signature.is_positional(index), object)
    }

    fn write_named(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.given.named(self.signature, |_, _| true, object)
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.given.in_order(self.signature, array)
    }

    fn are_better_named(&self) -> bool {
        self.given.has_keyword(self.signature)
    }

    #[inline]
    fn least_size(&self) -> usize {
        self.given.least_size()
    }
}

macro_rules! given {
    ($($argument:ident $index:tt),*) => {
        #[allow(unused_variables)]
        impl<$($argument: Argument),*> GivenArguments for ($($argument,)*) {
            fn positional(
                &self,
                signature: &Signature,
                array: &mut ArrayWriter<'_>,
            ) -> Result<(), ArgumentError> {
                $(if signature.is_positional($index) {
                    self.$index.element(signature.parameters()[$index].name, array)?;
                })*
                Ok(())
            }

            fn named(
                &self,
                signature: &Signature,
                wanted: fn(&Signature, usize) -> bool,
                object: &mut ObjectWriter<'_>,
            ) -> Result<(), ArgumentError> {
                $(if wanted(signature, $index) {
                    self.$index.member(signature.parameters()[$index].name, object)?;
                })*
                Ok(())
            }

            fn in_order(
                &self,
                signature: &Signature,
                array: &mut ArrayWriter<'_>,
            ) -> Result<(), ArgumentError> {
                #[allow(unused_mut)]
                let mut left_out: Option<&str> = None;
                $(place(&self.$index, &signature.parameters()[$index], &mut left_out, array)?;)*
                Ok(())
            }

            fn has_keyword(&self, signature: &Signature) -> bool {
                $((self.$index.is_given() && !signature.is_positional($index)) ||)* false
            }

            #[inline]
            fn least_size(&self) -> usize {
                0 $(+ self.$index.least_size())*
            }
        }
    };
}

given!();
given!(A 0);
given!(A 0, B 1);
given!(A 0, B 1, C 2);
given!(A 0, B 1, C 2, D 3);
given!(A 0, B 1, C 2, D 3, E 4);
given!(A 0, B 1, C 2, D 3, E 4, F 5);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14);
given!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15);
