//! The two ways to a function, over a socket and in the same process, for tests that take both.

/// Runs the same lines with a client over TCP and with the registry as its own stub.
#[macro_export]
macro_rules! both_ways {
    ($registry:expr, |$client:ident| $body:block) => {{
        {
            let $client = &$registry;
            $body
        }
        let server = $crate::Model::ThreadPerConnection.start(rpc_core::RpcServer::of($registry));
        let $client = &rpc_core::RpcClient::connect(server.address()).expect("a server");
        $body
    }};
}
