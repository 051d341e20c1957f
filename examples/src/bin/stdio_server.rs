//! Serves the example functions over standard input and output, to the program that starts it:
//! `echo '{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}' | stdio_server`.

use examples as _; // links the functions, which are found by themselves
use rpc_core::RpcServer;

fn main() -> Result<(), rpc_core::Error> {
    RpcServer::exported().serve_stdio()
}
