//! Calls that leave together.

use crate::transport::Transport;

use super::RpcClient;

/// While this lives, calls that are started gather and leave in one write: when it is dropped, when
/// 64 KiB have gathered, or when a result that is not there yet is waited for.
///
/// ```standalone_crate
/// use rpc_core::{RpcClient, RpcServer, rpc_export};
///
/// #[rpc_export]
/// fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// let server = RpcServer::exported().start("127.0.0.1:0")?;
/// let client = RpcClient::connect(server.address())?;
///
/// let burst = client.burst();
/// let calls = (1..=100).map(|n| client.square(n).start()).collect::<Result<Vec<_>, _>>()?;
/// drop(burst);
///
/// let squares = calls.into_iter().map(|call| call.wait()).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(squares.iter().sum::<u64>(), 338_350);
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "calls gather only while this lives"]
pub struct Burst<'c, T: Transport> {
    client: &'c RpcClient<T>,
}

impl<T: Transport> RpcClient<T> {
    /// Lets calls that are started gather while the burst lives, to leave in one write.
    pub fn burst(&self) -> Burst<'_, T> {
        self.shared.connections.gather(true);
        Burst { client: self }
    }
}

impl<T: Transport> Drop for Burst<'_, T> {
    fn drop(&mut self) {
        self.client.shared.connections.gather(false);
    }
}
