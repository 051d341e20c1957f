//! Keywords that are no parameter's go to the function's `#[kwargs]`, wherever a call goes.

#![allow(clippy::unwrap_used, clippy::unused_async, clippy::unused_self)]

use std::collections::{BTreeMap, HashMap};

use rpc_core::client::Dialect;
use rpc_core::{
    AsyncRpcClient, FunctionRegistry, RpcClient, RpcServer, call, kwargs, notify, rpc_export, start,
};
use serde_json::{Map, Value};
use tests::{Model, both_ways, run};

/// Says what it was given.
#[rpc_export]
fn options(name: &str, #[default(1)] times: i64, #[kwargs] options: Map<String, Value>) -> String {
    format!("{name} {times} {}", Value::Object(options))
}

/// Counts votes by name.
#[rpc_export]
fn votes(#[kwargs] votes: &HashMap<String, u64>) -> u64 {
    votes.values().sum()
}

/// Joins names and words.
#[rpc_export]
async fn words(#[args] first: Vec<String>, #[kwargs] words: BTreeMap<String, String>) -> String {
    let words: Vec<_> = words.iter().map(|(name, word)| format!("{name}={word}")).collect();
    format!("{} {}", first.join(","), words.join(","))
}

/// Takes values of any kind, by a name that is not the map's.
type Json = Value;

#[rpc_export]
fn kinds(#[kwargs] values: HashMap<String, Json>) -> usize {
    values.values().filter(|value| !value.is_null()).count()
}

struct Shop;

#[rpc_export]
impl Shop {
    /// Says what was ordered.
    #[rpc_export]
    fn order(&self, what: &str, #[kwargs] details: BTreeMap<String, Value>) -> String {
        format!("{what} {details:?}")
    }
}

fn registry() -> FunctionRegistry {
    let mut registry = FunctionRegistry::exported();
    registry.register_instance(Shop).unwrap();
    registry
}

