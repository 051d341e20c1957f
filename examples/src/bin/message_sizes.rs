//! A layer around messages: whatever the protocol, it sees bytes come and go.

use examples::echo;
use rpc_core::layer::{Answer, Answered, Session};
use rpc_core::{Fault, FunctionRegistry, JsonRpc, RpcClient, TcpServer, call};

/// Prints how long each message and its reply are.
struct Sizes<A>(A);

impl<A: Answer> Answer for Sizes<A> {
    fn answer(&self, message: &[u8], session: &mut Session, out: &mut Vec<u8>) -> Answered {
        let before = out.len();
        let answered = self.0.answer(message, session, out);
        // A call that takes time is answered later, and has added nothing yet.
        println!("{} bytes came, {} go back", message.len(), out.len() - before);
        answered
    }

    fn refuse(&self, message: &[u8], fault: &Fault, session: &mut Session, out: &mut Vec<u8>) {
        self.0.refuse(message, fault, session, out);
    }
}

fn main() -> Result<(), rpc_core::Error> {
    let stack = Sizes(JsonRpc::new(FunctionRegistry::exported()));
    let server = TcpServer::new(stack).start("127.0.0.1:0")?;
    let client = RpcClient::connect(server.address())?;
    call!(client.echo("a word"))?;
    call!(client.echo(&"many words, ".repeat(100)))?;
    Ok(())
}
