//! Callers who are known by JSON Web Tokens (feature `jwt`).
//!
//! ```no_run
//! use rpc_core::RpcServer;
//! use rpc_core::jwt::{Jwt, JwkSet};
//!
//! let tokens = Jwt::new("https://issuer.example/", "my-api").keys(JwkSet::from_file("jwks.json")?);
//! RpcServer::exported().authenticate(tokens).serve("127.0.0.1:5000")?;
//! # Ok::<(), rpc_core::Error>(())
//! ```

mod algorithm;
mod authenticator;
#[cfg(feature = "http")]
mod board;
mod claims;
mod der;
mod json;
#[cfg(feature = "http")]
mod jwks_url;
mod key;
mod key_file;
mod key_set;
mod key_text;
mod problem;
#[cfg(feature = "http")]
mod remote;
mod rules;
mod token;

pub use authenticator::Jwt;
pub use claims::Claims;
#[cfg(feature = "http")]
pub use jwks_url::JwksUrl;
pub use key::Jwk;
pub use key_set::JwkSet;
