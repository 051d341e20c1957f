//! The crate jsonrpc: `jsonrpc_client ADDRESS http|tcp|unix [PATH]`.

use std::env;
use std::time::Duration;

use foreign::{Caller, Refusal, check_all, library, version};
use jsonrpc::simple_http::SimpleHttpTransport;
use jsonrpc::simple_tcp::TcpTransport;
use jsonrpc::simple_uds::UdsTransport;
use jsonrpc::{Client, Error, arg};
use serde_json::Value;

struct Jsonrpc(Client);

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Rpc(error) => {
            (i64::from(error.code), error.data.map(|data| data.to_string()).unwrap_or_default())
        }
        other => (0, other.to_string()),
    }
}

impl Caller for Jsonrpc {
    fn call(&self, name: &str, params: Value) -> Result<Value, Refusal> {
        self.0.call(name, Some(&arg(params))).map_err(refusal)
    }

    fn batch(&self, calls: &[(&str, Value)]) -> Result<Vec<Value>, Refusal> {
        let params: Vec<_> = calls.iter().map(|(_, params)| arg(params)).collect();
        let requests: Vec<_> = calls
            .iter()
            .zip(&params)
            .map(|((name, _), params)| self.0.build_request(name, Some(params)))
            .collect();
        let replies = self.0.send_batch(&requests).map_err(refusal)?;
        let one = |reply: Option<jsonrpc::Response>| match reply.map(|reply| reply.result()) {
            Some(Ok(value)) => value,
            Some(Err(error)) => Value::from(refusal(error).0),
            None => Value::from("no reply"),
        };
        Ok(replies.into_iter().map(one).collect())
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, address, transport, path @ ..] = arguments.as_slice() else {
        panic!("usage: jsonrpc_client ADDRESS http|tcp|unix [PATH]");
    };
    let timeout = Duration::from_secs(10);
    let client = match transport.as_str() {
        "http" => {
            let builder = SimpleHttpTransport::builder().timeout(timeout);
            let transport = builder.url(&format!("http://{address}/")).expect("a URL").build();
            Client::with_transport(transport)
        }
        "tcp" => {
            let mut transport = TcpTransport::new(address.parse().expect("an address"));
            transport.timeout = Some(timeout);
            Client::with_transport(transport)
        }
        _ => {
            let mut transport = UdsTransport::new(path.concat());
            transport.timeout = Some(timeout);
            Client::with_transport(transport)
        }
    };
    library("jsonrpc", version("jsonrpc"));
    check_all(&Jsonrpc(client));
}
