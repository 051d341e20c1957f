//! Serves a task tracker, or tries one:
//! `tasks [--listen ADDR] [--data FILE] [--mcp-stdio] [--demo]`.

use std::env;
use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process;
use std::process::ExitCode;

use examples::program;
use examples::tasks::{TaskError, Tasks, TasksStub, Urgency};
#[cfg(feature = "schema")]
use rpc_core::description::Service;
use rpc_core::server::ServerHandle;
use rpc_core::{CallError, RpcClient, RpcServer, Stub, args, call, kwargs};
use serde_json::Value;

const USAGE: &str = "usage: tasks [--listen ADDR] [--data FILE] [--mcp-stdio] [--demo]";

fn main() -> ExitCode {
    program(USAGE, run)
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut address = "127.0.0.1:5000".to_owned();
    let mut data = None;
    let (mut mcp_stdio, mut demo) = (false, false);
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(USAGE);
        match option.as_str() {
            "--listen" => address = value()?,
            "--data" => data = Some(PathBuf::from(value()?)),
            "--mcp-stdio" => mcp_stdio = true,
            "--demo" => demo = true,
            _ => return Err(USAGE.into()),
        }
    }
    // Without a file of its own it begins anew each time.
    let file = Data::at(data);
    let server = RpcServer::of(Tasks::open(&file.path)?.into_registry()?).stats();
    #[cfg(feature = "schema")]
    let server = server.service(
        Service::new("Tasks")
            .version("1.0.0")
            .description("What is to be done, by whom, and until when.")
            .tag("tasks", "The tasks of one file."),
    );
    #[cfg(feature = "mcp")]
    let server = server.mcp(rpc_core::server::Tools::marked());
    if mcp_stdio {
        #[cfg(feature = "mcp")]
        return Ok(server.serve_mcp_stdio()?);
        #[cfg(not(feature = "mcp"))]
        return Err("`--mcp-stdio` needs the feature `mcp`".into());
    }
    if demo {
        return try_out(&server.start("127.0.0.1:0")?);
    }
    let server = server.bind(address)?;
    println!("listening {}", server.address());
    println!("tasks in {}", file.path.display());
    let address = server.address();
    if cfg!(feature = "docs-page") {
        println!("page of the functions: http://{address}/docs");
    }
    if cfg!(all(feature = "http", feature = "mcp")) {
        println!("tools for language models: http://{address}/mcp");
    }
    if cfg!(feature = "http") {
        println!("a call: curl http://{address} --json '{CALL}'");
    }
    if cfg!(all(feature = "http", feature = "schema")) {
        println!("described by: curl http://{address} --json '{DISCOVER}'");
    }
    io::stdout().flush()?;
    server.serve()?;
    Ok(())
}

const CALL: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"tasks.add","params":{"title":"Read the guide"}}"#;
const DISCOVER: &str = r#"{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}"#;

/// Makes some calls, and says what came of them.
fn try_out(server: &ServerHandle) -> Result<(), Box<dyn Error>> {
    let client = RpcClient::connect(server.address())?;
    let tasks = client.at("tasks");
    let task = call!(tasks.add("Water the plants", urgency = Urgency::High))?;
    println!("added {}: {}", task.id, task.title);
    call!(tasks.add("Read the guide", tags = vec!["rpc".to_owned()]))?;
    call!(tasks.start(1, "Ada"))?;
    call!(tasks.done(1, note = "twice"))?;
    let found = call!(tasks.find(words = "rpc"))?;
    println!("found {} and {} more", found.tasks[0].title, found.more);
    match call!(tasks.start(1, "Grace")) {
        Err(CallError::Function(TaskError::Over(id))) => println!("refused: {id} is over"),
        other => return Err(format!("{other:?}").into()),
    }
    let stats: Value = client.call("system.stats", args![], kwargs! {})?;
    for function in stats["functions"].as_array().into_iter().flatten() {
        println!("{} was called {} times", function["name"], function["calls"]);
    }
    Ok(())
}

/// The file with the tasks, which is removed in the end where it is a temporary one.
struct Data {
    path: PathBuf,
    is_temporary: bool,
}

impl Data {
    fn at(path: Option<PathBuf>) -> Self {
        let is_temporary = path.is_none();
        let name = format!("tasks-{}.redb", process::id());
        Self { path: path.unwrap_or_else(|| env::temp_dir().join(name)), is_temporary }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if self.is_temporary {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
