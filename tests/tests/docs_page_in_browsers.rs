//! The page that shows the functions, in a real browser: `foreign/browser/docs_page.js` makes the checks.

#![allow(clippy::unwrap_used, clippy::unused_self, missing_docs, unreachable_pub)]

#[path = "docs_page_in_browsers/shapes.rs"]
mod shapes;

use axum::Router;
use rpc_core::description::Service;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::Call;
use rpc_core::server::ServerHandle;
use rpc_core::{CallContext, Fault, FunctionRegistry, RpcServer, TcpServer};
use tests::{Model, Report, all_good, browser, run};
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;

/// Makes the checks of a section against a server.
fn check(section: &str, address: &str) {
    if let Some(mut program) = browser("browser/docs_page.js") {
        let report = Report::of(program.args([address, section]));
        all_good([(section, &report)]);
    }
}

fn check_server(section: &str, server: ServerHandle) {
    check(section, &server.address().to_string());
}

fn shapes_server() -> RpcServer {
    let service = Service::new("Shapes")
        .version("1.4.0")
        .description("Takes values of *every* shape.")
        .tag("inner", "What is *within*.");
    RpcServer::of(shapes::registry()).service(service)
}

fn shapes() -> ServerHandle {
    Model::ThreadPerConnection.start(shapes_server())
}

#[test]
fn functions_are_listed_searched_and_explained() {
    check_server("reading", shapes());
}

#[test]
fn a_form_builds_arguments_of_every_shape() {
    check_server("forms", shapes());
}

#[test]
fn errors_are_shown_whole() {
    check_server("errors", shapes());
}

#[test]
fn snippets_run_as_they_are() {
    check_server("snippets", shapes());
}

#[test]
fn names_and_documentation_are_text() {
    check_server("hostile", shapes());
}

#[test]
fn it_is_used_by_keyboard_alone() {
    check_server("keyboard", shapes());
}

#[test]
fn it_fits_a_phone_and_whoever_hears_it_read() {
    check_server("access", shapes());
}

#[test]
fn it_works_on_an_event_loop_and_on_one_thread() {
    for model in [Model::EventLoop, Model::SingleThread] {
        check_server("call", model.start(shapes_server()));
    }
}

#[test]
fn a_server_without_functions_says_so() {
    check_server("empty", Model::EventLoop.start(RpcServer::of(FunctionRegistry::new())));
}

/// Lets calls pass that have a token.
struct Guarded<D>(D);

impl<D: Dispatch> Dispatch for Guarded<D> {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        if context.header("authorization") == Some("Bearer secret") {
            self.0.dispatch(call, context, reply)
        } else {
            Fault::new(-31_999, "a token is needed").into()
        }
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

#[test]
fn a_server_that_refuses_to_tell_is_shown_with_what_to_do() {
    let server = TcpServer::of(Guarded(shapes::registry()));
    check_server("refused", Model::EventLoop.start(server));
}

#[test]
fn it_works_where_another_program_has_put_it() {
    run(async {
        let service = shapes_server().into_service().unwrap();
        let app = Router::new().nest_service("/api", service);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async { axum::serve(listener, app).await });
        let talk = move || check("call", &format!("{address}/api"));
        spawn_blocking(talk).await.unwrap();
        server.abort();
    });
}
