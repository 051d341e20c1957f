//! Pages to read, for whoever writes functions, calls them, and runs servers.
//!
//! - To begin with: [all that `#[rpc_export]` takes](rpc_export), [testing], [errors], [how an API grows](evolution) and [is held to its contract](contract), [production], [what a server counts](statistics), [editors].
//! - To see what a server has: [what a service tells of itself](description), [a page in a browser](docs_page), [tools for language models](mcp).
//! - Servers: [models] and their choice, [what they promise under load and abuse](reliability), [where connections come from](connections), [TLS](tls), [what is known of callers](callers) and [who they are](identity), [by JSON Web Tokens](jwt), [who may call what](permissions), [what protects it, and from whom](security), [layers].
//! - Clients: [addresses and dialects](clients), [TLS](tls#clients), [streams], [calls as values and policies](client_layers).
//! - Protocols: [wire], [json_rpc], [http], [websocket], [xml_rpc], [mcp], and [who has been tried](interoperability).
//!
//! # In the repository
//!
//! Examples that run are in `examples/`, one program each: `cargo run --bin quickstart`. What calls cost and how that
//! grows is measured in `docs/performance.md` and `docs/scale.md`, and what explains the source is `ARCHITECTURE.md`.

/// Makes a page of each file; where one names another, `links.md` has what that is here.
macro_rules! pages {
    ($($name:ident: $file:literal),* $(,)?) => { $(
        #[doc = include_str!("links.md")]
        #[doc = include_str!(concat!("../../docs/", $file))]
        pub mod $name {}
    )* };
}

pages! {
    callers: "callers.md",
    client_layers: "client-layers.md",
    clients: "clients.md",
    connections: "connections.md",
    contract: "contract.md",
    description: "description.md",
    docs_page: "docs-page.md",
    editors: "editors.md",
    errors: "errors.md",
    evolution: "evolution.md",
    http: "http.md",
    identity: "identity.md",
    interoperability: "interoperability.md",
    json_rpc: "json-rpc.md",
    jwt: "jwt.md",
    layers: "layers.md",
    mcp: "mcp.md",
    models: "models.md",
    permissions: "permissions.md",
    production: "production.md",
    reliability: "reliability.md",
    rpc_export: "rpc-export.md",
    security: "security.md",
    statistics: "statistics.md",
    streams: "streams.md",
    testing: "testing.md",
    tls: "tls.md",
    websocket: "websocket.md",
    wire: "wire.md",
    xml_rpc: "xml-rpc.md",
}
