//! Tools over HTTP, in both eras of the Model Context Protocol: what is answered, and what is refused how.

#![allow(clippy::unwrap_used, clippy::unused_async)]

use std::sync::{Arc, Mutex};

use rpc_core::description::Service;
use rpc_core::server::Tools;
use rpc_core::{CallContext, RpcServer, rpc_export};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tests::{McpPeer, Model};

/// The functions that are tools here.
#[rpc_export]
mod shop {
    use super::{CallContext, Item, Missing};

    /// Finds an item.
    #[rpc_export(mcp, read_only, open_world = false)]
    pub(crate) fn find(id: u32, #[default("en")] language: &str) -> Result<Item, Missing> {
        match id {
            1 => Ok(Item { id, name: format!("lamp ({language})") }),
            _ => Err(Missing { id }),
        }
    }

    /// Answers with a text.
    #[rpc_export(mcp)]
    pub(crate) fn motto() -> &'static str {
        "light for \"all\""
    }

    /// Answers with numbers.
    #[rpc_export(mcp)]
    pub(crate) fn prices(#[args] ids: Vec<u32>) -> Vec<u32> {
        ids.iter().map(|id| 10 * id).collect()
    }

    /// Panics.
    #[rpc_export(mcp)]
    pub(crate) fn collapse() {
        panic!("the secret of the shop");
    }

    /// Says how it was called.
    #[rpc_export(mcp)]
    pub(crate) async fn trace(context: &CallContext) -> (String, Option<String>) {
        let trace = context.metadata("traceparent").map(str::to_owned);
        (context.protocol().to_owned(), trace)
    }

    /// Answers with a long text.
    #[rpc_export(mcp)]
    pub(crate) fn catalogue(size: usize) -> String {
        "x".repeat(size)
    }

    /// No tool.
    #[rpc_export]
    pub(crate) fn close() {}

    /// Never called.
    #[rpc_export(mcp = false)]
    pub(crate) fn sell() {}
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Item {
    id: u32,
    name: String,
}

#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
#[error("there is no item {id}; there is 1")]
pub(crate) struct Missing {
    id: u32,
}

fn server() -> RpcServer {
    let service = Service::new("Shop").version("1.2.3").description("Sells light.");
    RpcServer::exported().service(service).mcp(Tools::filter(|function| {
        function.is_tool() == Some(true) && function.name().starts_with("shop.")
    }))
}

fn each(test: impl Fn(&mut McpPeer) + Sync) {
    Model::each(|model| {
        let server = model.start(server());
        test(&mut McpPeer::connect(server.address()));
    });
}

