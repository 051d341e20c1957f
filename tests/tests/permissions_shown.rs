//! Callers are shown what they may call, where the server says so, and who may ask can be said too.

#![cfg(unix)]
#![allow(clippy::unwrap_used, unreachable_pub, clippy::unused_async)]

#[path = "../src/bin/permissions_server/bank.rs"]
mod bank;

use bank::Believes;
use rpc_core::client::Dialect;
use rpc_core::identity::Identity;
use rpc_core::layer::{Dispatch, Outcome, Reply};
use rpc_core::protocol::{Call, code};
use rpc_core::server::{ServerHandle, Tools};
use rpc_core::{
    CallContext, Error, FunctionRegistry, JsonRpc, RpcClient, RpcServer, Stub, TcpServer, args,
    kwargs,
};
use serde_json::{Value, json};
use tests::McpPeer;

type Server = TcpServer<JsonRpc<Believes<FunctionRegistry>>>;

fn bank_server() -> Server {
    TcpServer::of(Believes(bank::functions_without(&[]))).identities_by_layer()
}

fn start(server: Server) -> (ServerHandle, RpcClient) {
    let server = server.start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    (server, client)
}

fn ask<const N: usize>(
    client: &RpcClient,
    user: &str,
    name: &str,
    arguments: [&str; N],
) -> Result<Value, (i64, String)> {
    let result = match (user, arguments.as_slice()) {
        ("", []) => client.call(name, args![], kwargs! {}),
        ("", all) => client.call(name, args![all[0]], kwargs! {}),
        (user, []) => client.with_metadata("user", user).call(name, args![], kwargs! {}),
        (user, all) => client.with_metadata("user", user).call(name, args![all[0]], kwargs! {}),
    };
    result.map_err(|error| match error {
        Error::Fault(fault) => (fault.code(), fault.message().to_owned()),
        error => panic!("{error}"),
    })
}

/// The functions of this test among names.
fn of_the_bank(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let own = [
        "balance", "hello", "inspect", "motto", "note", "noted", "secrets", "transfer", "withdraw",
    ];
    names.into_iter().filter(|name| own.contains(&name.as_str())).collect()
}

/// The values of a member of each of a list.
fn each(list: &Value, member: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[member].as_str().unwrap().to_owned()).collect()
}

const SHOWN: [(&str, &[&str]); 4] = [
    ("", &["hello", "motto", "noted"]),
    ("eve", &["balance", "hello", "motto", "noted"]),
    ("ada", &["balance", "hello", "inspect", "motto", "note", "noted", "transfer", "withdraw"]),
    ("root", &["hello", "motto", "noted", "secrets"]),
];

#[test]
fn each_caller_is_shown_what_they_may_call() {
    let (server, client) = start(bank_server().stats().list_allowed_only());
    let xml = RpcClient::builder().dialect(Dialect::XmlRpc);
    let address = server.address();
    // Twice, so that what is kept of one is not shown to another.
    for (user, names) in SHOWN.into_iter().chain(SHOWN) {
        let listed = ask(&client, user, "system.listMethods", []).unwrap();
        let listed: Vec<String> = serde_json::from_value(listed).unwrap();
        assert!(listed.iter().any(|name| name == "system.describe"));
        assert_eq!(of_the_bank(listed), names, "{user}");
        let described = ask(&client, user, "system.describe", []).unwrap();
        assert_eq!(of_the_bank(each(&described, "name")), names, "{user}");
        let document = ask(&client, user, "rpc.discover", []).unwrap();
        assert_eq!(of_the_bank(each(&document["methods"], "name")), names, "{user}");
        let has_secret = document["components"]["schemas"].get("Secret").is_some();
        assert_eq!(has_secret, user == "root");
        let xml = xml.clone().header("user", user).connect(format!("http://{address}/")).unwrap();
        let document: Value = xml.call("rpc.discover", args![], kwargs! {}).unwrap();
        assert_eq!(of_the_bank(each(&document["methods"], "name")), names, "{user}");
    }
    for _ in 0..2 {
        ask(&client, "ada", "withdraw", ["x"]).unwrap_err();
        ask(&client, "", "hello", []).unwrap();
    }
    for name in ["system.describe", "system.methodHelp", "system.methodSignature"] {
        let needs = "`withdraw` needs `bank:write`, which `eve` does not have";
        let refused = ask(&client, "eve", name, ["withdraw"]);
        assert_eq!(refused, Err((code::UNAUTHORISED, needs.to_owned())));
        assert!(ask(&client, "ada", name, ["withdraw"]).is_ok());
    }
    let counted = |user: &str| {
        let stats = ask(&client, user, "system.stats", []).unwrap();
        of_the_bank(each(&stats["functions"], "name"))
    };
    assert_eq!(counted("eve"), ["hello"]);
    assert_eq!(counted("ada"), ["hello", "withdraw"]);
    let (_, words) = ask(&client, "eve", "withdrow", []).unwrap_err();
    assert_eq!(words, "no function `withdrow` is served here");
    let (_, words) = ask(&client, "ada", "withdrow", []).unwrap_err();
    assert_eq!(words, "no function `withdrow` is served here; did you mean `withdraw`?");
}

