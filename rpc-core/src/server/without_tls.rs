//! Stands in for TLS where it is not built in, and streams are what they are.

use crate::json_rpc::Answer;
use crate::transport::AnyStream;

use super::service::Service;

impl<A: Answer> Service<A> {
    #[allow(clippy::unused_self)]
    pub(super) fn over_tls(&self, stream: AnyStream) -> AnyStream {
        stream
    }

    #[cfg(feature = "tokio")]
    #[allow(clippy::unused_self)]
    pub(super) fn over_async_tls(
        &self,
        stream: crate::transport::AsyncSocket,
    ) -> crate::transport::AsyncSocket {
        stream
    }
}
