//! The macros of `rpc_core`, which re-exports them: depend on that, not on this.
//!
//! `#[rpc_export]` is a small compiler. It reads its `options` and the annotated `item`, takes an
//! `impl` block, a trait or a module apart down to its functions (`body`), makes a model of what it
//! finds (`interface`, `function`, `parameter`, `provided`, `example`), looks for every mistake at once
//! (`check`), and then writes the code for both ends (`expand`), or where there are mistakes these
//! and stubs that cause no further ones (`fallback`). `call!` (`call`) writes calls of the methods
//! that the other macro wrote; both get their names from `names`.

mod allow;
mod body;
mod call;
mod check;
mod docs;
mod editor;
mod example;
mod expand;
mod function;
mod gathered;
mod interface;
mod item;
mod items;
mod library;
mod mistakes;
mod names;
mod options;
mod outcome;
mod parameter;
mod place;
mod provided;
mod rest;
mod spelling;
mod types;

use proc_macro::TokenStream;

/// Makes functions callable from elsewhere.
///
/// ```ignore
/// use rpc_core::{call, rpc_export};
///
/// /// Adds three numbers.
/// #[rpc_export]
/// pub fn add(a: i64, b: i64, #[default(10)] c: i64) -> i64 {
///     a + b + c
/// }
///
/// let sum = call!(client.add(1, 2, c = 3))?;       // any argument by position or keyword
/// let sum = client.add(1, 2).c(3).call()?;         // the same, spelt out
/// let sum = start!(client.add(1, b = 2))?.wait()?; // sent now, waited for later
/// notify!(client.add(1, b = 2))?;                  // sent, and no reply wanted
/// ```
///
/// The function stays as it is. Beside it stands a trait of the same name and visibility, so that
/// one `use` brings both: the function for the server, and for clients the method `add`. It takes
/// the required arguments and returns a call, an `AddCall`, which has a method for each parameter,
/// `call` to make the call, and `start` and `notify` to send it without waiting.
///
/// Every server of a program that contains the function serves it, when it serves what is exported.
///
/// Where a module, a type or a trait has the function's name too, rustc says that the name is
/// defined multiple times (E0428, E0255). Then the stub gets a name of its own:
///
/// ```ignore
/// mod add;                           // has `#[rpc_export(stub = AddStub)] pub fn add(…)`
/// pub use add::{AddStub, add};
/// ```
///
/// # On methods
///
/// ```ignore
/// #[rpc_export]
/// impl Bank {
///     /// Puts money on an account.
///     pub fn deposit(&self, account: &str, amount: u64) -> u64 {
///         self.account(account).fetch_add(amount, Relaxed) + amount
///     }
///
///     #[rpc_export(skip)]
///     pub fn new() -> Self {
///         Self::default()
///     }
///
///     // Is not public, so nobody can call it.
///     fn account(&self, name: &str) -> &AtomicU64 {
///         &self.accounts[name]
///     }
/// }
///
/// registry.register_instance_at("bank", Bank::new())?;
///
/// use bank::BankStub;
/// client.at("bank").deposit("ada", 5).call()?;
/// ```
///
/// The `pub` methods of the block are exported, but for those that are left out, and others (also a
/// `pub(crate)` one) only with an `#[rpc_export]` of their own. A trait `BankStub` has them all for
/// clients: `pub`, if one of them is. They take `&self`, because calls share the instance. No generic block can be exported; `Bank<Memory>` is not generic.
///
/// Whoever exports several blocks of a type says so on all but one, and names their stubs. An
/// instance brings the methods of all.
///
/// ```ignore
/// #[rpc_export(more, stub = BankAdminStub)]
/// impl Bank {
///     pub fn close(&self, account: &str) {
///         self.accounts.remove(account);
///     }
/// }
/// ```
///
/// # On traits
///
/// ```ignore
/// #[rpc_export]
/// pub trait Api {
///     /// Adds numbers.
///     fn add(&self, a: i64, #[default(10)] b: i64) -> i64;
/// }
///
/// registry.register_instance(ApiService(server))?; // `server` implements `Api`
///
/// use crate::ApiStub; // the stub stands beside the trait, in its module
/// client.add(1).call()?;
/// ```
///
/// All its methods are exported, but for those that are left out. A crate with nothing but the trait is all that the two sides have in common. An `async fn` in it
/// becomes a `fn` that returns a future which can be sent between threads; it is implemented as an
/// `async fn`.
///
/// # On modules
///
/// ```ignore
/// #[rpc_export]
/// pub mod math {
///     /// Adds numbers.
///     pub fn add(a: i64, b: i64) -> i64 {
///         a + b
///     }
/// }
///
/// use math::add;
/// client.add(1, 2).call()?; // calls `math.add`
/// ```
///
/// All public functions of the module are exported under its name, those of public modules in it
/// under both names, and with an `#[rpc_export]` of their own also others. Names must differ as a
/// whole: a server does not start with two functions of one name. Where two stubs with a method of
/// one name are in scope, rustc asks which is meant, and [`call!`] takes the path that says it.
///
/// # Options
///
/// `docs/rpc-export.md` (`rpc_core::guide::rpc_export`) has an example of each.
///
/// | | | on |
/// |---|---|---|
/// | `name = "add"` | the name other sides call it by, when not its own; a module's part of it | functions, methods, modules |
/// | `reply = "pong"` | what the ping dialect calls the reply, when not as the function | functions, methods |
/// | `idempotent` | running it twice does what running it once does | functions, methods |
/// | `blocking` | it blocks its thread | functions, methods |
/// | `read_only` | it changes nothing | functions, methods |
/// | `destructive`, `destructive = false` | it may destroy what is there, or only adds to it | functions, methods |
/// | `open_world`, `open_world = false` | it deals with more than the server, as by sending mail, or not | functions, methods |
/// | `mcp`, `mcp = false` | language models may be offered it as a tool, or may not | functions, methods |
/// | `allow = "bank:write"`, `allow("bank:read", "bank:write")` | who may call it: those who have the permission, or one of several; `"*"` is anybody | everything |
/// | `example = add(1, c = 2) == 3` | a call that shows what it does, and what it comes to; may be given several times | functions, methods |
/// | `skip` | it is not exported, unlike its neighbours | methods, what stands in a module |
/// | `stub = AddStub` | the name of the stub's trait, when not the usual one | functions, `impl` blocks, traits |
/// | `more` | another block of the type is exported too | `impl` blocks |
/// | `crate = path::to::rpc_core` | where the library is, when it is no dependency | all that stands alone |
///
/// `idempotent`, `read_only`, `destructive` and `open_world` are said of the function to whoever asks what there is to
/// call: programs, people and language models decide by them what to repeat, and what to ask about first. The function
/// runs the same. An `example` is compiled where the library has its feature `schema`. `#[deprecated]` on a function is told with its note.
///
/// An `allow` on a block, a trait or a module holds for all functions in it, but for those that say one of their own. It
/// is checked before arguments are looked at. A server whose functions have one does not start unless it finds out who
/// calls.
///
/// A dependency on `rpc-core` may have another name in `Cargo.toml`: the macro looks there.
///
/// # Parameters
///
/// `#[default(value)]` before a parameter gives it a default: any expression of its type, evaluated
/// by the server at each call that leaves the argument out. `Self` in it is the block's type, and what
/// `&format!(…)` lends lives until the function returns. It cannot leave its place by `?`, `return`
/// or `.await`. Its argument may be given as `value`, `Some(value)`, or `None`, which leaves it out. A
/// parameter of type `Option` may be left out as well, and is `None` then unless it has another default;
/// its argument may be given as `Some(value)` or just `value`. For either, what is written with `.into()`
/// or `.parse()` has to say its type; text that is lent is taken for a `String` or `Cow<str>` as it is.
/// Required parameters come first. There may be 16 in all.
///
/// A parameter may borrow: `&str`, `&[u8]`, any other slice or reference, these in an `Option`, and
/// types with a lifetime of their own. Text is borrowed from the message where it stands in it
/// without escapes. A result may borrow too; the caller receives it in its owned form.
///
/// Bytes travel as base64 text, whether a parameter or a result is written `&[u8]`, `Vec<u8>`, `Box<[u8]>`,
/// `Cow<'_, [u8]>` or `rpc_core::types::Bytes<'_>`, also in an `Option` or a `Result` (by any name); a list of numbers is understood. Under a
/// name of your own, `type Blob = Vec<u8>`, and inside other types, a `Vec<u8>` travels as a list of
/// numbers, which is nearly three times as large: write `Bytes<'static>` there. Its lifetime is always
/// written out.
///
/// `#[args] numbers: Vec<i64>` takes the positional arguments that are left over, and `#[kwargs]
/// options: HashMap<String, i64>` the keyword arguments, in any map of names; both may be lent, as
/// `&[i64]`. Text that is lent will do where `String`s are gathered. What stands behind `#[args]` is given by name only, and before it nothing can be left
/// out; `#[kwargs]` comes last. Callers give them as `numbers = [1, 2]`, or by position, and
/// `options = kwargs! { a: 1 }` or, in `call!`, one by one, as `a = 1`.
///
/// A `&CallContext` is lent by the server, which knows who calls, and a `State<T>` is what was shared
/// with it. They may stand anywhere, and callers do not know of them.
///
/// Documentation before a parameter is shown by `system.describe` and with the method that gives it. A
/// parameter `_verbose`, which the function does not use, is `verbose` for callers.
///
/// A parameter called `call`, `notify`, `start` or `with` has a method with an underscore, such as
/// `start_`, because every call has methods of these names. In `call!` its keyword is its name.
///
/// # Results
///
/// All types must implement serde's `Serialize` and `Deserialize`. When a function returns a
/// `Result`, its error must be a `FunctionError`, and the call ends in a `CallError` of it. Where it is an
/// `io::Error`, an `rpc_core::Error`, a `Box<dyn Error + Send + Sync>` or an `anyhow::Error`, the call
/// ends in an `rpc_core::Error`: a fault in it is passed on with its code and data, and of other errors
/// the message travels alone. `&'static str` is a `String` for callers.
///
/// Whether a function returns a `Result` is decided by the type. `ApiResult<T>`, an alias, is one, as
/// is a `Result` in a `Box`, and one that a macro writes; an `Option<Result<T, E>>` is a
/// `Result<Option<T>, E>` for callers, also with a `Box` around or in it; a `SearchResult` of one's own is
/// a value. An alias has to have a name that ends in `Result` (or `result`), else it does not compile, nor
/// does a `Result` in a `Result` or deeper in boxes. In a collection or a tuple, as in
/// `Vec<Result<T, E>>`, it is a value.
///
/// JSON has one `null`, for `None` and for whatever else is nothing. So a `Some` of that does not travel:
///
/// | | |
/// |---|---|
/// | `Option<Option<T>>`, `Option<()>`, `Option<Result<(), E>>` | do not compile |
/// | `Option<Unit>` of a `struct Unit;` | `Some(Unit)` arrives as `None` |
/// | `Option<serde_json::Value>` | `Some(Value::Null)` arrives as `None` |
/// | a parameter `Option<Alias>` of an alias of `()` or an `Option` | its `Some` of nothing arrives as `None` |
///
/// Types of one's own may be called as those that the macro knows: `CallContext`, `State`, `Option`, `Vec`,
/// `Box`, `Cow` and `Result`. Where such a name would be taken for another it does not compile, and the
/// message says how to write it: mostly as `module::Option<…>`.
///
/// An `async fn` is called as any other. Its future must be `Send`, and owns its arguments.
///
/// # Many items
///
/// A function answers with many items where its result is an `impl Iterator<Item = T>` or a
/// `Box<dyn Iterator<Item = T> + Send>`, or (with the feature `streams`) an `impl Stream<Item = T>` or a
/// `Pin<Box<dyn Stream<Item = T> + Send>>` of the crate futures-core. It may be plain or `async`. A call of it is opened without
/// waiting, and its items come one after the other:
///
/// ```rust,ignore
/// #[rpc_export]
/// fn countdown(from: u64) -> impl Iterator<Item = u64> {
///     (1..=from).rev()
/// }
///
/// for n in call!(client.countdown(3))? {
///     println!("{}", n?);
/// }
/// ```
///
/// Both may fail: `Result<impl Iterator<Item = T>, E>`, as a whole before the first item, and
/// `impl Iterator<Item = Result<T, E>>`, at an item, which is then the last. A function in which both do has one
/// error. What is said above of a result, bytes and errors holds for an item.
///
/// What gives the items must be `Send`; in a trait, an `impl Iterator` promises it without being asked. It owns
/// its arguments, from which the items may borrow. An iterator that waits, as one over lines of a file does, is
/// `blocking`. Whatever has another name is one value, so `std::ops::Range<u64>` is none of these, and an
/// `impl Iterator` over it is.
///
/// # Errors
///
/// Mistakes in the annotation are compile errors, all at once, each where it was made. An exported
/// function cannot be generic (but for lifetimes), `unsafe` or `extern`; its parameters cannot
/// be patterns, `&mut` or `impl Trait`.
///
/// Generated code uses `#[diagnostic]` attributes, which rustc does not find in
/// `#![no_implicit_prelude]` modules.
#[proc_macro_attribute]
pub fn rpc_export(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::rpc_export(options.into(), item.into()).into()
}

