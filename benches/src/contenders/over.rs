//! What lies between a client and a server of ours: TCP alone, or TLS on it.

use rpc_core::client::ClientBuilder;
#[cfg(feature = "tls")]
use rpc_core::tls::{ClientTls, Tls};
use rpc_core::{Error, FunctionRegistry, JsonRpc, RpcClient, RpcServer, TcpServer};

/// A server of ours.
pub type Server = TcpServer<JsonRpc<FunctionRegistry>>;

/// What lies between.
#[derive(Clone, Copy)]
pub enum Over {
    /// Nothing.
    Tcp,
    /// TLS 1.3, with a certificate whose key is of P-256.
    #[cfg(feature = "tls")]
    Tls,
}

/// A certificate for 127.0.0.1, which is its own authority.
#[cfg(feature = "tls")]
pub const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/certificate.pem");
/// Its key, which is no secret.
#[cfg(feature = "tls")]
pub const KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/key.pem");

impl Over {
    /// Makes a server of what is exported.
    pub fn server(self) -> Result<Server, Error> {
        Ok(match self {
            Self::Tcp => RpcServer::exported(),
            #[cfg(feature = "tls")]
            Self::Tls => RpcServer::exported().tls(Tls::from_pem(CERTIFICATE, KEY)?),
        })
    }

    /// Begins to make a client.
    pub fn client(self) -> Result<ClientBuilder, Error> {
        Ok(match self {
            Self::Tcp => RpcClient::builder(),
            #[cfg(feature = "tls")]
            Self::Tls => RpcClient::builder().tls(ClientTls::new().ca(CERTIFICATE)?),
        })
    }

    /// The scheme of a URL which is this one over TCP: `tcp`, `http` or `ws`.
    pub fn scheme(self, over_tcp: &'static str) -> &'static str {
        match self {
            Self::Tcp => over_tcp,
            #[cfg(feature = "tls")]
            Self::Tls => match over_tcp {
                "http" => "https",
                "ws" => "wss",
                _ => "tls",
            },
        }
    }
}