#[test]
fn without_that_everything_is_shown_with_its_permissions() {
    let (_server, client) = start(bank_server());
    let listed = ask(&client, "", "system.listMethods", []).unwrap();
    let listed: Vec<String> = serde_json::from_value(listed).unwrap();
    assert_eq!(of_the_bank(listed).len(), 9);
    let allow = |name: &str| ask(&client, "", "system.describe", [name]).unwrap()["allow"].clone();
    assert_eq!(allow("withdraw"), json!(["bank:write"]));
    assert_eq!(allow("balance"), json!(["bank:read", "bank:write"]));
    assert_eq!(allow("hello"), json!(["*"]));
    assert_eq!(allow("motto"), Value::Null);
    let document = ask(&client, "", "rpc.discover", []).unwrap();
    let methods = document["methods"].as_array().unwrap();
    let said = |name: &str| methods.iter().find(|one| one["name"] == name).unwrap().get("x-allow");
    assert_eq!(said("balance"), Some(&json!(["bank:read", "bank:write"])));
    assert_eq!(said("motto"), None);
}

#[test]
fn who_may_ask_is_said_by_itself() {
    let names = ["system.listMethods", "system.describe", "system.stats", "rpc.discover"];
    let server = bank_server().stats().allow_system(["admin", "developer"]);
    let (_server, client) = start(server);
    for name in names {
        let needs = format!("`{name}` needs `admin` or `developer`, which `ada` does not have");
        assert_eq!(ask(&client, "ada", name, []), Err((code::UNAUTHORISED, needs)));
        assert_eq!(ask(&client, "", name, []).unwrap_err().0, code::UNAUTHENTICATED);
        assert!(ask(&client, "root", name, []).is_ok());
    }
    let calls =
        json!([{ "methodName": "motto", "params": [] }, { "methodName": "secrets", "params": [] }]);
    let results: Value = client.call("system.multicall", args![calls], kwargs! {}).unwrap();
    assert_eq!(results[0], json!(["safe"]));
    assert_eq!(results[1]["faultCode"], code::UNAUTHENTICATED);

    let server = bank_server().deny_by_default().allow_system("*");
    let (_server, client) = start(server);
    assert!(ask(&client, "", "system.describe", []).is_ok());
    assert_eq!(ask(&client, "", "motto", []).unwrap_err().0, code::UNAUTHENTICATED);
}

/// The tools that somebody is listed, on pages of two.
fn tools(peer: &mut McpPeer, user: &str) -> Vec<String> {
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let mut params = json!({ "_meta": McpPeer::meta() });
        params["cursor"] = cursor.clone().unwrap_or_default();
        if cursor.is_none() {
            params.as_object_mut().unwrap().remove("cursor");
        }
        let headers = format!("{}user: {user}\r\n", McpPeer::headers("tools/list", None));
        let page = McpPeer::result(&peer.post(&headers, &McpPeer::body("tools/list", &params)));
        names.extend(each(&page["tools"], "name"));
        match page.get("nextCursor") {
            Some(next) => cursor = Some(next.clone()),
            None => return of_the_bank(names),
        }
    }
}

