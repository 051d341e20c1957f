//! jsonrpsee's clients: `jsonrpsee_client ADDRESS http|https|ws|wss`; they trust whom `SSL_CERT_FILE` names.

use std::env;
use std::fmt::Debug;

use foreign::{Caller, Refusal, check_all, library, version};
use jsonrpsee_core::client::{BatchResponse, ClientT, Error};
use jsonrpsee_core::params::{ArrayParams, BatchRequestBuilder, ObjectParams};
use jsonrpsee_core::traits::ToRpcParams;
use jsonrpsee_http_client::HttpClientBuilder;
use jsonrpsee_ws_client::WsClientBuilder;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::runtime::Runtime;

struct Client<C> {
    client: C,
    runtime: Runtime,
}

enum Params {
    Array(ArrayParams),
    Object(ObjectParams),
}

impl From<Value> for Params {
    fn from(value: Value) -> Self {
        if let Value::Object(members) = value {
            let mut params = ObjectParams::new();
            for (name, value) in members {
                params.insert(&name, value).expect("JSON");
            }
            return Self::Object(params);
        }
        let mut params = ArrayParams::new();
        for value in value.as_array().expect("an array or an object") {
            params.insert(value).expect("JSON");
        }
        Self::Array(params)
    }
}

impl ToRpcParams for Params {
    fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        match self {
            Self::Array(params) => params.to_rpc_params(),
            Self::Object(params) => params.to_rpc_params(),
        }
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Call(error) => {
            (i64::from(error.code()), error.data().map(ToString::to_string).unwrap_or_default())
        }
        other => (0, other.to_string()),
    }
}

impl<C: ClientT + Debug> Caller for Client<C> {
    fn call(&self, name: &str, params: Value) -> Result<Value, Refusal> {
        let request = self.client.request(name, Params::from(params));
        self.runtime.block_on(request).map_err(refusal)
    }

    fn notify(&self, name: &str, params: Value) -> bool {
        let sent = self.runtime.block_on(self.client.notification(name, Params::from(params)));
        if let Err(error) = &sent {
            eprintln!("{error}");
        }
        sent.is_ok()
    }

    fn batch(&self, calls: &[(&str, Value)]) -> Result<Vec<Value>, Refusal> {
        let mut batch = BatchRequestBuilder::new();
        for (name, params) in calls {
            batch.insert(name, Params::from(params.clone())).expect("JSON");
        }
        let replies: BatchResponse<'_, Value> =
            self.runtime.block_on(self.client.batch_request(batch)).map_err(refusal)?;
        let replies = replies.into_iter();
        Ok(replies.map(|reply| reply.unwrap_or_else(|error| Value::from(error.code()))).collect())
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, address, transport] = arguments.as_slice() else {
        panic!("usage: jsonrpsee_client ADDRESS http|https|ws|wss");
    };
    let runtime = Runtime::new().expect("a runtime");
    let entered = runtime.enter();
    match transport.as_str() {
        "http" | "https" => {
            library("jsonrpsee", version("jsonrpsee-http-client"));
            let client = HttpClientBuilder::new().build(format!("{transport}://{address}"));
            let client = client.expect("a client");
            drop(entered);
            check_all(&Client { client, runtime });
        }
        _ => {
            library("jsonrpsee", version("jsonrpsee-ws-client"));
            let client = WsClientBuilder::new().build(format!("{transport}://{address}"));
            let client = runtime.block_on(client).expect("a connection");
            drop(entered);
            check_all(&Client { client, runtime });
        }
    }
}
