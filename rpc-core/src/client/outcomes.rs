//! What several calls come to together.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::transport::Stream;

use super::{FromError, Pending};

/// Calls of a batch: one, a tuple of up to eight, or a `Vec`.
pub trait Promises {
    /// What each of them comes to.
    type Outcomes: Outcomes;

    /// Waits for all of them.
    fn wait(self) -> Self::Outcomes;
}

impl<S, R, E> Promises for Result<Pending<S, R, E>, Error>
where
    S: Stream,
    R: DeserializeOwned,
    E: FromError + Into<Error>,
{
    type Outcomes = Result<R, E>;

    fn wait(self) -> Result<R, E> {
        self.map_err(E::from_error)?.wait()
    }
}

impl<P: Promises> Promises for Vec<P> {
    type Outcomes = Vec<P::Outcomes>;

    fn wait(self) -> Self::Outcomes {
        self.into_iter().map(Promises::wait).collect()
    }
}

macro_rules! promises {
    ($($promise:ident $index:tt),*) => {
        impl<$($promise: Promises),*> Promises for ($($promise,)*) {
            type Outcomes = ($($promise::Outcomes,)*);

            fn wait(self) -> Self::Outcomes {
                ($(self.$index.wait(),)*)
            }
        }
    };
}

/// What each call of a batch came to: one `Result`, a tuple of up to eight, or a `Vec`.
pub trait Outcomes {
    /// The results of calls that came to one.
    type Values;

    /// The results, where every call came to one.
    ///
    /// # Errors
    ///
    /// The first error.
    fn values(self) -> Result<Self::Values, Error>;
}

impl<R, E: Into<Error>> Outcomes for Result<R, E> {
    type Values = R;

    fn values(self) -> Result<R, Error> {
        self.map_err(Into::into)
    }
}

impl<O: Outcomes> Outcomes for Vec<O> {
    type Values = Vec<O::Values>;

    fn values(self) -> Result<Self::Values, Error> {
        self.into_iter().map(Outcomes::values).collect()
    }
}

macro_rules! outcomes {
    ($($outcome:ident $index:tt),*) => {
        impl<$($outcome: Outcomes),*> Outcomes for ($($outcome,)*) {
            type Values = ($($outcome::Values,)*);

            fn values(self) -> Result<Self::Values, Error> {
                Ok(($(self.$index.values()?,)*))
            }
        }
    };
}

/// Has a macro implement a trait for each tuple of calls that may be a batch.
macro_rules! for_tuples {
    ($implement:ident) => {
        $implement!(A 0);
        $implement!(A 0, B 1);
        $implement!(A 0, B 1, C 2);
        $implement!(A 0, B 1, C 2, D 3);
        $implement!(A 0, B 1, C 2, D 3, E 4);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    };
}
#[cfg(feature = "tokio")]
pub(super) use for_tuples;

for_tuples!(promises);
for_tuples!(outcomes);
