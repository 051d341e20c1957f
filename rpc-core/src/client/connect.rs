//! How a client connects: to an address, over a transport, to a program that it starts.

use std::process::Command;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::{Error, IoError, IoErrorKind, Misuse};
use crate::protocol::Framing;
#[cfg(feature = "tokio")]
use crate::transport::AsyncTransport;
#[cfg(feature = "tls")]
use crate::transport::ClientTls;
use crate::transport::{ProgramTransport, TcpTransport, Transport, unix_path};

#[cfg(feature = "tokio")]
use super::AsyncRpcClient;
use super::http::Target;
use super::url::{Scheme, Url, without_password};
use super::websocket::Resource;
use super::{ClientBuilder, RpcClient};

impl ClientBuilder {
    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`; with the feature `tls` to
    /// `tls://host:port`, `https://…` and `wss://…`.
    ///
    /// # Errors
    ///
    /// Where no connection can be made.
    pub fn connect(&self, address: impl ToString) -> Result<RpcClient, Error> {
        let (transport, settings) = self.to_connect(address.to_string())?;
        RpcClient::new(transport, settings)
    }

    /// Connects to `host:port`, `tcp://host:port`, `unix:/path` or, with the feature `http`,
    /// `http://host[:port][/path]` or `ws://host[:port][/path]`,
    /// without blocking (feature `tokio`); with the feature `tls` to `tls://host:port`, `https://…` and
    /// `wss://…`.
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
        let (transport, settings) = self.to_connect(address.to_string())?;
        AsyncRpcClient::to(transport, settings).await
    }

    /// The settings for a transport that knows where to connect.
    fn settings_over(&self, peer: &str) -> Result<Self, Error> {
        match &self.url {
            Some(url) => {
                self.check_tls_over(url)?;
                let mut settings = self.to_reach(url.clone())?.1;
                // The transport may lead through a tunnel, and knows whether others can read there.
                settings.is_plain = false;
                Ok(settings)
            }
            None => {
                self.check_plain(peer)?;
                self.check_stream(peer)?;
                Ok(self.clone())
            }
        }
    }

    /// What connects to a URL where nothing else leads there, and the settings.
    fn to_connect(&self, url: String) -> Result<(TcpTransport, Self), Error> {
        let (transport, settings) = self.to_reach(url)?;
        settings.check_address(&transport.peer())?;
        Ok((transport, settings))
    }

    /// What connects to a URL, and the settings that it asks for.
    fn to_reach(&self, url: String) -> Result<(TcpTransport, Self), Error> {
        let failed = |source| {
            let doing = format!("connecting to {}", without_password(&url));
            IoError::new(IoErrorKind::Connect, doing).because(source)
        };
        let mut settings = self.clone();
        let Some(parts) = Url::of(&url).map_err(failed)? else {
            settings.check_stream(&url)?;
            settings.check_plain(&url)?;
            settings.is_plain = unix_path(&url).is_none();
            return Ok((TcpTransport::new(url), settings));
        };
        settings.is_plain = !parts.is_secure;
        let transport = settings.transport_to(&parts, &url)?;
        let Url { scheme, is_secure, host, path, .. } = parts;
        if scheme != Scheme::Tcp && !settings.has_dialect {
            settings.dialect = Dialect::JsonRpc;
        }
        match scheme {
            Scheme::Tcp => settings.check_stream(&url)?,
            Scheme::Http => {
                let Self { headers, metadata, dialect, .. } = &settings;
                let target = Target::new((&host, is_secure), &path, headers, metadata, *dialect);
                let target = target.map(|target| target.with(settings.credentials.clone()));
                settings.target = Some(Arc::new(target.map_err(failed)?));
            }
            Scheme::WebSocket => {
                let resource = Resource::new(host, path, &settings.headers);
                settings.framing = Framing::WebSocket;
                settings.websocket = Some(Arc::new(resource.map_err(failed)?));
            }
        }
        settings.check_metadata(&settings.metadata)?;
        settings.check_credentials()?;
        Ok((transport, settings))
    }

    /// What connects to a URL.
    #[cfg(feature = "tls")]
    fn transport_to(&self, parts: &Url, url: &str) -> Result<TcpTransport, Error> {
        if !parts.is_secure {
            self.check_plain(url)?;
            return Ok(TcpTransport::new(&parts.address));
        }
        let of_the_system = ClientTls::new();
        let tls = self.tls.as_ref().unwrap_or(&of_the_system);
        let secured = tls.secured(parts.host_name(), parts.scheme != Scheme::Tcp)?;
        Ok(TcpTransport::over_tls(&parts.address, secured))
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // As with it.
    fn transport_to(&self, parts: &Url, _: &str) -> Result<TcpTransport, Error> {
        Ok(TcpTransport::new(&parts.address))
    }

    /// Refuses to connect without TLS where it was said how to speak it.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // As with the feature.
    fn check_plain(&self, address: &str) -> Result<(), Misuse> {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            let problem = format!(
                "`tls` was said, and {address} is an address without it; connect to \
                 `tls://host:port`, `https://…` or `wss://…`"
            );
            return Err(Misuse::Tls { problem: problem.into() });
        }
        let _ = address;
        Ok(())
    }

    /// Refuses a URL with TLS over a transport that TLS is not added to.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // As with the feature.
    fn check_tls_over(&self, url: &str) -> Result<(), Misuse> {
        #[cfg(feature = "tls")]
        if matches!(Url::of(url), Ok(Some(Url { is_secure: true, .. }))) {
            let problem = format!(
                "nothing adds TLS to a transport of one's own, as {url} would have it; speak it in \
                 the transport, and give the URL as `http://…` or `ws://…`"
            );
            return Err(Misuse::Tls { problem: problem.into() });
        }
        let _ = url;
        Ok(())
    }

    /// Refuses what cannot be said over a stream.
    fn check_stream(&self, address: &str) -> Result<(), Misuse> {
        if let Some((name, _)) = self.headers.first() {
            let (name, address) = (name.clone(), address.to_owned());
            return Err(Misuse::NoHeader { name, address });
        }
        self.check_metadata(&self.metadata)?;
        self.check_credentials()
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
