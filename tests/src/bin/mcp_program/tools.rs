//! Functions that are tools for language models, for clients that look at every part of one.

use rpc_core::rpc_export;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A book on a shelf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Book {
    /// What is printed on its back.
    pub(crate) title: String,
    /// How many pages it has.
    pub(crate) pages: u32,
}

/// Why a book is not lent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum ShelfError {
    /// There is no such book.
    #[error("there is no book called {title:?}; ask `shelf_find` for those there are")]
    NoSuchBook {
        /// The title.
        title: String,
    },
}

/// The tools of a shelf of books.
#[rpc_export]
pub(crate) mod shelf {
    use std::thread;
    use std::time::Duration;

    use rpc_core::CallContext;

    use super::{Book, ShelfError};

    /// Finds books by a word.
    ///
    /// The word may stand anywhere in the title.
    #[rpc_export(mcp, read_only, open_world = false)]
    pub(crate) fn find(
        /// The word, in any case.
        word: &str,
        /// How many books at most.
        #[default(2)]
        limit: usize,
    ) -> Vec<Book> {
        let books = ["Moby-Dick", "Middlemarch", "Emma"].into_iter().zip([635, 880, 474]);
        let books = books.map(|(title, pages)| Book { title: title.to_owned(), pages });
        let word = word.to_lowercase();
        books.filter(|book| book.title.to_lowercase().contains(&word)).take(limit).collect()
    }

    /// Lends a book.
    #[rpc_export(mcp, destructive = false, open_world = false)]
    pub(crate) fn lend(title: &str) -> Result<Book, ShelfError> {
        let found = find(title, 1).pop().filter(|book| book.title == title);
        found.ok_or_else(|| ShelfError::NoSuchBook { title: title.to_owned() })
    }

    /// Burns the shelf, and panics.
    #[rpc_export(mcp)]
    pub(crate) fn burn() {
        panic!("the secret of the shelf");
    }

    /// Counts books, one after another.
    #[rpc_export(mcp, idempotent)]
    pub(crate) fn count(#[args] titles: Vec<String>) -> usize {
        titles.len()
    }

    /// Works until nobody waits for it any more, and says so on standard error.
    #[rpc_export(mcp)]
    pub(crate) fn work(context: &CallContext) -> bool {
        eprintln!("working");
        while !context.is_cancelled() {
            thread::sleep(Duration::from_millis(1));
        }
        eprintln!("no longer working");
        true
    }

    /// Waits for ever without a thread, and says on standard error when nobody waits for it any more.
    #[rpc_export(mcp)]
    pub(crate) async fn wait() -> bool {
        struct Notice;
        impl Drop for Notice {
            fn drop(&mut self) {
                eprintln!("no longer waiting");
            }
        }
        let _notice = Notice;
        eprintln!("waiting");
        std::future::pending().await
    }

    /// Prints a line.
    #[rpc_export(mcp)]
    pub(crate) fn print(line: &str) {
        println!("{line}");
    }
}

/// Answers with a text.
#[rpc_export(mcp)]
pub(crate) fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Fails with a text.
#[rpc_export(mcp)]
pub(crate) fn test_error_handling() -> Result<(), String> {
    Err("This tool intentionally returns an error for testing".to_owned())
}

/// Works without a word to the client.
#[rpc_export(mcp)]
pub(crate) fn test_logging_tool() -> bool {
    true
}

/// Asks the client for nothing.
#[rpc_export(mcp)]
pub(crate) fn test_streaming_elicitation() -> bool {
    true
}
