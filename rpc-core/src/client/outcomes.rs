//! What several calls come to together.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::ProtocolError;
use crate::transport::Stream;

use super::{FromError, Pending};

/// Calls of a batch: one, or a tuple of up to twelve, an array or a `Vec` of calls or of such tuples.
///
/// `?` may stand behind a call: where one cannot be sent, the batch comes to its error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no call of a batch",
    label = "a call must stand here, or a tuple of up to 12, an array or a `Vec` of calls",
    note = "calls are made on the stub that is lent: `client.batch(|calls| (calls.add(1, 2).call(), …))`",
    note = "more than 12 different calls are tuples in a tuple: `((a, b), (c, d))`"
)]
pub trait Promises {
    /// What each of them comes to.
    type Outcomes: Outcomes;

    /// Waits for all of them.
    fn wait(self) -> Self::Outcomes;
}

impl<S, R, E> Promises for Pending<S, R, E>
where
    S: Stream,
    R: DeserializeOwned,
    E: FromError + Into<Error>,
{
    type Outcomes = Result<R, E>;

    fn wait(self) -> Result<R, E> {
        Self::wait(self)
    }
}

impl<P: Promises> Promises for Result<P, Error> {
    type Outcomes = P::Outcomes;

    fn wait(self) -> Self::Outcomes {
        self.map_or_else(Outcomes::failed, Promises::wait)
    }
}

impl<P: Promises> Promises for Vec<P> {
    type Outcomes = Vec<P::Outcomes>;

    fn wait(self) -> Self::Outcomes {
        self.into_iter().map(Promises::wait).collect()
    }
}

impl<P: Promises, const N: usize> Promises for [P; N] {
    type Outcomes = [P::Outcomes; N];

    fn wait(self) -> Self::Outcomes {
        self.map(Promises::wait)
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

/// What each call of a batch came to: a `Result` in the place of each.
pub trait Outcomes {
    /// The results of calls that came to one.
    type Values;

    /// The results, where every call came to one.
    ///
    /// # Errors
    ///
    /// The first error.
    fn values(self) -> Result<Self::Values, Error>;

    /// What calls come to none of which was sent.
    #[doc(hidden)]
    fn failed(error: Error) -> Self;
}

impl<R, E: FromError + Into<Error>> Outcomes for Result<R, E> {
    type Values = R;

    fn values(self) -> Result<R, Error> {
        self.map_err(Into::into)
    }

    fn failed(error: Error) -> Self {
        Err(E::from_error(error))
    }
}

impl<O: Outcomes> Outcomes for Vec<O> {
    type Values = Vec<O::Values>;

    fn values(self) -> Result<Self::Values, Error> {
        self.into_iter().map(Outcomes::values).collect()
    }

    fn failed(error: Error) -> Self {
        vec![O::failed(error)]
    }
}

impl<O: Outcomes, const N: usize> Outcomes for [O; N] {
    type Values = [O::Values; N];

    fn values(self) -> Result<Self::Values, Error> {
        let values = self.into_iter().map(Outcomes::values).collect::<Result<Vec<_>, _>>()?;
        // As many as there were outcomes.
        values.try_into().map_err(|_| ProtocolError::NotAReply("one is missing".into()).into())
    }

    fn failed(error: Error) -> Self {
        std::array::from_fn(|_| O::failed(error.clone()))
    }
}

macro_rules! outcomes {
    ($($outcome:ident $index:tt),*) => {
        impl<$($outcome: Outcomes),*> Outcomes for ($($outcome,)*) {
            type Values = ($($outcome::Values,)*);

            fn values(self) -> Result<Self::Values, Error> {
                Ok(($(self.$index.values()?,)*))
            }

            fn failed(error: Error) -> Self {
                ($($outcome::failed(error.clone()),)*)
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
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
        $implement!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
    };
}
#[cfg(feature = "tokio")]
pub(super) use for_tuples;

for_tuples!(promises);
for_tuples!(outcomes);
