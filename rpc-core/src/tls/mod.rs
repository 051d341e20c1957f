//! TLS (feature `tls`): what a server shows and asks for, and whom a client trusts.
//!
//! ```no_run
//! use rpc_core::RpcServer;
//! use rpc_core::tls::Tls;
//!
//! RpcServer::exported().tls(Tls::from_pem("cert.pem", "key.pem")?).serve("0.0.0.0:5000")?;
//! # Ok::<(), rpc_core::Error>(())
//! ```

mod certificates;
mod server;
mod stamp;

pub use crate::registry::PeerCertificate;
#[cfg(feature = "tls-dev")]
pub use crate::transport::dev_certificate::DevCertificate;
pub use crate::transport::tls_client::ClientTls;
pub use server::Tls;
#[cfg(feature = "jwt")]
pub(crate) use stamp::{Stamp, stamp};
