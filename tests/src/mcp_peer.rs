//! A client of the Model Context Protocol over HTTP, to say what no client would.

use std::net::ToSocketAddrs;

use serde_json::{Value, json};

use crate::{HttpPeer, Response};

/// One end of a connection to `/mcp`.
#[derive(Debug)]
pub struct McpPeer(HttpPeer);

impl McpPeer {
    /// The revision in which each request says everything itself.
    pub const MODERN: &str = "2026-07-28";

    /// Connects.
    pub fn connect(address: impl ToSocketAddrs) -> Self {
        Self(HttpPeer::connect(address))
    }

    /// What a request of that revision has in its `_meta`.
    pub fn meta() -> Value {
        json!({
            "io.modelcontextprotocol/protocolVersion": Self::MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
        })
    }

    /// The headers of a request of that revision, of a tool if that is named.
    pub fn headers(method: &str, name: Option<&str>) -> String {
        let name = name.map_or(String::new(), |name| format!("Mcp-Name: {name}\r\n"));
        format!("MCP-Protocol-Version: {}\r\nMcp-Method: {method}\r\n{name}", Self::MODERN)
    }

    /// Sends a body to `/mcp`, with headers in lines that end with CRLF.
    pub fn post(&mut self, headers: &str, body: &str) -> Response {
        self.0.exchange(&Self::request(headers, body))
    }

    /// The same, and does not wait for the response.
    pub fn send(&mut self, headers: &str, body: &str) {
        self.0.write(Self::request(headers, body).as_bytes());
    }

    fn request(headers: &str, body: &str) -> String {
        let headers = format!(
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n{headers}"
        );
        HttpPeer::post(&headers, body).replacen("POST / ", "POST /mcp ", 1)
    }

    /// Asks as of 2026-07-28, with the id 1.
    pub fn ask(&mut self, method: &str, mut params: Value) -> Response {
        let headers = Self::headers(method, params["name"].as_str());
        params["_meta"] = Self::meta();
        self.post(&headers, &Self::body(method, &params))
    }

    /// The text of a request with the id 1.
    pub fn body(method: &str, params: &Value) -> String {
        json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
    }

    /// Asks as of the revisions behind `initialize`, and returns the answer's result.
    pub fn ask_legacy(&mut self, method: &str, params: &Value) -> Value {
        let headers = "MCP-Protocol-Version: 2025-06-18\r\n";
        let response = self.post(headers, &Self::body(method, params));
        assert_eq!(response.status, 200, "{}", response.body);
        Self::result(&response)
    }

    /// Runs a tool, as of 2026-07-28, and returns the result.
    pub fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        let response = self.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_eq!(response.status, 200, "{}", response.body);
        Self::result(&response)
    }

    /// The result in a response.
    pub fn result(response: &Response) -> Value {
        let mut answer: Value = serde_json::from_str(&response.body).expect(&response.body);
        assert!(answer["result"].is_object(), "{}", response.body);
        answer["result"].take()
    }

    /// The status of a response, and the error's code, sentence and id.
    pub fn error(response: &Response) -> (u16, i64, String, Value) {
        let answer: Value = serde_json::from_str(&response.body).expect(&response.body);
        let code = answer["error"]["code"].as_i64().expect(&response.body);
        let sentence = answer["error"]["message"].as_str().expect("a sentence").to_owned();
        (response.status, code, sentence, answer.get("id").cloned().unwrap_or_default())
    }
}
