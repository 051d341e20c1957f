//! Stands in for HTTP where it is not built in, and no connection turns out to speak it.

use std::io;

use crate::json_rpc::Session;
use crate::protocol::Connection;
use crate::transport::Socket;

use super::service::Visit;
use super::turns::Others;

impl<A, B> Visit<'_, A, B> {
    #[cfg(feature = "tokio")]
    #[allow(clippy::unused_async)]
    pub(super) async fn go_on(self, _: crate::transport::AsyncSocket, _: Session, _: Connection) {}

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    pub(super) fn go_on_blocking(
        self,
        _: &Socket,
        _: &mut Session,
        _: Connection,
        _: Option<&Others<'_>>,
    ) -> io::Result<Option<Connection>> {
        Ok(None)
    }
}
