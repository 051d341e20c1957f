//! Interfaces are exported from any trait, with the strictest lints, and implemented as any other.
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use rpc_core::{RpcClient, RpcServer, call};

/// An interface for other crates.
pub mod api {
    use rpc_core::rpc_export;

    /// Text.
    #[rpc_export]
    pub trait Text: Send {
        /// What words are put between.
        const SEPARATOR: &'static str = " ";

        /// Joins words.
        fn join(&self, words: &[String], #[default(Self::SEPARATOR)] by: &str) -> String {
            words.join(by)
        }

        /// Looks for words, some time.
        ///
        /// # Errors
        ///
        /// When there are none.
        fn find<'a>(&'a self, text: &'a str) -> Result<&'a str, String>;

        /// Looks again, some time.
        #[rpc_export(name = "again")]
        async fn find_later<'a>(&'a self, text: &'a str, note: Option<&str>) -> Option<&'a str>;

        /// Waits.
        async fn wait(&self) {
            std::future::ready(()).await;
        }

        /// Is of no concern to callers.
        #[rpc_export(skip)]
        fn boxed(self) -> Box<Self>
        where
            Self: Sized,
        {
            Box::new(self)
        }
    }
}

use api::{Text, TextService, TextStub};

struct Words;

impl Text for Words {
    fn find<'a>(&'a self, text: &'a str) -> Result<&'a str, String> {
        text.split(' ').next().ok_or_else(String::new)
    }

    async fn find_later<'a>(&'a self, text: &'a str, note: Option<&str>) -> Option<&'a str> {
        std::future::ready(()).await;
        note.is_none().then_some(text)
    }
}

#[rpc_core::rpc_export]
trait Private {
    fn same(&self, number: i64) -> i64;
}

impl Private for Words {
    fn same(&self, number: i64) -> i64 {
        number
    }
}

fn calls(client: &RpcClient) {
    let _ = call!(client.join(&["a".to_owned()], by = "-"));
    let _ = client.find("a").call();
    let _ = client.find_later("a").note("b").call();
    let _ = client.wait().call();
    let _ = client.same(1).call();
}

fn main() {
    let mut registry = rpc_core::FunctionRegistry::new();
    let _ = registry.register_instance(TextService(*Words.boxed())).is_ok();
    let _ = registry.register_instance(PrivateService(Words)).is_ok();
    let _ = RpcServer::of(registry);
    let _ = calls;
}
