//! Which functions are tools, how they are called and listed, and what cannot be one.

#![allow(clippy::unwrap_used)]

use rpc_core::error::Misuse;
use rpc_core::server::Tools;
use rpc_core::{Error, FunctionRegistry, RpcServer, rpc_export};
use serde_json::{Value, json};
use tests::McpPeer;

/// What is said of functions here.
#[rpc_export]
mod said {
    /// Reads.
    #[rpc_export(read_only, open_world = false)]
    pub(crate) fn reads() {}

    /// Adds, and may be repeated.
    #[rpc_export(idempotent, destructive = false)]
    pub(crate) fn adds() {}

    #[rpc_export]
    pub(crate) fn says_nothing(a: i64, #[default(1)] b: i64) -> i64 {
        a + b
    }

    /// An old one, of which there is much to say,
    /// on more than one line.
    #[deprecated = "use `said.adds`"]
    #[rpc_export]
    pub(crate) fn old() {}

    /// No tool, if it is asked.
    #[rpc_export(mcp = false)]
    pub(crate) fn no_tool() {}
}

fn said(tools: Tools) -> Vec<Value> {
    let registry =
        FunctionRegistry::exported_where(|function| function.name().starts_with("said."));
    listed(RpcServer::of(registry).mcp(tools))
}

fn listed(server: RpcServer) -> Vec<Value> {
    let server = server.start("127.0.0.1:0").unwrap();
    let mut list = McpPeer::connect(server.address()).ask_legacy("tools/list", &json!({}));
    serde_json::from_value(list["tools"].take()).unwrap()
}

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[test]
fn what_running_a_tool_does_is_always_said() {
    let hints = |reads, destroys, repeats, reaches| {
        json!({
            "readOnlyHint": reads, "destructiveHint": destroys,
            "idempotentHint": repeats, "openWorldHint": reaches,
        })
    };
    let tools = said(Tools::all());
    assert_eq!(names(&tools), ["said_adds", "said_old", "said_reads", "said_says_nothing"]);
    let [adds, old, reads, says_nothing] = &tools[..] else { panic!("{tools:?}") };
    assert_eq!(adds["annotations"], hints(false, false, true, true));
    assert_eq!(reads["annotations"], hints(true, false, true, false));
    assert_eq!(says_nothing["annotations"], hints(false, true, false, true));

    assert_eq!((&reads["title"], &reads["description"]), (&json!("Reads"), &json!("Reads.")));
    let sentence = "An old one, of which there is much to say,\non more than one line.\n\nDeprecated: use `said.adds`";
    assert_eq!((old.get("title"), &old["description"]), (None, &json!(sentence)));
    let signature = "said.says_nothing(a: i64, b: i64 = 1) -> i64";
    assert_eq!(says_nothing["description"], json!(signature));

    let nothing = json!({ "type": "object", "additionalProperties": false });
    assert_eq!(reads["inputSchema"], nothing);
    let input = &says_nothing["inputSchema"];
    // Clients that validate warn of formats that JSON Schema does not have.
    let a = json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX });
    assert_eq!(input["properties"]["a"], a);
    assert_eq!((&input["type"], &input["required"]), (&json!("object"), &json!(["a"])));
    assert_eq!(input["additionalProperties"], json!(false));
    let parameters: Vec<_> = input["properties"].as_object().unwrap().keys().collect();
    assert_eq!(parameters, ["a", "b"]);
}

#[test]
fn a_filter_decides_alone_and_about_introspection_too() {
    let tools = said(Tools::filter(|function| {
        function.name() == "said.no_tool" || function.name().starts_with("system.")
    }));
    let tools = names(&tools);
    assert!(tools.contains(&"said_no_tool") && tools.contains(&"system_describe"), "{tools:?}");
    // It would call functions that are no tools.
    assert!(!tools.contains(&"system_multicall"), "{tools:?}");
}

fn refused(server: RpcServer) -> Misuse {
    match server.bind("127.0.0.1:0").map(drop) {
        Err(Error::Misuse(misuse)) => misuse,
        other => panic!("{other:?}"),
    }
}

