//! A typed call is the same in every dialect, over every transport and with either client.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use rpc_core::client::{ClientBuilder, Dialect};
use rpc_core::protocol::Framing;
use rpc_core::{RpcClient, RpcServer, Stub, args, call, kwargs, rpc_export};
use serde_json::{Value, json};
use tests::{Model, run};

/// Adds a job: its title, any tags, and how urgent it is.
#[rpc_export]
fn add_job(title: &str, #[args] tags: Vec<String>, #[default(0)] priority: i64) -> String {
    format!("{title} {tags:?} {priority}")
}

/// Has parameters that may be left out before others that are given.
#[rpc_export]
fn label(text: &str, #[default("<")] open: &str, #[default(">".into())] close: String) -> String {
    format!("{open}{text}{close}")
}

/// Takes everything there is.
#[rpc_export]
fn all_of_it(
    #[args] args: Vec<Value>,
    key: Option<bool>,
    #[kwargs] kwargs: BTreeMap<String, Value>,
) -> Value {
    json!([args, key, kwargs])
}

/// How clients reach a server at this address.
fn ways(address: &str) -> Vec<(ClientBuilder, String)> {
    let builder = |dialect| RpcClient::builder().dialect(dialect);
    let (tcp, http, ws) =
        (address.to_owned(), format!("http://{address}/"), format!("ws://{address}/"));
    vec![
        (builder(Dialect::Native), tcp.clone()),
        (builder(Dialect::JsonRpc), tcp.clone()),
        (builder(Dialect::JsonRpc).framing(Framing::Raw), tcp.clone()),
        (builder(Dialect::Ping).framing(Framing::Raw), tcp),
        (builder(Dialect::Native), http.clone()),
        (builder(Dialect::JsonRpc), http.clone()),
        (builder(Dialect::XmlRpc), http),
        (builder(Dialect::Native), ws.clone()),
        (builder(Dialect::JsonRpc), ws),
    ]
}

/// Calls with whatever `$wait` does to what a call returns.
macro_rules! conversation {
    ($client:ident, $way:expr, |$call:ident| $wait:expr) => {{
        let client = &$client;
        macro_rules! wait {
            ($made:expr) => {{
                let $call = $made;
                $wait.unwrap_or_else(|error| panic!("{}: {error}", $way))
            }};
        }
        let way = &$way;
        let tags = ["a", "b"].map(str::to_owned);
        let job = wait!(call!(client.add_job("x", tags = tags, priority = 1)));
        assert_eq!(job, r#"x ["a", "b"] 1"#, "{way}");
        let job = wait!(call!(client.add_job("x", priority = 2)));
        assert_eq!(job, "x [] 2", "{way}");
        let job = wait!(call!(client.add_job("x", "a".to_owned())));
        assert_eq!(job, r#"x ["a"] 0"#, "{way}");
        let job = wait!(call!(client.add_job(priority = 3, title = "x", tags = [""; 0])));
        assert_eq!(job, "x [] 3", "{way}");

        assert_eq!(wait!(call!(client.label("x", close = "]"))), "<x]", "{way}");
        assert_eq!(wait!(call!(client.label("x", "(", ")"))), "(x)", "{way}");
        let (left_out, given) = (None, Some(String::from("!")));
        assert_eq!(wait!(call!(client.label("x", left_out, close = given))), "<x!", "{way}");

        let all = wait!(call!(client.all_of_it(json!(1), json!("b"), key = true)));
        assert_eq!(all, json!([[1, "b"], true, {}]), "{way}");
        let all = wait!(call!(client.all_of_it(json!(1), kwargs = kwargs! { c: [2], d: "e" })));
        assert_eq!(all, json!([[1], null, { "c": [2], "d": "e" }]), "{way}");
        let all = wait!(call!(client.all_of_it(key = false, kwargs = kwargs! { c: 1 })));
        assert_eq!(all, json!([[], false, { "c": 1 }]), "{way}");
    }};
}

#[test]
fn a_typed_call_is_the_same_in_every_dialect() {
    let server = Model::EventLoop.start(RpcServer::exported());
    for (builder, url) in ways(&server.address().to_string()) {
        let way = format!("{url} {builder:?}");
        let client = builder.connect(&*url).unwrap();
        conversation!(client, way, |call| call);
        drop(client);
        run(async {
            let client = builder.connect_async(&*url).await.unwrap();
            conversation!(client, way, |call| call.await);
        });
    }
}

#[test]
fn calls_by_name_are_folded_in_the_same_way() {
    let server = Model::EventLoop.start(RpcServer::exported());
    for (builder, url) in ways(&server.address().to_string()) {
        let way = format!("{url} {builder:?}");
        let client = builder.connect(&*url).unwrap();
        // Of the ping dialect nobody is asked for names.
        if !way.contains("Ping") {
            let job: String =
                client.call("add_job", args!["x", "a", "b"], kwargs! { priority: 1 }).unwrap();
            assert_eq!(job, r#"x ["a", "b"] 1"#, "{way}");
        }
        let text: String = client.call("label", (), kwargs! { text: "x", close: "]" }).unwrap();
        assert_eq!(text, "<x]", "{way}");
    }
}

#[test]
fn a_variadic_parameter_is_given_by_its_own_name_where_no_keyword_can_be_meant() {
    let server = Model::ThreadPerConnection.start(RpcServer::exported());
    let native = RpcClient::connect(server.address()).unwrap();
    let job: String =
        native.call("add_job", args!["x"], kwargs! { tags: ["a"], priority: 1 }).unwrap();
    assert_eq!(job, r#"x ["a"] 1"#);
    let job: String = native.call("add_job", (), kwargs! { tags: ["a"], title: "x" }).unwrap();
    assert_eq!(job, r#"x ["a"] 0"#);
    // Beside a parameter that gathers keywords, too: it is one and the same in every dialect.
    let all: Value = native.call("all_of_it", (), kwargs! { args: [1] }).unwrap();
    assert_eq!(all, json!([[1], null, {}]));

    let json_rpc =
        RpcClient::builder().dialect(Dialect::JsonRpc).connect(server.address()).unwrap();
    let all: Value = json_rpc.call("all_of_it", (), kwargs! { args: [1], b: 2 }).unwrap();
    assert_eq!(all, json!([[1], null, { "b": 2 }]));

    let refusal = |args, tags: Value| {
        native.call::<String>("add_job", args, kwargs! { tags: tags }).unwrap_err().to_string()
    };
    let twice = refusal(vec!["x", "a"], json!(["b"]));
    assert!(twice.contains("argument `tags` of `add_job` is given twice"), "{twice}");
    let no_array = refusal(vec!["x"], json!("b"));
    assert!(no_array.contains("must be an array of them"), "{no_array}");
    assert!(no_array.contains("but the string \"b\" came"), "{no_array}");
    let wrong = refusal(vec!["x"], json!([1]));
    assert!(wrong.contains("argument `tags` of `add_job` must be"), "{wrong}");

    let described: Value = native.call("system.describe", args!["all_of_it"], ()).unwrap();
    let by_name: Vec<_> =
        described["parameters"].as_array().unwrap().iter().map(|p| p["by_name"].clone()).collect();
    assert_eq!(by_name, [json!("array"), Value::Null, json!("members")]);
}
