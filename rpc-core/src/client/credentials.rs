//! Who a client says it is, and how that is asked for anew.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::error::{Error, LayerError, Misuse};
use crate::pump::block_on;

use super::Secret;
use super::alone::{Alone, Taken};
use super::deadline::Deadline;
use super::headers;
use super::refusal::Refusal;

/// Where the values of a client's `Authorization` come from, and the latest.
pub(super) struct Credentials {
    source: Source,
    current: Mutex<Option<Credential>>,
    /// The latest attempt to have a value.
    refusal: Mutex<Refusal>,
    /// The thread's that asks for one, or the task's.
    asking: Alone,
    #[cfg(feature = "tokio")]
    asking_async: tokio::sync::Mutex<()>,
}

/// A value, and how many there were up to it.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    pub(super) value: Arc<Secret>,
    pub(super) generation: u64,
}

pub(super) enum Source {
    Fixed(Secret),
    /// There is none, for this reason.
    Unusable(&'static str),
    Function(Box<dyn Fn() -> io::Result<String> + Send + Sync>),
    Future(Box<dyn Fn() -> Asked + Send + Sync>),
}

/// A value that is under way.
pub(super) type Asked = Pin<Box<dyn Future<Output = io::Result<String>> + Send>>;

impl Credentials {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            current: Mutex::default(),
            refusal: Mutex::default(),
            asking: Alone::default(),
            #[cfg(feature = "tokio")]
            asking_async: tokio::sync::Mutex::default(),
        }
    }

    /// Why nothing can be said, where that is known already.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match &self.source {
            Source::Fixed(value) => problem(value.expose()),
            Source::Unusable(problem) => Some(problem),
            Source::Function(_) | Source::Future(_) => None,
        }
    }

    /// Whether there may be another value when one is asked for.
    pub(super) fn may_change(&self) -> bool {
        matches!(self.source, Source::Function(_) | Source::Future(_))
    }

    /// The latest value, if one was asked for.
    pub(super) fn current(&self) -> Option<Credential> {
        lock(&self.current).clone()
    }

    /// How many values there were.
    pub(super) fn generation(&self) -> u64 {
        self.current().map_or(0, |current| current.generation)
    }

    /// A value that has been asked for now.
    pub(super) fn fresh(&self) -> Result<Credential, Error> {
        let value = match &self.source {
            Source::Fixed(value) => Ok(value.clone()),
            Source::Unusable(problem) => return Err(unusable(problem)),
            Source::Function(ask) => ask().map(Secret::from),
            Source::Future(ask) => block_on(ask()).map(Secret::from),
        };
        self.keep(value)
    }

    /// A value after that of `generation`.
    pub(super) fn after(
        &self,
        generation: u64,
        deadline: Option<Deadline>,
    ) -> Result<Credential, Error> {
        let begun = Instant::now();
        let _alone = self.alone(deadline)?;
        self.after_alone(generation, begun)
    }

    /// Waits until nobody else asks for a value.
    pub(super) fn alone(&self, deadline: Option<Deadline>) -> Result<Taken<'_>, Error> {
        self.asking.take(deadline)
    }

    /// A value after that of `generation`, for one caller at a time: another may have asked for it since this
    /// one began to wait, and what came of that is for both.
    pub(super) fn after_alone(&self, generation: u64, begun: Instant) -> Result<Credential, Error> {
        if let Some(known) = self.known(generation, begun) {
            return known;
        }
        let fresh = self.fresh();
        lock(&self.refusal).note(&fresh);
        fresh
    }

    fn known(&self, generation: u64, begun: Instant) -> Option<Result<Credential, Error>> {
        let newer = self.current().filter(|current| current.generation > generation);
        newer.map(Ok).or_else(|| lock(&self.refusal).since(begun).map(Err))
    }

    fn keep(&self, value: io::Result<Secret>) -> Result<Credential, Error> {
        let value = value.map_err(|error| {
            let problem =
                format!("the function that gives the client's credentials failed: {error}");
            LayerError::new(problem).because(error)
        })?;
        if let Some(problem) = problem(value.expose()) {
            return Err(unusable(problem));
        }
        let mut current = lock(&self.current);
        let generation = current.as_ref().map_or(1, |current| current.generation + 1);
        let kept = Credential { value: Arc::new(value), generation };
        *current = Some(kept.clone());
        Ok(kept)
    }
}

#[cfg(feature = "tokio")]
impl Credentials {
    /// The same as [`fresh`](Self::fresh); a function that may block is called on another thread.
    pub(super) async fn fresh_async(self: &Arc<Self>) -> Result<Credential, Error> {
        let value = match &self.source {
            Source::Future(ask) => ask().await.map(Secret::from),
            Source::Function(_) => {
                let this = Arc::clone(self);
                let asked = tokio::task::spawn_blocking(move || match &this.source {
                    Source::Function(ask) => ask().map(Secret::from),
                    _ => Err(io::ErrorKind::Unsupported.into()),
                });
                asked.await.unwrap_or_else(|ended| Err(io::Error::other(ended)))
            }
            Source::Fixed(_) | Source::Unusable(_) => return self.fresh(),
        };
        self.keep(value)
    }

    /// The same as [`after`](Self::after).
    pub(super) async fn after_async(
        self: &Arc<Self>,
        generation: u64,
    ) -> Result<Credential, Error> {
        let begun = Instant::now();
        let _alone = self.alone_async().await;
        self.after_alone_async(generation, begun).await
    }

    /// The same as [`alone`](Self::alone).
    pub(super) async fn alone_async(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.asking_async.lock().await
    }

    /// The same as [`after_alone`](Self::after_alone).
    pub(super) async fn after_alone_async(
        self: &Arc<Self>,
        generation: u64,
        begun: Instant,
    ) -> Result<Credential, Error> {
        if let Some(known) = self.known(generation, begun) {
            return known;
        }
        let fresh = self.fresh_async().await;
        lock(&self.refusal).note(&fresh);
        fresh
    }
}

/// Why no header has this value, where none has.
fn problem(value: &str) -> Option<&'static str> {
    if value.trim().len() < value.len() || value.is_empty() {
        Some("the value is empty, or it begins or ends with a space or a new line")
    } else if headers::problem("Authorization", value).is_some() {
        Some("the value has a control character in it")
    } else {
        None
    }
}

fn unusable(problem: &str) -> Error {
    Misuse::Credential { problem: problem.into() }.into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
