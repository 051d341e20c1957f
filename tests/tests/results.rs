//! What a function returns is decided by its type, however that is written.

#![allow(clippy::unwrap_used)]

use rpc_core::protocol::code;
use rpc_core::{CallError, FunctionRegistry, Stub, args, rpc_export};
use serde::{Deserialize, Serialize};
use tests::both_ways;

type ApiResult<T> = Result<T, String>;
type BoxedResult<T> = Box<Result<T, String>>;

/// Fails, by an alias of `Result`.
#[rpc_export]
fn by_alias(number: i64) -> ApiResult<i64> {
    if number > 0 { Ok(number) } else { Err("not positive".to_owned()) }
}

/// The same, some time.
#[rpc_export]
async fn by_alias_later(number: i64) -> ApiResult<i64> {
    std::future::ready(()).await;
    by_alias(number)
}

/// Fails in a box.
#[rpc_export]
fn boxed(number: i64) -> Box<Result<i64, String>> {
    Box::new(by_alias(number))
}

/// Fails in a box that an alias hides.
#[rpc_export]
fn boxed_by_alias(number: i64) -> BoxedResult<i64> {
    boxed(number)
}

/// Fails in an option.
#[rpc_export]
fn optional(number: i64) -> Option<ApiResult<i64>> {
    (number != 7).then(|| by_alias(number))
}

/// Fails for some and not for others.
#[rpc_export]
fn each(numbers: Vec<i64>) -> Vec<ApiResult<i64>> {
    numbers.into_iter().map(by_alias).collect()
}

/// What a search finds: no `Result`, in spite of its name.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct SearchResult {
    found: bool,
}

/// Finds nothing.
#[rpc_export]
fn search() -> SearchResult {
    SearchResult { found: false }
}

/// Types of one's own that are called as those of the library.
mod chess {
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum Result {
        White,
        Draw,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) struct Pair<A, B>(pub(super) A, pub(super) B);

    pub(super) mod pair {
        pub(in super::super) type Result<A, B> = super::Pair<A, B>;
    }

    pub(super) mod position {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub(in super::super) struct Result<T>(pub(in super::super) T);
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub(super) enum State {
        Open,
    }

    #[rpc_core::rpc_export]
    pub(super) fn winner(state: State) -> Result {
        if state == State::Open { Result::Draw } else { Result::White }
    }
}

/// Returns a type of one's own called `Result`, with two parameters.
#[rpc_export]
fn pair() -> chess::pair::Result<i64, i64> {
    chess::Pair(1, 2)
}

/// Returns a type of one's own called `Result`, with bytes in it.
#[rpc_export]
fn position() -> chess::position::Result<Vec<u8>> {
    chess::position::Result(vec![1, 2])
}

/// Returns bytes, by an alias.
#[rpc_export]
fn read(name: &str) -> std::io::Result<Vec<u8>> {
    if name == "a" { Ok(vec![1, 2]) } else { Err(std::io::Error::other("no such file")) }
}

type TextResult<T> = Result<T, &'static str>;

/// Fails with text that is lent, by an alias.
#[rpc_export]
fn lent_text(number: i64) -> TextResult<i64> {
    if number > 0 { Ok(number) } else { Err("not positive") }
}

#[test]
fn an_alias_of_a_result_fails_as_it_does() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.by_alias(1).call().unwrap(), 1);
        let Err(CallError::Function(why)) = client.by_alias(0).call() else { panic!() };
        assert_eq!(why, "not positive");
        let refusal = client.call::<i64>("by_alias", args![0], ()).unwrap_err();
        let fault = refusal.fault().unwrap();
        assert_eq!((fault.code(), fault.message()), (code::APPLICATION, "not positive"));
        let Err(CallError::Function(why)) = client.by_alias_later(0).call() else { panic!() };
        assert_eq!(why, "not positive");
    });
}

#[test]
fn a_result_in_a_box_or_an_option_is_one() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.boxed(1).call().unwrap(), 1);
        let Err(CallError::Function(why)) = client.boxed(0).call() else { panic!() };
        assert_eq!(why, "not positive");
        let Err(CallError::Function(why)) = client.boxed_by_alias(0).call() else { panic!() };
        assert_eq!(why, "not positive");
        assert_eq!(client.optional(7).call().unwrap(), None);
        assert_eq!(client.optional(1).call().unwrap(), Some(1));
        let Err(CallError::Function(why)) = client.optional(0).call() else { panic!() };
        assert_eq!(why, "not positive");
    });
}

#[test]
fn results_in_a_list_are_values() {
    both_ways!(FunctionRegistry::exported(), |client| {
        let each = client.each(vec![1, 0]).call().unwrap();
        assert_eq!(each, [Ok(1), Err("not positive".to_owned())]);
    });
}

#[test]
fn types_of_ones_own_may_be_called_as_those_of_the_library() {
    use chess::winner;
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.search().call().unwrap(), SearchResult { found: false });
        assert_eq!(client.winner(chess::State::Open).call().unwrap(), chess::Result::Draw);
        assert_eq!(client.pair().call().unwrap(), chess::Pair(1, 2));
        let position = client.position().call().unwrap();
        assert_eq!(position, chess::position::Result(vec![1, 2]));
        let bytes: serde_json::Value = client.call("position", args![], ()).unwrap();
        assert_eq!(bytes, serde_json::json!([1, 2]));
    });
}

#[test]
fn bytes_and_lent_text_are_found_behind_an_alias() {
    both_ways!(FunctionRegistry::exported(), |client| {
        assert_eq!(client.read("a").call().unwrap(), [1, 2]);
        let text: String = client.call("read", args!["a"], ()).unwrap();
        assert_eq!(text, "AQI=");
        assert_eq!(client.lent_text(1).call().unwrap(), 1);
        let Err(CallError::Function(why)) = client.lent_text(0).call() else { panic!() };
        assert_eq!(why, "not positive");
    });
}
