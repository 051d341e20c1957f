//! What a service says of itself as a whole.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What `rpc.discover` says of a service as a whole: its title and version, and where it is.
///
/// ```standalone_crate
/// use rpc_core::description::Service;
/// use rpc_core::{RpcClient, RpcServer, Stub, args, kwargs, rpc_export};
///
/// /// Adds numbers.
/// #[rpc_export(idempotent)]
/// fn add(a: i64, b: i64) -> i64 {
///     a + b
/// }
///
/// let service = Service::new("Sums").version("1.4.0").description("Adds *numbers*.");
/// let server = RpcServer::exported().service(service).start("127.0.0.1:0")?;
///
/// let client = RpcClient::connect(server.address())?;
/// let document: serde_json::Value = client.call("rpc.discover", args![], kwargs! {})?;
/// assert_eq!(document["info"]["title"], "Sums");
/// assert_eq!(document["methods"][0]["summary"], "Adds numbers.");
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    title: String,
    version: Option<String>,
    description: Option<String>,
    servers: Vec<String>,
    tags: BTreeMap<String, String>,
}

impl Service {
    /// A service with this title, in version 0.0.0.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            version: None,
            description: None,
            servers: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    /// The version of its API, such as `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// What it is for, in Markdown.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Where it can be reached; may be said several times.
    #[must_use]
    pub fn server(mut self, url: impl Into<String>) -> Self {
        self.servers.push(url.into());
        self
    }

    /// What a group of functions is for, in Markdown: those of a module or an instance, whose names begin
    /// with `name.`.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.tags.insert(name.into(), description.into());
        self
    }

    /// Its title.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// The version of its API, if it has been told.
    pub(crate) fn told_version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The same, or the first of all.
    pub(crate) fn api_version(&self) -> &str {
        self.told_version().unwrap_or("0.0.0")
    }

    /// What it is for.
    pub(crate) fn about(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The object `info` of OpenRPC.
    pub(super) fn info(&self) -> Value {
        let mut info = json!({ "title": self.title(), "version": self.api_version() });
        if let Some(description) = self.about() {
            info["description"] = description.into();
        }
        info
    }

    /// The array `servers` of OpenRPC.
    pub(super) fn servers(&self) -> Vec<Value> {
        let servers = self.servers.iter();
        servers.map(|url| json!({ "name": self.title(), "url": url })).collect()
    }

    /// The tag of OpenRPC for a group of functions.
    pub(super) fn tag_of(&self, group: &str) -> Value {
        let mut tag = Map::new();
        tag.insert("name".to_owned(), group.into());
        if let Some(description) = self.tags.get(group) {
            tag.insert("description".to_owned(), description.as_str().into());
        }
        Value::Object(tag)
    }
}

impl Default for Service {
    fn default() -> Self {
        Self::new("RPC service")
    }
}
