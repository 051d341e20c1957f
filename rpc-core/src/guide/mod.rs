//! Pages to read, for whoever writes functions, calls them, and runs servers.
//!
//! - To begin with: [testing], [errors], [how an API grows](evolution), [production], [editors].
//! - Servers: [models] and their choice, [what they promise under load and abuse](reliability), [where connections come from](connections), [who calls](callers), [layers].
//! - Clients: [addresses and dialects](clients), [calls as values and policies](client_layers).
//! - Protocols: [wire], [json_rpc], [http], [websocket], [xml_rpc], and [who has been tried](interoperability).
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
    editors: "editors.md",
    errors: "errors.md",
    evolution: "evolution.md",
    http: "http.md",
    interoperability: "interoperability.md",
    json_rpc: "json-rpc.md",
    layers: "layers.md",
    models: "models.md",
    production: "production.md",
    reliability: "reliability.md",
    testing: "testing.md",
    websocket: "websocket.md",
    wire: "wire.md",
    xml_rpc: "xml-rpc.md",
}