#[test]
fn keywords_that_are_no_parameters_are_gathered() {
    both_ways!(registry(), |client| {
        let said = call!(client.options("a", x = 5, y = "z")).unwrap();
        assert_eq!(said, r#"a 1 {"x":5,"y":"z"}"#);
        let said = call!(client.options(x = [1, 2], times = 2, name = "a", type = true)).unwrap();
        assert_eq!(said, r#"a 2 {"type":true,"x":[1,2]}"#);
        let said = call!(client.options("a", call = 1, start = 2, r#with = 3)).unwrap();
        assert_eq!(said, r#"a 1 {"call":1,"start":2,"with":3}"#);
        assert_eq!(call!(client.votes(ada = 3, grace = 4)).unwrap(), 7);
        assert_eq!(call!(client.kinds(a = 1, b = "b", c = None::<u8>, d = 1.5)).unwrap(), 3);
        let said = call!(client.order("tea", milk = false)).unwrap();
        assert_eq!(said, r#"tea {"milk": Bool(false)}"#);
        let said = call!(ShopStub::order(client, "tea", milk = true)).unwrap();
        assert_eq!(said, r#"tea {"milk": Bool(true)}"#);
    });
}

#[test]
fn values_of_one_type_are_taken_as_those_of_a_parameter_with_a_default() {
    both_ways!(registry(), |client| {
        let maybe = Some(2);
        assert_eq!(call!(client.votes(ada = 3, grace = maybe, alan = None)).unwrap(), 5);
        let said = call!(client.words("a", b = "c", d = "e".to_owned(), f = None)).unwrap();
        assert_eq!(said, "a b=c,d=e");
    });
}

#[test]
fn they_stand_beside_a_map() {
    both_ways!(registry(), |client| {
        let more = HashMap::from([("grace", 4)]);
        assert_eq!(call!(client.votes(ada = 3, ..&more)).unwrap(), 7);
        assert_eq!(call!(client.votes(votes = &more, ada = 3)).unwrap(), 7);
        assert_eq!(call!(client.votes(ada = 3, votes = &more)).unwrap(), 7);
        let said = call!(client.options("a", x = 1, ..kwargs! { y: 2 })).unwrap();
        assert_eq!(said, r#"a 1 {"x":1,"y":2}"#);
    });
}

#[test]
fn a_name_that_is_given_twice_is_a_mistake_as_in_python() {
    both_ways!(registry(), |client| {
        for twice in [
            call!(client.votes(ada = 3, ..kwargs! { ada: 4 })).unwrap_err(),
            call!(client.votes(votes = &HashMap::from([("ada", 4)]), ada = 3)).unwrap_err(),
        ] {
            assert!(twice.to_string().contains("argument `ada` is given twice"), "{twice}");
            assert!(!twice.may_have_run());
        }
    });
}

/// Counts what it is given.
#[rpc_export]
fn lists(
    #[args] words: Vec<String>,
    #[default(vec![1])] numbers: Vec<i64>,
    more: Option<&[i64]>,
    #[default(&[1])] lent: &[i64],
    #[kwargs] options: Map<String, Value>,
) -> [usize; 5] {
    [numbers.len(), more.map_or(9, <[_]>::len), lent.len(), words.len(), options.len()]
}

/// Adds any numbers.
#[rpc_export]
fn sum_all(#[args] numbers: &[i64]) -> i64 {
    numbers.iter().sum()
}

#[test]
fn a_list_without_elements_needs_no_type() {
    both_ways!(registry(), |client| {
        assert_eq!(call!(client.lists()).unwrap(), [1, 9, 1, 0, 0]);
        let counts = call!(client.lists(numbers = [], more = [], lent = [], words = [], any = []));
        assert_eq!(counts.unwrap(), [0, 0, 0, 0, 1]);
        assert_eq!(call!(client.sum_all(numbers = [])).unwrap(), 0);
        assert_eq!(call!(client.sum_all(numbers = vec![1, 2])).unwrap(), 3);
        assert_eq!(call!(client.sum_all(numbers = (1..=4).filter(|n| n % 2 == 0))).unwrap(), 6);
    });
}

#[test]
fn calls_stand_in_the_arguments_of_others() {
    both_ways!(registry(), |client| {
        let sum = call!(client.votes(
            ada = call!(client.votes(ada = 1, grace = vec![2, 3].len() as u64)).unwrap(),
            grace = 4
        ));
        assert_eq!(sum.unwrap(), 7);
        // A method of the keyword's name is the value's own.
        assert_eq!(call!(client.votes(len = "four".len() as u64)).unwrap(), 4);
        let name = String::from("a");
        let said = call!(client.options(&format!("{name}b"), as_str = name.as_str())).unwrap();
        assert_eq!(said, r#"ab 1 {"as_str":"a"}"#);
    });
}

#[test]
fn they_go_wherever_a_call_goes() {
    for model in [Model::ThreadPerConnection, Model::EventLoop] {
        let server = model.start(RpcServer::of(registry()));
        let client = RpcClient::connect(server.address()).unwrap();
        assert_eq!(start!(client.votes(ada = 3)).unwrap().wait().unwrap(), 3);
        notify!(client.votes(ada = 3)).unwrap();
        let both = client
            .batch(|calls| (call!(calls.votes(ada = 1)), call!(calls.words("a", b = "c"))))
            .unwrap();
        assert_eq!(both, (1, "a b=c".to_owned()));
        run(async {
            let client = AsyncRpcClient::connect(server.address()).await.unwrap();
            assert_eq!(call!(client.votes(ada = 3, grace = 4)).await.unwrap(), 7);
            assert_eq!(start!(client.votes(ada = 3)).unwrap().await.unwrap(), 3);
        });
    }
}

#[test]
fn they_go_in_every_dialect() {
    let server = Model::EventLoop.start(RpcServer::of(registry()));
    for dialect in [Dialect::Native, Dialect::JsonRpc] {
        let client = RpcClient::builder().dialect(dialect).connect(server.address()).unwrap();
        assert_eq!(call!(client.votes(ada = 3, grace = 4)).unwrap(), 7);
        assert_eq!(call!(client.words("a", b = "c")).unwrap(), "a b=c");
    }
    let address = format!("http://{}", server.address());
    let client = RpcClient::builder().dialect(Dialect::XmlRpc).connect(&address).unwrap();
    assert_eq!(call!(client.votes(ada = 3, grace = 4)).unwrap(), 7);
}