#[test]
fn a_client_of_2026_07_28_discovers_lists_and_calls() {
    each(|peer| {
        let info = json!({ "name": "Shop", "version": "1.2.3" });
        let end = json!({ "io.modelcontextprotocol/serverInfo": info });
        let response = peer.ask("server/discover", json!({}));
        assert_eq!(response.header("content-type"), Some("application/json"));
        let expected = json!({
            "supportedVersions": ["2026-07-28"], "capabilities": { "tools": {} },
            "instructions": "Sells light.", "ttlMs": 0, "cacheScope": "private", "resultType": "complete", "_meta": end,
        });
        assert_eq!(McpPeer::result(&response), expected);

        let list = McpPeer::result(&peer.ask("tools/list", json!({})));
        let names: Vec<_> =
            list["tools"].as_array().unwrap().iter().map(|tool| &tool["name"]).collect();
        let expected = [
            "shop_catalogue",
            "shop_collapse",
            "shop_find",
            "shop_motto",
            "shop_prices",
            "shop_trace",
        ];
        assert_eq!(names, expected);
        assert_eq!((&list["ttlMs"], &list["cacheScope"]), (&json!(0), &json!("private")));
        assert_eq!((&list["resultType"], &list["_meta"]), (&json!("complete"), &end));
        assert_eq!(list.get("nextCursor"), None);
        let find = &list["tools"][2];
        assert_eq!(find["inputSchema"]["properties"]["language"]["default"], json!("en"));
        assert_eq!(find["outputSchema"]["properties"]["name"]["type"], json!("string"));
        let prices = &list["tools"][4]["outputSchema"]["properties"]["result"];
        assert_eq!(prices["items"]["type"], json!("integer"));

        let expected = json!({
            "content": [{ "type": "text", "text": r#"{"id":1,"name":"lamp (en)"}"# }],
            "structuredContent": { "id": 1, "name": "lamp (en)" },
            "isError": false, "resultType": "complete", "_meta": end,
        });
        assert_eq!(peer.call("shop_find", &json!({ "id": 1 })), expected);
        // By the function's own name too.
        assert_eq!(peer.call("shop.find", &json!({ "id": 1 })), expected);
    });
}

#[test]
fn a_client_of_the_handshake_finds_its_revision_or_the_newest() {
    each(|peer| {
        for (asked, answered) in [
            ("2025-11-25", "2025-11-25"),
            ("2025-06-18", "2025-06-18"),
            ("2025-03-26", "2025-03-26"),
            ("2024-11-05", "2025-11-25"),
            ("2026-07-28", "2025-11-25"),
        ] {
            let params = json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": {} });
            let response = peer.post("", &McpPeer::body("initialize", &params));
            let expected = json!({
                "protocolVersion": answered, "capabilities": { "tools": {} },
                "serverInfo": { "name": "Shop", "version": "1.2.3" }, "instructions": "Sells light.",
            });
            assert_eq!(McpPeer::result(&response), expected);
            assert_eq!(response.header("mcp-session-id"), None);
        }
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let response = peer.post("", initialized);
        assert_eq!((response.status, &*response.body), (202, ""));
        assert_eq!(response.header("content-type"), None);

        assert_eq!(peer.ask_legacy("ping", &json!({})), json!({}));
        let list = peer.ask_legacy("tools/list", &json!({}));
        assert_eq!(list["tools"].as_array().unwrap().len(), 6);
        assert_eq!(list.as_object().unwrap().len(), 1);
        let call = json!({ "name": "shop_prices", "arguments": { "ids": [1, 2] } });
        let expected = json!({
            "content": [{ "type": "text", "text": "[10,20]" }],
            "structuredContent": { "result": [10, 20] },
            "isError": false,
        });
        assert_eq!(peer.ask_legacy("tools/call", &call), expected);
        let unknown = peer.post("", &McpPeer::body("resources/list", &json!({})));
        let (status, code, sentence, id) = McpPeer::error(&unknown);
        assert_eq!((status, code, id), (200, -32601, json!(1)), "{sentence}");
        let unknown = peer.post("MCP-Protocol-Version: 1\r\n", &McpPeer::body("ping", &json!({})));
        assert_eq!(McpPeer::error(&unknown).0, 400);
    });
}

#[test]
fn unknown_methods_are_not_found() {
    each(|peer| {
        for method in ["ping", "initialize", "nope", "resources/list"] {
            let (status, code, sentence, id) = McpPeer::error(&peer.ask(method, json!({})));
            assert_eq!((status, code, id), (404, -32601, json!(1)));
            let expected = format!(
                "no method `{method}` of MCP is served here; there are `server/discover`, `tools/list`, `tools/call` and `subscriptions/listen`"
            );
            assert_eq!(sentence, expected);
        }
    });
}

#[test]
fn what_a_request_does_not_say_of_itself_is_invalid() {
    each(|peer| {
        let headers = McpPeer::headers("tools/list", None);
        let mut no_version = McpPeer::meta();
        no_version.as_object_mut().unwrap().remove("io.modelcontextprotocol/protocolVersion");
        let mut no_capabilities = McpPeer::meta();
        no_capabilities
            .as_object_mut()
            .unwrap()
            .remove("io.modelcontextprotocol/clientCapabilities");
        let mut a_number = McpPeer::meta();
        a_number["io.modelcontextprotocol/protocolVersion"] = json!(1);
        for meta in [Value::Null, no_version, no_capabilities, a_number] {
            let body = McpPeer::body("tools/list", &json!({ "_meta": meta }));
            let (status, code, sentence, id) = McpPeer::error(&peer.post(&headers, &body));
            assert_eq!((status, code, id), (400, -32602, json!(1)));
            assert!(
                sentence.starts_with("the request's `_meta` must have `io.modelcontextprotocol/")
            );
        }
    });
}

#[test]
fn a_revision_that_is_not_spoken_is_refused_with_those_that_are() {
    each(|peer| {
        let mut meta = McpPeer::meta();
        meta["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
        for body in [json!({ "_meta": meta }), json!({})] {
            let headers = "MCP-Protocol-Version: 2099-01-01\r\n";
            let response = peer.post(headers, &McpPeer::body("tools/list", &body));
            let (status, code, sentence, _) = McpPeer::error(&response);
            assert_eq!((status, code), (400, -32022));
            assert!(
                sentence.contains("\"2099-01-01\"") && sentence.contains("2025-11-25"),
                "{sentence}"
            );
            let answer: Value = serde_json::from_str(&response.body).unwrap();
            let expected = json!({ "supported": ["2026-07-28"], "requested": "2099-01-01" });
            assert_eq!(answer["error"]["data"], expected);
        }
    });
}

#[test]
fn headers_say_what_the_message_says() {
    each(|peer| {
        let params = json!({ "name": "shop_motto", "_meta": McpPeer::meta() });
        let body = McpPeer::body("tools/call", &params);
        let all = McpPeer::headers("tools/call", Some("shop_motto"));
        let coded = all.replace("shop_motto", "=?base64?c2hvcF9tb3R0bw==?=");
        for right in [
            all.clone(),
            all.to_uppercase()
                .replace("TOOLS/CALL", "tools/call")
                .replace("SHOP_MOTTO", "shop_motto"),
            coded,
        ] {
            assert_eq!(peer.post(&right, &body).status, 200, "{right}");
        }
        for (wrong, expected) in [
            (
                all.replace("MCP-Protocol-Version", "X"),
                "the header `MCP-Protocol-Version` is missing; it must say what `_meta` says, \"2026-07-28\"",
            ),
            (
                all.replace("2026-07-28", "2025-11-25"),
                "the header `MCP-Protocol-Version` says \"2025-11-25\", and `_meta` says \"2026-07-28\"",
            ),
            (
                all.replace("Mcp-Method", "X"),
                "the header `Mcp-Method` is missing; it must say what `method` says, \"tools/call\"",
            ),
            (
                all.replace("tools/call", "Tools/Call"),
                "the header `Mcp-Method` says \"Tools/Call\", and `method` says \"tools/call\"",
            ),
            (
                all.replace("Mcp-Name", "X"),
                "the header `Mcp-Name` is missing; it must say what `params.name` says, \"shop_motto\"",
            ),
            (
                all.replace("shop_motto", "shop_find"),
                "the header `Mcp-Name` says \"shop_find\", and `params.name` says \"shop_motto\"",
            ),
        ] {
            let (status, code, sentence, id) = McpPeer::error(&peer.post(&wrong, &body));
            assert_eq!((status, code, id), (400, -32020, json!(1)));
            assert_eq!(sentence, expected);
        }
    });
}

#[test]
fn what_is_no_message_is_said_so() {
    each(|peer| {
        for (body, code, expected) in [
            ("{\"jsonrpc\"", -32700, "not JSON"),
            ("[]", -32600, "MCP has no batches"),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600, "MCP has no batches"),
            (r#"{"method_name":"shop.close"}"#, -32600, "a message of MCP is one of JSON-RPC 2.0"),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600, "the id of a request is"),
            (r#"{"jsonrpc":"2.0"}"#, -32600, "it has no `method`"),
        ] {
            let (status, found, sentence, id) = McpPeer::error(&peer.post("", body));
            assert_eq!((status, found, id), (400, code, Value::Null), "{body}");
            assert!(sentence.contains(expected), "{body}: {sentence}");
        }
        let positional =
            peer.post("", r#"{"jsonrpc":"2.0","id":7,"method":"tools/list","params":[1]}"#);
        let (status, code, _, id) = McpPeer::error(&positional);
        assert_eq!((status, code, id), (400, -32602, json!(7)));
        for wrong in ["1.5", "1e400", "1e2", "-0", "1.0"] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{wrong},"method":"ping"}}"#);
            let (status, code, sentence, id) = McpPeer::error(&peer.post("", &body));
            assert_eq!((status, code, id), (400, -32600, Value::Null), "{wrong}");
            let expected = format!("a string or a whole number, not {wrong}");
            assert!(sentence.contains(&expected), "{sentence}");
        }
        for right in ["0", "-1", "18446744073709551616", r#""1.5""#] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":{right},"method":"ping"}}"#);
            let response = peer.post("", &body);
            assert_eq!(response.status, 200, "{right}");
            assert!(response.body.contains(&format!("\"id\":{right}")), "{}", response.body);
        }
        // Replies, and notifications that nothing is done about.
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","method":"shop.close"}"#,
        ] {
            assert_eq!(peer.post("", body).status, 202, "{body}");
        }
    });
}

#[test]
fn a_subscription_is_acknowledged_as_one_to_nothing_and_ends() {
    each(|peer| {
        let params = json!({ "notifications": { "toolsListChanged": true } });
        let response = peer.ask("subscriptions/listen", params);
        assert_eq!(response.header("content-type"), Some("text/event-stream"));
        assert_eq!(response.header("x-accel-buffering"), Some("no"));
        let events: Vec<Value> = response
            .body
            .split_terminator("\n\n")
            .map(|event| event.strip_prefix("event: message\ndata: ").unwrap())
            .map(|data| serde_json::from_str(data).unwrap())
            .collect();
        let acknowledged = json!({
            "jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
            "params": { "_meta": { "io.modelcontextprotocol/subscriptionId": 1 }, "notifications": {} },
        });
        assert_eq!(events[0], acknowledged);
        assert_eq!(
            (&events[1]["id"], &events[1]["result"]["resultType"]),
            (&json!(1), &json!("complete"))
        );
        assert_eq!(events.len(), 2);
    });
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[test]
fn results_are_text_and_objects() {
    each(|peer| {
        let motto = peer.call("shop_motto", &json!({}));
        assert_eq!(text(&motto), "light for \"all\"");
        assert_eq!(motto["structuredContent"], json!({ "result": "light for \"all\"" }));
        let prices = peer.call("shop_prices", &json!({ "ids": [3] }));
        assert_eq!(
            (text(&prices), &prices["structuredContent"]),
            ("[30]", &json!({ "result": [30] }))
        );
        // A call without arguments may leave them out.
        assert_eq!(peer.ask("tools/call", json!({ "name": "shop_motto" })).status, 200);
    });
}

#[test]
fn failures_are_results_that_a_model_can_act_on() {
    each(|peer| {
        for (tool, arguments, expected) in [
            ("shop_find", json!({ "id": 2 }), "there is no item 2; there is 1"),
            (
                "shop_find",
                json!({}),
                "`shop.find` is missing argument `id`; it is called as shop.find(id: u32, language: &str = \"en\") -> Result<Item, Missing>",
            ),
            (
                "shop_find",
                json!({ "id": 1, "langage": "fr" }),
                "`shop.find` has no parameter `langage`; did you mean `language`?",
            ),
            (
                "shop_find",
                json!({ "id": "x" }),
                "argument `id` of `shop.find` must be u32, but the string \"x\" came: invalid type: string \"x\", expected u32",
            ),
            ("shop_collapse", json!({}), "`shop.collapse` panicked; the server's log says why"),
        ] {
            let result = peer.call(tool, &arguments);
            assert_eq!((text(&result), &result["isError"]), (expected, &json!(true)));
            assert_eq!(result.get("structuredContent"), None);
        }
        let result = peer.call("shop_find", &json!({ "id": 2 }));
        assert_eq!(result["content"][1], json!({ "type": "text", "text": "{\"id\":2}" }));
        assert_eq!(result["content"].as_array().unwrap().len(), 2);
    });
}

#[test]
fn a_call_that_calls_no_tool_is_an_error_of_the_protocol() {
    each(|peer| {
        for (params, expected) in [
            (
                json!({ "name": "shop_fin" }),
                "no tool `shop_fin` is served here; did you mean `shop_find`?",
            ),
            (json!({ "name": "shop.close" }), "no tool `shop.close` is served here"),
            (json!({ "name": "shop_sell" }), "no tool `shop_sell` is served here"),
            (
                json!({ "name": "system.listMethods" }),
                "no tool `system.listMethods` is served here",
            ),
            (json!({}), "`tools/call` lacks `name`, a string"),
            (
                json!({ "name": "shop_motto", "arguments": [] }),
                "the `arguments` of a tool are an object",
            ),
        ] {
            let (status, code, sentence, id) = McpPeer::error(&peer.ask("tools/call", params));
            assert_eq!((status, code, id), (200, -32602, json!(1)), "{sentence}");
            assert!(sentence.starts_with(expected), "{sentence}");
        }
    });
}

#[test]
fn a_call_goes_through_layers_and_is_told_of_as_any_other() {
    let ended = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ended);
    let server = server().on_call(move |call| {
        let line = format!("{} {} {}", call.protocol(), call.method(), call.ended());
        seen.lock().unwrap().push(line);
    });
    let server = server.start("127.0.0.1:0").unwrap();
    let mut peer = McpPeer::connect(server.address());
    let mut meta = McpPeer::meta();
    meta["traceparent"] = json!("00-4bf9-01");
    let params = json!({ "name": "shop_trace", "_meta": meta });
    let headers = McpPeer::headers("tools/call", Some("shop_trace"));
    let response = peer.post(&headers, &McpPeer::body("tools/call", &params));
    assert_eq!(text(&McpPeer::result(&response)), r#"["mcp","00-4bf9-01"]"#);
    peer.call("shop_find", &json!({ "id": 2 }));
    let lines = ended.lock().unwrap();
    let expected =
        [r#"mcp shop.trace ["mcp","00-4bf9-01"]"#, "mcp shop.find there is no item 2; there is 1"];
    assert_eq!(*lines, expected);
}
