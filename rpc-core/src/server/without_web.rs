//! Stands in for HTTP where it is not built in, and no connection turns out to speak it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::json_rpc::{Answer, Session};
use crate::protocol::Connection;
use crate::pump::{Timeouts, Voice};
use crate::transport::AnyStream;

use super::service::Service;

impl<A: Answer> Service<A> {
    #[cfg(feature = "tokio")]
    #[allow(clippy::unnecessary_wraps, clippy::unused_async, clippy::unused_self)]
    pub(super) async fn go_on_by_http(
        &self,
        _: crate::transport::AsyncSocket,
        _: Session,
        _: Connection,
        _: &Voice,
    ) -> io::Result<()> {
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self)]
    pub(super) fn speak_http_blocking(
        &self,
        _: &Arc<AnyStream>,
        _: &mut Session,
        _: Connection,
        _: &Timeouts,
        _: &Voice,
        _: impl Future<Output = Duration>,
    ) -> io::Result<Option<Connection>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use crate::{FunctionRegistry, RpcClient, RpcServer, Stub, args};

    #[test]
    fn a_build_without_http_answers_it_in_http() {
        let mut registry = FunctionRegistry::new();
        registry.register("double", |n: i64| 2 * n).unwrap();
        let server = RpcServer::of(registry).start("127.0.0.1:0").unwrap();
        for (body, method) in [("", "GET"), ("[1, 2]", "POST")] {
            let mut stream = TcpStream::connect(server.address()).unwrap();
            let length = body.len();
            let head =
                format!("{method} / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all((head + body).as_bytes()).unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).unwrap();
            let (head, body) = response.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 501 Not Implemented\r\n"), "{response}");
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{response}");
            assert!(body.contains("the feature `http`"), "{response}");
        }
        let client = RpcClient::connect(server.address()).unwrap();
        assert_eq!(Stub::call::<i64>(&client, "double", args![2], ()).unwrap(), 4);
    }
}
