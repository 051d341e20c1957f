//! A mounted service: the tower service around it says who calls, and a function reads it.

use std::convert::Infallible;
use std::error::Error;
use std::task::{Context, Poll};

use http_body_util::BodyExt;
use hyper::Request;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use rpc_core::{CallContext, RpcServer, rpc_export};
use tower::{Service, ServiceExt};

/// Who calls, as the service around the functions has found out.
#[derive(Clone)]
struct User(String);

/// Greets whoever calls.
#[rpc_export]
fn greet_caller(context: &CallContext) -> String {
    let user = context.extension::<User>().map_or("nobody", |User(name)| name);
    format!("Hello, {user}!")
}

/// Finds out who calls before the call is answered.
#[derive(Clone)]
struct Identify<S>(S);

impl<S: Service<Request<String>, Error = Infallible>> Service<Request<String>> for Identify<S> {
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<String>) -> S::Future {
        let token = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes);
        if token == Some(b"Bearer ada's token") {
            request.extensions_mut().insert(User("Ada".to_owned()));
        }
        self.0.call(request)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(call())
}

async fn call() -> Result<(), Box<dyn Error>> {
    let service = Identify(RpcServer::exported().into_service()?);
    for token in ["Bearer ada's token", "Bearer a guess"] {
        let request = Request::post("http://localhost/rpc")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, token)
            .body(r#"{"method_name":"greet_caller"}"#.to_owned())?;
        let response = service.clone().oneshot(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        println!("{}", String::from_utf8_lossy(&body));
    }
    Ok(())
}