fn registered(names: &[&'static str]) -> RpcServer {
    let mut registry = FunctionRegistry::new();
    for name in names {
        registry.register(*name, || ()).unwrap();
    }
    RpcServer::of(registry).mcp(Tools::all())
}

#[test]
fn what_cannot_be_a_tool_keeps_the_server_from_starting() {
    let longest = "x".repeat(64);
    let fits = listed(registered(&[Box::leak(longest.clone().into_boxed_str())]));
    assert_eq!(names(&fits), [longest]);

    let too_long = Box::leak("x".repeat(65).into_boxed_str());
    for (functions, expected) in [
        (
            vec!["math.add", "math_add"],
            "`math.add` cannot be a tool for language models: its name as a tool is `math_add`, and that is `math_add`'s too; give one of them another with #[rpc_export(name = \"…\")], or do not make it a tool",
        ),
        (
            vec!["größe"],
            "`größe` cannot be a tool for language models: clients take letters of ASCII, digits, `_` and `-` in a tool's name, and it has 'ö'; give it another with #[rpc_export(name = \"…\")], or do not make it a tool",
        ),
        (vec!["a b"], "in a tool's name, and it has ' '"),
        (vec![""], "it has no name"),
        (vec![too_long], "clients take names of at most 64 characters, and it has 65"),
        (
            vec![],
            "no function is a tool for language models: nothing is served, or every function has #[rpc_export(mcp = false)]",
        ),
    ] {
        let misuse = refused(registered(&functions));
        assert!(matches!(misuse, Misuse::Tool { .. } | Misuse::NoTools { .. }), "{misuse:?}");
        assert!(misuse.to_string().contains(expected), "{misuse}");
    }
    let unmarked = || {
        let mut registry = FunctionRegistry::new();
        registry.register("add", |a: i64| a).unwrap();
        RpcServer::of(registry)
    };
    let misuse = refused(unmarked().mcp(Tools::marked())).to_string();
    assert!(misuse.contains("with #[rpc_export(mcp)], and there is none; mark some"), "{misuse}");
    let misuse = unmarked().serve_mcp_stdio().unwrap_err().to_string();
    assert!(misuse.contains("`.mcp(Tools::marked())`"), "{misuse}");
}

#[test]
fn the_list_comes_in_pages_by_cursors() {
    let names: Vec<&'static str> =
        (0..7).map(|n| &*Box::leak(format!("f.{n}").into_boxed_str())).collect();
    let mut registry = FunctionRegistry::new();
    for name in names.iter().rev() {
        registry.register(*name, || ()).unwrap();
    }
    let server = RpcServer::of(registry).mcp(Tools::all().page_size(3));
    let server = server.start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    let (mut params, mut pages) = (json!({}), Vec::<Vec<String>>::new());
    loop {
        let page = McpPeer::result(&peer.ask("tools/list", params.clone()));
        let tools = page["tools"].as_array().unwrap();
        pages.push(tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect());
        match page.get("nextCursor") {
            None => break,
            Some(cursor) => params = json!({ "cursor": cursor }),
        }
    }
    let expected: [Vec<_>; 3] = [vec!["f_0", "f_1", "f_2"], vec!["f_3", "f_4", "f_5"], vec!["f_6"]];
    assert_eq!(pages, expected);
    for wrong in [json!(""), json!("f_2"), json!("?"), json!(3), json!("Zl85")] {
        let response = peer.ask("tools/list", json!({ "cursor": wrong }));
        let (status, code, sentence, _) = McpPeer::error(&response);
        assert_eq!((status, code), (200, -32602), "{wrong}");
        assert!(sentence.contains("cursor"), "{sentence}");
    }
}

#[test]
fn a_parameter_that_is_given_twice_is_refused() {
    let mut registry = FunctionRegistry::new();
    registry.register("scale", |x: i64| x * 2).unwrap();
    let server = RpcServer::of(registry).mcp(Tools::all()).start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    for (params, member) in [
        (r#""name":"scale","name":"other","arguments":{"arg1":1}"#, "name"),
        (r#""name":"scale","arguments":{"arg1":1},"arguments":{"arg1":2}"#, "arguments"),
        (r#""name":"scale","n\u0061me":"scale","arguments":{"arg1":1}"#, "name"),
    ] {
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{params}}}}}"#);
        let (status, code, sentence, id) = McpPeer::error(&peer.post("", &body));
        assert_eq!((status, code, id), (400, -32602, json!(1)), "{params}");
        let expected = format!("member `{member}` of `params` is given twice");
        assert!(sentence.contains(&expected), "{sentence}");
    }
}

#[test]
fn what_has_no_names_is_numbered() {
    let mut registry = FunctionRegistry::new();
    registry.register("scale", |x: i64, factor: i64| x * factor).unwrap();
    let server = RpcServer::of(registry).mcp(Tools::all()).start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    let list = peer.ask_legacy("tools/list", &json!({}));
    assert_eq!(list["tools"][0]["inputSchema"]["required"], json!(["arg1", "arg2"]));
    let result = peer.call("scale", &json!({ "arg2": 3, "arg1": 2 }));
    assert_eq!(result["structuredContent"], json!({ "result": 6 }));
    for wrong in [json!({ "arg2": 3 }), json!({ "arg1": 2, "arg2": 3, "arg3": 4 })] {
        assert_eq!(peer.call("scale", &wrong)["isError"], json!(true), "{wrong}");
    }
}
