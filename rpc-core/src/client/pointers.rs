//! What points to a stub is a stub.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{
    Converses, FromError, GivenItems, Invocation, Notify, OutcomeOf, Pipelined, Streaming, Stub,
    Uploads,
};

macro_rules! pointer {
    ($pointer:ty) => {
        impl<S: Stub> Stub for $pointer {
            type Kind = S::Kind;

            fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
                &self,
                invocation: Invocation<'_, A>,
            ) -> OutcomeOf<S, T, E> {
                (**self).invoke(invocation)
            }
        }

        impl<S: Notify> Notify for $pointer {
            fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
                (**self).notify(invocation)
            }
        }

        impl<S: Pipelined> Pipelined for $pointer {
            type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

            fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
                &self,
                invocation: Invocation<'_, A>,
            ) -> Result<S::Pending<T, E>, Error> {
                (**self).start(invocation)
            }
        }

        impl<S: Streaming> Streaming for $pointer {
            type Items<T: DeserializeOwned + Send + 'static, E: FromError> = S::Items<T, E>;
            type Opened<T: DeserializeOwned + Send + 'static, E: FromError> = S::Opened<T, E>;

            fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
                &self,
                invocation: Invocation<'_, A>,
            ) -> S::Opened<T, E> {
                (**self).open(invocation)
            }
        }

        impl<S: Uploads<I, T, M>, I, T, M> Uploads<I, T, M> for $pointer {
            type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError> = S::Uploaded<R, E>;

            fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
                &self,
                invocation: Invocation<'_, A>,
                given: &GivenItems,
                items: I,
            ) -> S::Uploaded<R, E> {
                (**self).upload(invocation, given, items)
            }
        }

        impl<S: Converses<I, T, M>, I, T, M> Converses<I, T, M> for $pointer {
            fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
                &self,
                invocation: Invocation<'_, A>,
                given: &GivenItems,
                items: I,
            ) -> S::Opened<R, E> {
                (**self).converse(invocation, given, items)
            }
        }
    };
}

pointer!(&S);
pointer!(Arc<S>);
pointer!(Box<S>);