#[test]
fn language_models_are_shown_what_they_may_call() {
    let server = bank_server().mcp(Tools::marked().page_size(2)).list_allowed_only();
    let (server, _client) = start(server);
    let mut peer = McpPeer::connect(server.address());
    assert_eq!(tools(&mut peer, "bob"), ["hello", "motto"]);
    assert_eq!(tools(&mut peer, "eve"), ["balance", "hello", "motto"]);
    assert_eq!(tools(&mut peer, "ada"), ["balance", "hello", "motto", "withdraw"]);
    assert_eq!(tools(&mut peer, "root"), ["hello", "motto", "secrets"]);

    let (server, _client) = start(bank_server().mcp(Tools::marked()).allow_system("admin"));
    let mut peer = McpPeer::connect(server.address());
    let (status, code, words, _) = McpPeer::error(&peer.ask("tools/list", json!({})));
    assert_eq!((status, code), (401, code::UNAUTHENTICATED));
    assert!(words.contains("`tools/list` needs `admin`"), "{words}");
    assert_eq!(tools(&mut peer, "root").len(), 5);
    assert_eq!(peer.call("hello", &json!({}))["isError"], json!(false));
}

/// Takes everybody for somebody with the scope that they name.
struct Scopes(FunctionRegistry);
impl Dispatch for Scopes {
    fn dispatch(&self, call: &Call<'_>, context: &CallContext, reply: &mut Reply<'_>) -> Outcome {
        let scope = context.metadata("scope").unwrap_or_default();
        let identity = Identity::new("somebody").scopes([scope]);
        self.0.dispatch(call, &context.with(identity), reply)
    }
    fn inner(&self) -> Option<&dyn Dispatch> {
        Some(&self.0)
    }
}

#[test]
fn what_is_kept_for_callers_is_bounded() {
    let mut registry = FunctionRegistry::new();
    for number in 0..24 {
        let (name, allow) = (format!("f{number}"), format!("p{number}"));
        registry.register(name.clone(), || ()).unwrap().allow(&name, allow).unwrap();
    }
    let server = TcpServer::of(Scopes(registry)).identities_by_layer().list_allowed_only();
    let server = server.start("127.0.0.1:0").unwrap();
    let client = RpcClient::connect(server.address()).unwrap();
    for round in 0..48 {
        let number = round % 24;
        let client = client.with_metadata("scope", format!("p{number}"));
        let described: Value = client.call("system.describe", args![], kwargs! {}).unwrap();
        assert_eq!(each(&described, "name"), [format!("f{number}")]);
    }
}

#[test]
fn what_nobody_could_call_keeps_a_server_from_starting() {
    let why = |server: RpcServer| server.start("127.0.0.1:0").unwrap_err().to_string();
    let advice = "and nothing here finds out who calls; give the server `.authenticate(…)`, or \
                  `.identities_by_layer()` where a layer does";
    let exported = why(RpcServer::of(bank::functions_without(&[])));
    assert_eq!(exported, format!("`balance` needs `bank:read` or `bank:write`, {advice}"));
    let empty = || RpcServer::of(FunctionRegistry::new());
    let denies = why(empty().deny_by_default());
    assert_eq!(denies, format!("`deny_by_default` is for callers who are known, {advice}"));
    let system = why(empty().allow_system("admin"));
    assert_eq!(system, format!("`system.*` needs `admin`, {advice}"));
    let odd = why(empty().allow_system("a, b").identities_by_layer());
    assert!(odd.starts_with("`system.*` cannot be allowed so: \"a, b\" is no permission"), "{odd}");

    let mut registry = FunctionRegistry::new();
    let registry = registry.register("f", || ()).unwrap();
    let none = registry.allow("g", "admin").unwrap_err().to_string();
    assert_eq!(none, "`g` cannot be allowed so: no function of this name has been added");
    for odd in ["", " ", "a b", "a|b", "a,b", "bank:*", "é", "a\"b"] {
        assert!(registry.allow("f", odd).is_err(), "{odd:?}");
        assert!(registry.allow("f", ["fine", odd]).is_err(), "{odd:?}");
    }
    registry.allow("f", "*").unwrap();
    let open = std::mem::take(registry);
    assert!(RpcServer::of(open).start("127.0.0.1:0").is_ok());
}