/// Calls an exported function, each argument by position or by keyword.
///
/// ```ignore
/// let sum = call!(client.add(1, 2, c = 3))?;
/// let sum = call!(client.add(1, c = 3, b = 2)).await?;   // with an asynchronous client
/// ```
///
/// This is a method call in all but its keywords: the function's stub must be in scope, the client
/// is borrowed, arguments are evaluated in the order they are written, and temporaries live to the
/// end of the statement. `?` and `.await` go behind the macro. The first example expands to
///
/// ```ignore
/// client.__call_add().__0(1).__1(2).c(3).call()
/// ```
///
/// A keyword that is no parameter's goes into the function's `#[kwargs]`. A whole map is given behind `..`, as
/// the last argument: any map of names, or `kwargs!`. A range is put in parentheses.
///
/// ```ignore
/// call!(client.search("rust", limit = 5, language = "en", safe = true))?;
/// call!(client.search("rust", ..&options))?;
/// ```
///
/// Where two stubs with a method of one name are in scope, a path says which is meant, as that of any
/// trait's method does; the client comes first then. The stub of a function `first::add` is the trait
/// `first::add`, with the method `add`, and that of a `Bank` is `BankStub`.
///
/// ```ignore
/// call!(first::add::add(&client, 1, c = 3))?;
/// call!(BankStub::deposit(&client, "ada", 5))?;
/// ```
///
/// # Errors
///
/// A call that does not fit the function does not compile, and the error names the parameter:
///
/// ```text
/// error[E0277]: argument `b` of `add` is missing
///  --> src/main.rs:9:26
///   |
/// 9 |     let _ = call!(client.add(1));
///   |                          ^^^ `b` is not given
///   |
///   = note: add(a: i64, b: i64, c: i64 = 10) -> i64
/// ```
///
/// [`start!`] and [`notify!`] send a call without waiting. In a batch a call is `call!` as well, on the
/// stub that the batch lends: `client.batch(|calls| (call!(calls.add(1, b = 2)), …))`.
///
/// So it is with an argument that is given twice, of the wrong type or one too many, and with a
/// misspelt keyword.
#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    call::call(input.into(), call::End::Call).into()
}

/// Starts a call of an exported function, each argument by position or by keyword, and does not wait.
///
/// ```ignore
/// let sum = start!(client.add(1, 2, c = 3))?;
/// let other = start!(client.add(4, c = 6, b = 5))?;
/// println!("{} {}", sum.wait()?, other.wait()?);
/// ```
///
/// It is to `.start()` what [`call!`] is to `.call()`, with the same mistakes.
#[proc_macro]
pub fn start(input: TokenStream) -> TokenStream {
    call::call(input.into(), call::End::Start).into()
}

/// Sends a call of an exported function that wants no reply, each argument by position or by keyword.
///
/// ```ignore
/// notify!(client.log("started", level = "info"))?;
/// notify!(client.log("started", level = "info")).await?;   // with an asynchronous client
/// ```
///
/// It is to `.notify()` what [`call!`] is to `.call()`, with the same mistakes.
#[proc_macro]
pub fn notify(input: TokenStream) -> TokenStream {
    call::call(input.into(), call::End::Notify).into()
}
