//! Who may not call a function is told so, by every model and in every dialect, before anything is said of arguments.

#![cfg(unix)]
#![allow(clippy::unwrap_used, unreachable_pub, clippy::unused_async)]

#[path = "../src/bin/permissions_server/bank.rs"]
mod bank;

use bank::Believes;
use rpc_core::client::Dialect;
use rpc_core::identity::{Credentials, Identity, Unauthenticated};
use rpc_core::protocol::{Framing, code};
use rpc_core::server::{ServerHandle, Tools};
use rpc_core::{
    Error, FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub, TcpServer, args, kwargs,
};
use serde_json::{Value, json};
use tests::{HttpPeer, McpPeer, Model, Peer, Served};

type Server = TcpServer<JsonRpc<Believes<FunctionRegistry>>>;

/// The functions behind a layer that finds out who calls.
fn bank_server() -> Server {
    TcpServer::of(Believes(bank::functions_without(&[]))).identities_by_layer()
}

fn start(server: Server) -> (ServerHandle, RpcClient) {
    let server = server.start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    (server, client)
}

/// What comes of a call of somebody, or of nobody: the value, or the fault's code and words.
fn outcome(
    client: &RpcClient,
    user: &str,
    name: &str,
    arguments: Value,
) -> Result<Value, (i64, String)> {
    let arguments = arguments.as_array().unwrap().clone();
    let result = match user {
        "" => client.call_json(name, &arguments),
        user => client.with_metadata("user", user).call_json(name, &arguments),
    };
    result.map_err(|error| match error {
        Error::Fault(fault) => (fault.code(), fault.message().to_owned()),
        error => panic!("{error}"),
    })
}

trait CallJson: Stub {
    fn call_json(&self, name: &str, arguments: &[Value]) -> Result<Value, Error>;
}

impl<S: Stub<Kind = rpc_core::client::Blocking>> CallJson for S {
    fn call_json(&self, name: &str, arguments: &[Value]) -> Result<Value, Error> {
        match arguments {
            [] => self.call(name, args![], kwargs! {}),
            [one] => self.call(name, args![one], kwargs! {}),
            _ => panic!("at most one argument"),
        }
    }
}

fn refused(words: &str) -> Result<Value, (i64, String)> {
    Err((code::UNAUTHORISED, words.to_owned()))
}

fn unknown(words: &str) -> Result<Value, (i64, String)> {
    Err((code::UNAUTHENTICATED, words.to_owned()))
}

#[test]
fn every_model_asks_who_calls_before_it_looks_at_arguments() {
    for model in ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"] {
        let server = Served::start(env!("CARGO_BIN_EXE_permissions_server"), model);
        let client = server.client();
        let ask = |user: &str, name: &str, arguments| outcome(&client, user, name, arguments);
        for name in ["withdraw", "transfer", "inspect"] {
            let nobody =
                format!("`{name}` needs `bank:write`, and who calls is not known; say who you are");
            let eve = format!("`{name}` needs `bank:write`, which `eve` does not have");
            for arguments in [json!([5]), json!(["no number"]), json!([])] {
                assert_eq!(ask("", name, arguments.clone()), unknown(&nobody), "{model}");
                assert_eq!(ask("eve", name, arguments), refused(&eve), "{model}");
            }
            assert_eq!(ask("ada", name, json!([5])), Ok(json!(5)), "{model}");
            assert_eq!(ask("ada", name, json!([])).unwrap_err().0, code::INVALID_PARAMS);
        }
        let bob = "`balance` needs `bank:read` or `bank:write`, which `bob` does not have";
        assert_eq!(ask("bob", "balance", json!([])), refused(bob));
        for user in ["ada", "eve"] {
            assert_eq!(ask(user, "balance", json!([])), Ok(json!(7)));
        }
        for user in ["", "bob", "ada"] {
            assert_eq!(ask(user, "motto", json!([])), Ok(json!("safe")));
            assert_eq!(ask(user, "hello", json!([])), Ok(json!("hello")));
        }
    }
}

