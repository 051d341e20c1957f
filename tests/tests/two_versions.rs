//! Two versions of one API call each other, in both directions: what `docs/evolution.md` says of every change is so.

#![allow(clippy::unwrap_used)]

use std::fmt::Debug;

use rpc_core::client::Dialect;
use rpc_core::protocol::{Framing, code};
use rpc_core::server::ServerHandle;
use rpc_core::{CallError, Error, FunctionRegistry, RpcClient, RpcServer, Stub, args, kwargs};

/// The API as it was.
mod old {
    use rpc_core::rpc_export;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Report {
        pub(crate) celsius: f64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) enum Closed {
        Waiting,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) enum Open {
        Waiting,
        #[serde(other)]
        Unknown,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    pub(crate) enum Refusal {
        #[error("it is closed")]
        Closed,
    }

    #[rpc_export]
    pub(crate) trait Api {
        fn longer(&self, a: i64) -> i64;
        fn relaxed(&self, a: i64, b: i64) -> i64;
        fn preset(&self, #[default(1)] a: i64) -> i64;
        fn wider(&self, n: i32) -> i32;
        fn stricter(&self, a: i64) -> i64;
        fn renamed(&self, before: i64, #[default(0)] c: i64) -> i64;
        fn swapped(&self, a: i64, b: i64) -> i64;
        fn shorter(&self, a: i64, #[default(0)] b: i64) -> i64;
        fn former(&self) -> i64;
        fn report(&self) -> Report;
        fn keep(&self, report: Report) -> f64;
        fn closed(&self) -> Closed;
        fn open(&self) -> Open;
        fn refuse(&self) -> Result<i64, Refusal>;
        fn maybe(&self) -> i64;
        fn plain(&self) -> f64;
    }

    pub(crate) struct Server;

    impl Api for Server {
        fn longer(&self, a: i64) -> i64 {
            a
        }
        fn relaxed(&self, a: i64, b: i64) -> i64 {
            a * 100 + b
        }
        fn preset(&self, a: i64) -> i64 {
            a
        }
        fn wider(&self, n: i32) -> i32 {
            n
        }
        fn stricter(&self, a: i64) -> i64 {
            a
        }
        fn renamed(&self, before: i64, c: i64) -> i64 {
            before * 100 + c
        }
        fn swapped(&self, a: i64, b: i64) -> i64 {
            a * 100 + b
        }
        fn shorter(&self, a: i64, b: i64) -> i64 {
            a * 100 + b
        }
        fn former(&self) -> i64 {
            1
        }
        fn report(&self) -> Report {
            Report { celsius: 3.5 }
        }
        fn keep(&self, report: Report) -> f64 {
            report.celsius
        }
        fn closed(&self) -> Closed {
            Closed::Waiting
        }
        fn open(&self) -> Open {
            Open::Waiting
        }
        fn refuse(&self) -> Result<i64, Refusal> {
            Err(Refusal::Closed)
        }
        fn maybe(&self) -> i64 {
            7
        }
        fn plain(&self) -> f64 {
            3.5
        }
    }
}

/// The API as it is, each function changed in another way.
mod new {
    use rpc_core::rpc_export;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) struct Report {
        pub(crate) celsius: f64,
        #[serde(default)]
        pub(crate) place: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) enum Closed {
        Waiting,
        Running,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(crate) enum Open {
        Waiting,
        Running,
        #[serde(other)]
        Unknown,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
    pub(crate) enum Refusal {
        #[error("it is closed")]
        Closed,
        #[error("it is full")]
        Full,
    }

    #[rpc_export]
    pub(crate) trait Api {
        fn longer(&self, a: i64, #[default(10)] b: i64) -> i64;
        fn relaxed(&self, a: i64, #[default(2)] b: i64) -> i64;
        fn preset(&self, #[default(2)] a: i64) -> i64;
        fn wider(&self, n: i64) -> i64;
        fn stricter(&self, a: i64, b: i64) -> i64;
        fn renamed(&self, after: i64, #[default(0)] c: i64) -> i64;
        fn swapped(&self, b: i64, a: i64) -> i64;
        fn shorter(&self, a: i64) -> i64;
        fn latter(&self) -> i64;
        fn report(&self) -> Report;
        fn keep(&self, report: Report) -> f64;
        fn closed(&self) -> Closed;
        fn open(&self) -> Open;
        fn refuse(&self) -> Result<i64, Refusal>;
        fn maybe(&self) -> Option<i64>;
        fn plain(&self) -> Report;
    }

    pub(crate) struct Server;

    impl Api for Server {
        fn longer(&self, a: i64, b: i64) -> i64 {
            a + b
        }
        fn relaxed(&self, a: i64, b: i64) -> i64 {
            a * 100 + b
        }
        fn preset(&self, a: i64) -> i64 {
            a
        }
        fn wider(&self, n: i64) -> i64 {
            n
        }
        fn stricter(&self, a: i64, b: i64) -> i64 {
            a + b
        }
        fn renamed(&self, after: i64, c: i64) -> i64 {
            after * 100 + c
        }
        fn swapped(&self, b: i64, a: i64) -> i64 {
            a * 100 + b
        }
        fn shorter(&self, a: i64) -> i64 {
            a * 100
        }
        fn latter(&self) -> i64 {
            2
        }
        fn report(&self) -> Report {
            Report { celsius: 3.5, place: "here".to_owned() }
        }
        fn keep(&self, report: Report) -> f64 {
            report.celsius
        }
        fn closed(&self) -> Closed {
            Closed::Running
        }
        fn open(&self) -> Open {
            Open::Running
        }
        fn refuse(&self) -> Result<i64, Refusal> {
            Err(Refusal::Full)
        }
        fn maybe(&self) -> Option<i64> {
            None
        }
        fn plain(&self) -> Report {
            self.report()
        }
    }
}

/// A server of one version, and a client of it for each of two dialects.
fn served(functions: FunctionRegistry) -> (ServerHandle, [RpcClient; 2]) {
    let server = RpcServer::of(functions).start("127.0.0.1:0").unwrap();
    let clients = [Dialect::Native, Dialect::JsonRpc].map(|dialect| {
        let builder = RpcClient::builder().framing(Framing::LengthPrefix).dialect(dialect);
        builder.connect(server.address()).unwrap()
    });
    (server, clients)
}

fn old_server() -> (ServerHandle, [RpcClient; 2]) {
    let mut functions = FunctionRegistry::new();
    functions.register_instance(old::ApiService(old::Server)).unwrap();
    served(functions)
}

fn new_server() -> (ServerHandle, [RpcClient; 2]) {
    let mut functions = FunctionRegistry::new();
    functions.register_instance(new::ApiService(new::Server)).unwrap();
    served(functions)
}

/// The call did not run, and the fault names what was wrong.
fn assert_refused<T: Debug>(outcome: Result<T, Error>, code: i64, named: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.fault().map(rpc_core::Fault::code), Some(code), "{error}");
    assert!(error.to_string().contains(named), "{error}");
    assert!(!error.may_have_run(), "{error}");
}

/// The call ran, and its result is not what this version knows.
fn assert_not_understood<T: Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert!(error.fault().is_none() && error.may_have_run(), "{error}");
}

#[test]
fn an_old_client_calls_a_new_server() {
    use old::ApiStub;
    let (_server, [native, json_rpc]) = new_server();
    for client in [&native, &json_rpc] {
        assert_eq!(client.longer(1).call().unwrap(), 11);
        assert_eq!(client.relaxed(1, 3).call().unwrap(), 103);
        assert_eq!(client.preset().call().unwrap(), 2);
        assert_eq!(client.wider(i32::MAX).call().unwrap(), i32::MAX);
        assert_refused(client.stricter(1).call(), code::INVALID_PARAMS, "`b`");
        assert_eq!(client.renamed(1).call().unwrap(), 100);
        assert_eq!(client.swapped(1, 2).call().unwrap(), 201);
        assert_eq!(client.shorter(1).call().unwrap(), 100);
        assert_refused(client.shorter(1).b(2).call(), code::INVALID_PARAMS, "`b`");
        assert_refused(client.former().call(), code::METHOD_NOT_FOUND, "`former`");

        assert_eq!(client.report().call().unwrap(), old::Report { celsius: 3.5 });
        assert!((client.keep(old::Report { celsius: 4.5 }).call().unwrap() - 4.5).abs() < 1e-9);
        assert_not_understood(client.closed().call());
        assert_eq!(client.open().call().unwrap(), old::Open::Unknown);
        let Err(CallError::Rpc(Error::Fault(fault))) = client.refuse().call() else { panic!() };
        assert_eq!((fault.code(), fault.data()), (code::APPLICATION, Some(r#""Full""#)));
        assert_not_understood(client.maybe().call());
        assert_not_understood(client.plain().call());
    }
    // By position and by name in the one, by name alone in the other.
    assert_eq!(native.renamed(1).c(2).call().unwrap(), 102);
    assert_refused(json_rpc.renamed(1).c(2).call(), code::INVALID_PARAMS, "`before`");
    let by_name = native.call::<i64>("renamed", args![], kwargs! { before: 1 });
    assert_refused(by_name, code::INVALID_PARAMS, "`before`");
}

#[test]
fn a_new_client_calls_an_old_server() {
    use new::ApiStub;
    let (_server, [native, json_rpc]) = old_server();
    for client in [&native, &json_rpc] {
        assert_eq!(client.longer(1).call().unwrap(), 1);
        assert_refused(client.longer(1).b(2).call(), code::INVALID_PARAMS, "`b`");
        assert_eq!(client.relaxed(1).b(3).call().unwrap(), 103);
        assert_refused(client.relaxed(1).call(), code::INVALID_PARAMS, "`b`");
        assert_eq!(client.preset().call().unwrap(), 1);
        assert_eq!(client.wider(7).call().unwrap(), 7);
        assert_refused(client.wider(1 << 40).call(), code::INVALID_PARAMS, "`n`");
        assert_refused(client.stricter(1, 2).call(), code::INVALID_PARAMS, "`stricter`");
        assert_eq!(client.renamed(1).call().unwrap(), 100);
        assert_eq!(client.swapped(1, 2).call().unwrap(), 102);
        assert_eq!(client.shorter(1).call().unwrap(), 100);
        assert_refused(client.latter().call(), code::METHOD_NOT_FOUND, "`latter`");

        let report = client.report().call().unwrap();
        assert_eq!(report, new::Report { celsius: 3.5, place: String::new() });
        assert!((client.keep(report).call().unwrap() - 3.5).abs() < 1e-9);
        assert_eq!(client.closed().call().unwrap(), new::Closed::Waiting);
        assert_eq!(client.open().call().unwrap(), new::Open::Waiting);
        let refusal = client.refuse().call();
        assert!(matches!(refusal, Err(CallError::Function(new::Refusal::Closed))));
        assert_eq!(client.maybe().call().unwrap(), Some(7));
        assert_not_understood(client.plain().call());
    }
    assert_eq!(native.renamed(1).c(2).call().unwrap(), 102);
    assert_refused(json_rpc.renamed(1).c(2).call(), code::INVALID_PARAMS, "`after`");
}
