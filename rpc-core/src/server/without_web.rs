//! Stands in for HTTP where it is not built in, and no connection turns out to speak it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::Timeouts;
use crate::transport::AnyStream;

use super::service::Service;

impl<A: Answer> Service<A> {
    #[cfg(feature = "tokio")]
    #[allow(clippy::unused_async, clippy::unused_self)]
    pub(super) async fn go_on_by_http(
        &self,
        _: crate::transport::AsyncSocket,
        _: Session,
        _: Connection,
    ) {
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    pub(super) fn speak_http_blocking(
        &self,
        _: &Arc<AnyStream>,
        _: &mut Session,
        _: Connection,
        _: &Timeouts,
        _: impl Future<Output = Duration>,
    ) -> io::Result<Option<Connection>> {
        Ok(None)
    }
}