#[test]
fn every_model_denies_by_default_and_hides() {
    for model in ["single", "threads", "fork", "prefork", "event-loop", "prefork-event-loop"] {
        let options = format!("{model} --deny --hide");
        let server = Served::start(env!("CARGO_BIN_EXE_permissions_server"), &options);
        let client = server.client();
        let ask = |user: &str, name: &str| outcome(&client, user, name, json!([]));
        let none = |name: &str| {
            Err((code::METHOD_NOT_FOUND, format!("no function `{name}` is served here")))
        };
        for name in ["motto", "withdraw", "system.describe", "system.stats"] {
            assert_eq!(ask("", name), none(name), "{model}");
        }
        assert_eq!(ask("", "hello"), Ok(json!("hello")));
        assert_eq!(ask("bob", "motto"), Ok(json!("safe")));
        assert_eq!(ask("bob", "withdraw"), none("withdraw"));
        assert_eq!(ask("eve", "balance"), Ok(json!(7)));
    }
}

#[test]
fn a_server_that_denies_by_default_asks_who_calls() {
    let (_server, client) = start(bank_server().deny_by_default());
    let nobody = "`motto` is for callers who are known; say who you are";
    assert_eq!(outcome(&client, "", "motto", json!([])), unknown(nobody));
    let nobody = "`system.describe` is for callers who are known; say who you are";
    assert_eq!(outcome(&client, "", "system.describe", json!([])), unknown(nobody));
    assert_eq!(outcome(&client, "", "hello", json!([])), Ok(json!("hello")));
    assert_eq!(outcome(&client, "bob", "motto", json!([])), Ok(json!("safe")));
    assert!(outcome(&client, "bob", "system.describe", json!([])).is_ok());
}

#[test]
fn batches_notifications_and_multicalls_are_asked_one_by_one() {
    Model::each(|model| {
        let server = model.start(bank_server());
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let before = peer.ask(r#"{"method_name":"noted","method_args":[],"id":1}"#);
        let user = r#""metadata":{"user":"eve"}"#;
        peer.send(&format!(r#"{{"method_name":"note","method_args":[],"notify":true,{user}}}"#));
        let batch = format!(
            r#"[{{"jsonrpc":"2.0","method":"note"}},
                {{"jsonrpc":"2.0","method":"note","id":2,{user}}},
                {{"jsonrpc":"2.0","method":"balance","id":3,{user}}},
                {{"jsonrpc":"2.0","method":"note","id":4}}]"#
        );
        let replies: Value = serde_json::from_str(&peer.ask(&batch)).unwrap();
        assert_eq!(replies[0]["error"]["code"], code::UNAUTHORISED);
        assert_eq!(replies[1]["result"], 7);
        assert_eq!(replies[2]["error"]["code"], code::UNAUTHENTICATED);
        let multicall = format!(
            r#"{{"method_name":"system.multicall","method_args":[[{{"methodName":"note","params":[]}},
                {{"methodName":"balance","params":[]}}]],"id":5,{user}}}"#
        );
        let results: Value = serde_json::from_str(&peer.ask(&multicall)).unwrap();
        assert_eq!(results["res"][0]["faultCode"], code::UNAUTHORISED);
        assert_eq!(results["res"][1], json!([7]));
        assert_eq!(peer.ask(r#"{"method_name":"noted","method_args":[],"id":1}"#), before);
    });
}

#[test]
fn every_dialect_refuses() {
    let server = bank_server().mcp(Tools::marked()).start("127.0.0.1:0").unwrap();
    let nobody = "needs `bank:write`, and who calls is not known";
    for message in [
        r#"{"method_name":"withdraw","method_args":[1],"id":1}"#,
        r#"{"method_name":"withdraw","method_args":[1]}"#,
        r#"{"jsonrpc":"2.0","method":"withdraw","params":["x"],"id":1}"#,
        r#"{"in":"withdraw","params":1}"#,
        r#"{"in":"withdraw","params":["x"]}"#,
    ] {
        let mut peer = Peer::connect(server.address(), Framing::LengthPrefix);
        let reply = peer.ask(message);
        assert!(reply.contains(nobody) && reply.contains("-32007"), "{message}: {reply}");
    }
    let address = server.address();
    let web = RpcClient::builder().dialect(Dialect::XmlRpc).header("user", "eve");
    let web = web.connect(format!("http://{address}/")).unwrap();
    let eve = "`withdraw` needs `bank:write`, which `eve` does not have";
    assert_eq!(outcome(&web, "", "withdraw", json!([1])), refused(eve));
    assert_eq!(outcome(&web, "", "balance", json!([])), Ok(json!(7)));
    let socket = RpcClient::connect(format!("ws://{address}/")).unwrap();
    assert_eq!(outcome(&socket, "eve", "withdraw", json!([1])), refused(eve));
    let post = HttpPeer::post(
        "Content-Type: application/json\r\nuser: eve\r\n",
        r#"{"jsonrpc":"2.0","method":"withdraw","params":[1],"id":1}"#,
    );
    let response = HttpPeer::connect(address.clone()).exchange(&post);
    assert!(response.body.contains(&code::UNAUTHORISED.to_string()), "{}", response.body);
    let mut tools = McpPeer::connect(address.clone());
    let params = json!({ "name": "withdraw", "arguments": { "amount": 1 } });
    let response = tools.ask("tools/call", params);
    assert_eq!(response.status, 401);
    let result = McpPeer::result(&response);
    assert_eq!(result["isError"], true);
    assert!(result["content"][0]["text"].as_str().unwrap().contains(nobody), "{result}");
    assert_eq!(tools.call("hello", &json!({}))["isError"], json!(false));
}

