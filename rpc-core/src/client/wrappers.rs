//! A stub behind a prefix, within a time, or with metadata is a stub.

use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::protocol::Arguments;

use super::{
    At, Converses, FromError, GivenItems, Invocation, Notify, OutcomeOf, Pipelined, Streaming,
    Stub, Uploads, WithMetadata, Within,
};

impl<S: Stub> Stub for At<S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        let method = self.name(&invocation);
        self.stub.invoke(invocation.renamed(&method))
    }
}

impl<S: Pipelined> Pipelined for At<S> {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<T, E>, Error> {
        let method = self.name(&invocation);
        self.stub.start(invocation.renamed(&method))
    }
}

impl<S: Notify> Notify for At<S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
        let method = self.name(&invocation);
        self.stub.notify(invocation.renamed(&method))
    }
}

impl<S: Streaming> Streaming for At<S> {
    type Items<T: DeserializeOwned + Send + 'static, E: FromError> = S::Items<T, E>;
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError> = S::Opened<T, E>;

    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> S::Opened<T, E> {
        let method = self.name(&invocation);
        self.stub.open(invocation.renamed(&method))
    }
}

impl<S: Stub> Stub for Within<S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        self.stub.invoke(invocation.within(self.timeout))
    }
}

impl<S: Pipelined> Pipelined for Within<S> {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<T, E>, Error> {
        self.stub.start(invocation.within(self.timeout))
    }
}

impl<S: Notify> Notify for Within<S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
        self.stub.notify(invocation.within(self.timeout))
    }
}

impl<S: Streaming> Streaming for Within<S> {
    type Items<T: DeserializeOwned + Send + 'static, E: FromError> = S::Items<T, E>;
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError> = S::Opened<T, E>;

    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> S::Opened<T, E> {
        self.stub.open(invocation.within(self.timeout))
    }
}

impl<S: Stub> Stub for WithMetadata<S> {
    type Kind = S::Kind;

    fn invoke<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> OutcomeOf<S, T, E> {
        self.pass(invocation, S::invoke)
    }
}

impl<S: Pipelined> Pipelined for WithMetadata<S> {
    type Pending<T: DeserializeOwned + Send + 'static, E: FromError> = S::Pending<T, E>;

    fn start<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> Result<S::Pending<T, E>, Error> {
        self.pass(invocation, S::start)
    }
}

impl<S: Notify> Notify for WithMetadata<S> {
    fn notify<A: Arguments>(&self, invocation: Invocation<'_, A>) -> OutcomeOf<S, ()> {
        self.pass(invocation, S::notify)
    }
}

impl<S: Streaming> Streaming for WithMetadata<S> {
    type Items<T: DeserializeOwned + Send + 'static, E: FromError> = S::Items<T, E>;
    type Opened<T: DeserializeOwned + Send + 'static, E: FromError> = S::Opened<T, E>;

    fn open<A: Arguments, T: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
    ) -> S::Opened<T, E> {
        self.pass(invocation, S::open)
    }
}

impl<S: Uploads<I, T, M>, I, T, M> Uploads<I, T, M> for At<S> {
    type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError> = S::Uploaded<R, E>;

    fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> S::Uploaded<R, E> {
        let method = self.name(&invocation);
        self.stub.upload(invocation.renamed(&method), given, items)
    }
}

impl<S: Uploads<I, T, M>, I, T, M> Uploads<I, T, M> for Within<S> {
    type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError> = S::Uploaded<R, E>;

    fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> S::Uploaded<R, E> {
        self.stub.upload(invocation.within(self.timeout), given, items)
    }
}

impl<S: Uploads<I, T, M>, I, T, M> Uploads<I, T, M> for WithMetadata<S> {
    type Uploaded<R: DeserializeOwned + Send + 'static, E: FromError> = S::Uploaded<R, E>;

    fn upload<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> S::Uploaded<R, E> {
        self.pass(invocation, |stub, invocation| stub.upload(invocation, given, items))
    }
}

impl<S: Converses<I, T, M>, I, T, M> Converses<I, T, M> for At<S> {
    fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> S::Opened<R, E> {
        let method = self.name(&invocation);
        self.stub.converse(invocation.renamed(&method), given, items)
    }
}

impl<S: Converses<I, T, M>, I, T, M> Converses<I, T, M> for Within<S> {
    fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> S::Opened<R, E> {
        self.stub.converse(invocation.within(self.timeout), given, items)
    }
}

impl<S: Converses<I, T, M>, I, T, M> Converses<I, T, M> for WithMetadata<S> {
    fn converse<A: Arguments, R: DeserializeOwned + Send + 'static, E: FromError>(
        &self,
        invocation: Invocation<'_, A>,
        given: &GivenItems,
        items: I,
    ) -> S::Opened<R, E> {
        self.pass(invocation, |stub, invocation| stub.converse(invocation, given, items))
    }
}
