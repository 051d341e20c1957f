//! How a client connects: to an address, over a transport, to a program that it starts.

use std::process::Command;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::protocol::Framing;
#[cfg(feature = "tokio")]
use crate::transport::AsyncTransport;
use crate::transport::{ProgramTransport, TcpTransport, Transport};

#[cfg(feature = "tokio")]
use super::AsyncRpcClient;
use super::http::Target;
use super::url::{Scheme, Url};
use super::websocket::Resource;
use super::{ClientBuilder, RpcClient};

impl ClientBuilder {
    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    pub fn connect(&self, address: impl ToString) -> Result<RpcClient, Error> {
        let (address, settings) = self.to_reach(address.to_string())?;
        RpcClient::new(TcpTransport::new(address), settings)
    }

    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`,
    /// without blocking (feature `tokio`).
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without I/O and time enabled. Where no runtime runs it is an error.
    #[cfg(feature = "tokio")]
    pub async fn connect_async(&self, address: impl ToString) -> Result<AsyncRpcClient, Error> {
        let (address, settings) = self.to_reach(address.to_string())?;
        AsyncRpcClient::to(address, settings).await
    }

    /// The settings for a transport that knows where to connect.
    fn settings_over(&self, peer: &str) -> Result<Self, Error> {
        match &self.url {
            Some(url) => Ok(self.to_reach(url.clone())?.1),
            None => {
                self.check_stream(peer)?;
                Ok(self.clone())
            }
        }
    }

    /// The address to connect to for a URL, and the settings that it asks for.
    fn to_reach(&self, url: String) -> Result<(String, Self), Error> {
        let failed = |source| {
            IoError::new(IoErrorKind::Connect, format!("connecting to {url}")).because(source)
        };
        let mut settings = self.clone();
        let Some(Url { scheme, address, host, path }) = Url::of(&url).map_err(failed)? else {
            settings.check_stream(&url)?;
            return Ok((url, settings));
        };
        if scheme != Scheme::Tcp && !settings.has_dialect {
            settings.dialect = Dialect::JsonRpc;
        }
        match scheme {
            Scheme::Tcp => settings.check_stream(&url)?,
            Scheme::Http => {
                let Self { headers, metadata, dialect, .. } = &settings;
                let target = Target::new(&host, &path, headers, metadata, *dialect);
                settings.target = Some(Arc::new(target.map_err(failed)?));
            }
            Scheme::WebSocket => {
                let resource = Resource::new(host, path, &settings.headers);
                settings.framing = Framing::WebSocket;
                settings.websocket = Some(Arc::new(resource.map_err(failed)?));
            }
        }
        settings.check_metadata(&settings.metadata)?;
        Ok((address, settings))
    }

    /// Refuses what cannot be said over a stream.
    fn check_stream(&self, address: &str) -> Result<(), Misuse> {
        if let Some((name, _)) = self.headers.first() {
            let (name, address) = (name.clone(), address.to_owned());
            return Err(Misuse::NoHeader { name, address });
        }
        self.check_metadata(&self.metadata)
    }

    /// Connects over any transport, without blocking (feature `tokio`): a closure that connects, a
    /// server within the process, or another [`AsyncTransport`].
    ///
    /// ```standalone_crate
    /// use rpc_core::server::InMemory;
    /// use rpc_core::{AsyncRpcClient, FunctionRegistry, JsonRpc, rpc_export};
    ///
    /// #[rpc_export]
    /// fn double(n: i64) -> i64 {
    ///     2 * n
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let stack = JsonRpc::new(FunctionRegistry::exported());
    /// let client = AsyncRpcClient::builder().connect_async_over(InMemory::new(stack)).await?;
    /// assert_eq!(client.double(21).call().await?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without its time, and what the transport needs, enabled. Where no runtime runs it is
    /// an error.
    #[cfg(feature = "tokio")]
    pub async fn connect_async_over<T: AsyncTransport>(
        &self,
        transport: T,
    ) -> Result<AsyncRpcClient, Error> {
        let settings = self.settings_over(&transport.peer())?;
        AsyncRpcClient::over(transport, settings).await
    }

    /// Starts a program and connects to it without blocking (feature `tokio`), as
    /// [`AsyncRpcClient::spawn`].
    ///
    /// # Errors
    ///
    /// Where the program cannot be started.
    ///
    /// # Panics
    ///
    /// In a tokio runtime without I/O and time enabled. Where no runtime runs it is an error.
    #[cfg(feature = "tokio")]
    pub async fn spawn_async(&self, command: Command) -> Result<AsyncRpcClient, Error> {
        self.connect_async_over(ProgramTransport::new(command)).await
    }

    /// Starts a program and connects to it, as [`RpcClient::spawn`].
    ///
    /// ```no_run
    /// use std::process::Command;
    ///
    /// use rpc_core::client::Dialect;
    /// use rpc_core::protocol::Framing;
    /// use rpc_core::{RpcClient, Stub, args, kwargs};
    /// use serde_json::{Value, json};
    ///
    /// // A language server.
    /// let client = RpcClient::builder()
    ///     .framing(Framing::Header)
    ///     .dialect(Dialect::JsonRpc)
    ///     .spawn(Command::new("pylsp"))?;
    /// let arguments = kwargs! { processId: None::<u32>, rootUri: None::<&str>, capabilities: json!({}) };
    /// let server: Value = client.call("initialize", args![], arguments)?;
    /// # Ok::<(), rpc_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the program cannot be started.
    pub fn spawn(&self, command: Command) -> Result<RpcClient<ProgramTransport>, Error> {
        self.connect_over(ProgramTransport::new(command))
    }

    /// Connects over any transport.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    pub fn connect_over<T: Transport>(&self, transport: T) -> Result<RpcClient<T>, Error> {
        let settings = self.settings_over(&transport.peer())?;
        RpcClient::new(transport, settings)
    }
}