#[test]
fn an_authenticator_is_all_that_permissions_ask_for() {
    let server = RpcServer::of(bank::functions_without(&[]))
        .mcp(Tools::marked())
        .hide_denied()
        .authenticate(|credentials: &Credentials<'_>| match credentials.bearer() {
            Some("s3cret") => Ok(Identity::new("ada").scopes(["bank:write"])),
            Some("look") => Ok(Identity::new("eve").scopes(["bank:read"])),
            _ => Err(Unauthenticated::new("no such token")),
        });
    let server = server.start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    let withdraw = |token: &str| {
        let client = client.with_metadata("authorization", token);
        client.call::<u32>("withdraw", args![1], kwargs! {})
    };
    assert_eq!(withdraw("Bearer s3cret").unwrap(), 1);
    for (token, expected) in
        [("Bearer look", code::METHOD_NOT_FOUND), ("Bearer none", code::UNAUTHENTICATED)]
    {
        assert_eq!(withdraw(token).unwrap_err().fault().unwrap().code(), expected);
    }
    let tools = |token: &str| {
        let headers = McpPeer::headers("tools/list", None);
        let headers = format!("{headers}Authorization: Bearer {token}\r\n");
        let body = McpPeer::body("tools/list", &json!({ "_meta": McpPeer::meta() }));
        let response = McpPeer::connect(server.address()).post(&headers, &body);
        let tools = McpPeer::result(&response)["tools"].as_array().unwrap().clone();
        tools.iter().filter(|tool| tool["name"] == "withdraw").count()
    };
    assert_eq!((tools("s3cret"), tools("look")), (1, 0));
}

#[test]
fn over_http_the_status_says_that_nobody_is_known() {
    let server = RpcServer::of(bank::functions_without(&[]))
        .authenticate(|_: &Credentials<'_>| Ok::<_, Unauthenticated>(Identity::new("bob")));
    let server = server.start("127.0.0.1:0").unwrap();
    let ask = |headers: &str| {
        let body = r#"{"jsonrpc":"2.0","method":"withdraw","params":[1],"id":1}"#;
        let headers = format!("Content-Type: application/json\r\n{headers}");
        HttpPeer::connect(server.address()).exchange(&HttpPeer::post(&headers, body))
    };
    let nobody = ask("");
    assert_eq!(nobody.status, 401, "{}", nobody.body);
    assert!(nobody.body.contains("-32007") && nobody.header("www-authenticate").is_some());
    let bob = ask("Authorization: Bearer any\r\n");
    assert_eq!(bob.status, 200, "{}", bob.body);
    assert!(bob.body.contains("-32005"));
}

#[test]
fn functions_that_are_called_within_the_process_ask_too() {
    let registry = bank::functions_without(&[]);
    let fault = registry.call::<u32>("withdraw", args![1], kwargs! {}).unwrap_err();
    assert!(matches!(fault, Error::Fault(fault) if fault.code() == code::UNAUTHENTICATED));
    let believed = JsonRpc::new(Believes(registry));
    let ada = believed.with_metadata("user", "ada");
    assert_eq!(ada.call::<u32>("withdraw", args![1], kwargs! {}).unwrap(), 1);
}
