//! What a connection keeps, for all of its calls.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What layers and functions keep on a connection: one value of each type, seen by all of its calls.
///
/// [`CallContext::connection`](crate::CallContext::connection) lends it. Values are let go with the
/// connection.
///
/// ```standalone_crate
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use rpc_core::server::InMemory;
/// use rpc_core::{CallContext, FunctionRegistry, JsonRpc, RpcClient, rpc_export};
///
/// #[derive(Default)]
/// struct Calls(AtomicU64);
///
/// #[rpc_export]
/// fn count(context: &CallContext) -> Option<u64> {
///     let calls = context.connection()?.get_or_init(Calls::default);
///     Some(calls.0.fetch_add(1, Ordering::Relaxed) + 1)
/// }
///
/// let connect = || {
///     RpcClient::builder()
///         .connect_over(InMemory::new(JsonRpc::new(FunctionRegistry::exported())))
/// };
/// let (first, second) = (connect()?, connect()?);
/// assert_eq!(first.count().call()?, Some(1));
/// assert_eq!(first.count().call()?, Some(2));
/// assert_eq!(second.count().call()?, Some(1));
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Default)]
pub struct ConnectionValues {
    values: Mutex<Vec<(TypeId, Kept)>>,
}

type Kept = Arc<dyn Any + Send + Sync>;

impl ConnectionValues {
    /// The value of this type, if there is one.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let values = self.lock();
        let (_, value) = values.iter().find(|(key, _)| *key == TypeId::of::<T>())?;
        Arc::clone(value).downcast().ok()
    }

    /// The value of this type; where there is none, it is made and kept.
    ///
    /// Nothing is locked while it is made. Of two calls that find none at the same time both make one,
    /// and both are given the one that was kept.
    pub fn get_or_init<T: Any + Send + Sync>(&self, init: impl FnOnce() -> T) -> Arc<T> {
        if let Some(value) = self.get() {
            return value;
        }
        let value = Arc::new(init());
        let mut values = self.lock();
        let known = values.iter().find(|(key, _)| *key == TypeId::of::<T>());
        if let Some(known) = known.and_then(|(_, known)| Arc::clone(known).downcast().ok()) {
            return known;
        }
        values.push((TypeId::of::<T>(), Arc::clone(&value) as _));
        value
    }

    /// Keeps a value, and returns the one of its type that was kept before.
    pub fn insert<T: Any + Send + Sync>(&self, value: T) -> Option<Arc<T>> {
        let value: Kept = Arc::new(value);
        let mut values = self.lock();
        match values.iter_mut().find(|(key, _)| *key == TypeId::of::<T>()) {
            Some((_, known)) => std::mem::replace(known, value).downcast().ok(),
            None => {
                values.push((TypeId::of::<T>(), value));
                None
            }
        }
    }

    /// Keeps the value of this type no longer, and returns it.
    pub fn remove<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let mut values = self.lock();
        let place = values.iter().position(|(key, _)| *key == TypeId::of::<T>())?;
        values.swap_remove(place).1.downcast().ok()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(TypeId, Kept)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ConnectionValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionValues").field("count", &self.lock().len()).finish()
    }
}
