//! What a server shares among its functions, by type.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::iter;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::error::Misuse;
use crate::protocol::{Fault, code};

/// Something the server was given at its start, for functions that ask for it by type.
///
/// A parameter of this type is not part of the function's signature:
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use rpc_core::{FunctionRegistry, State, rpc_export};
///
/// #[rpc_export]
/// fn next(counter: State<AtomicU64>) -> u64 {
///     counter.fetch_add(1, Ordering::Relaxed)
/// }
///
/// let mut registry = FunctionRegistry::exported();
/// registry.share(AtomicU64::new(7));
/// assert_eq!(registry.next().call()?, 7);
/// assert_eq!(registry.next().call()?, 8);
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// A server does not start when a function asks for something it was not given.
pub struct State<T: ?Sized>(Arc<T>);

impl<T: ?Sized> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> Clone for State<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A type of state that a function asks for.
#[derive(Debug, Clone, Copy)]
pub struct StateType {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
}

/// What a function asks for state of one type with.
pub struct StateKey<T> {
    ty: StateType,
    find: fn(&States) -> Result<State<T>, Fault>,
}

impl<T> StateKey<T> {
    /// The key of the type `T`.
    pub const fn of() -> Self
    where
        T: Any + Send + Sync,
    {
        Self { ty: StateType { id: TypeId::of::<T>, name: type_name::<T> }, find: States::get::<T> }
    }

    /// The type.
    pub const fn ty(&self) -> StateType {
        self.ty
    }

    /// Finds the state.
    pub(super) fn find(&self, states: &States) -> Result<State<T>, Fault> {
        (self.find)(states)
    }
}

/// What has been shared, in order: a list that only grows, so that nobody who reads it waits.
#[derive(Default)]
pub(crate) struct States {
    first: OnceLock<Box<Shared>>,
}

struct Shared {
    ty: TypeId,
    state: Arc<dyn Any + Send + Sync>,
    next: OnceLock<Box<Shared>>,
}

impl States {
    /// Shares one more. It takes the place of another of its type.
    pub(super) fn share<T: Any + Send + Sync>(&self, state: Arc<T>) {
        let mut shared =
            Box::new(Shared { ty: TypeId::of::<T>(), state, next: OnceLock::default() });
        let mut place = &self.first;
        while let Err(again) = place.set(shared) {
            shared = again;
            let Some(taken) = place.get() else { continue };
            place = &taken.next;
        }
    }

    fn find(&self, ty: TypeId) -> Option<&Arc<dyn Any + Send + Sync>> {
        let all = iter::successors(self.first.get(), |shared| shared.next.get());
        all.filter(|shared| shared.ty == ty).last().map(|shared| &shared.state)
    }

    /// Finds the state of a type.
    pub(super) fn get<T: Any + Send + Sync>(&self) -> Result<State<T>, Fault> {
        let state = self.find(TypeId::of::<T>()).cloned();
        match state.map(Arc::downcast::<T>) {
            Some(Ok(state)) => Ok(State(state)),
            _ => Err(Fault::new(
                code::INTERNAL_ERROR,
                format!(
                    "the function needs shared state that this server was not given: {}",
                    type_name::<T>()
                ),
            )),
        }
    }

    /// Reports the first of the types that a function needs and nobody has shared.
    pub(super) fn check(&self, function: &str, needed: &[StateType]) -> Result<(), Misuse> {
        match needed.iter().find(|state| self.find((state.id)()).is_none()) {
            Some(state) => Err(Misuse::StateMissing {
                function: function.to_owned(),
                ty: (state.name)().to_owned(),
            }),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").finish_non_exhaustive()
    }
}
