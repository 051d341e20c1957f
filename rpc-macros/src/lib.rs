//! The macros of `rpc_core`, which re-exports them: depend on that, not on this.
//!
//! `#[rpc_export]` is a small compiler. It reads its `options` and the annotated `item`, makes a
//! model of it (`function`, `parameter`), looks for every mistake at once (`check`), and then
//! writes the code for both ends (`expand`), or where there are mistakes these and a stub that
//! causes no further ones (`fallback`). `call!` (`call`) writes calls of the methods that the other
//! macro wrote; both get their names from `names`.

mod call;
mod check;
mod expand;
mod fallback;
mod function;
mod item;
mod names;
mod options;
mod parameter;
mod provided;
mod spelling;
mod types;

use proc_macro::TokenStream;

/// Makes a function callable from elsewhere.
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
/// let sum = client.add(1, 2).start()?.wait()?;     // sent now, waited for later
/// ```
///
/// The function stays as it is. Beside it stands a trait of the same name and visibility, so that
/// one `use` brings both: the function for the server, and for clients the method `add`. It takes
/// the required arguments and returns a call, an `AddCall`, which has a method for each parameter,
/// `call` to make the call, and `start` to send it without waiting.
///
/// Every server of a program that contains the function serves it, when it serves what is exported.
///
/// # Options
///
/// | | |
/// |---|---|
/// | `name = "math.add"` | the name other sides call it by, when not its own |
/// | `reply = "pong"` | what the ping dialect calls the reply, when not as the function |
/// | `crate = path::to::rpc_core` | where the library is, when not at `::rpc_core` |
///
/// # Parameters
///
/// `#[default(value)]` before a parameter gives it a default: any expression of its type, evaluated
/// by the server at each call that leaves the argument out. A parameter of type `Option` may be left
/// out as well, and is `None` then unless it has another default; its argument may be given as
/// `Some(value)` or just `value`. Required parameters come first. There may be 16 in all.
///
/// A parameter may borrow: `&str`, `&[u8]`, any other slice or reference, these in an `Option`, and
/// types with a lifetime of their own. Text is borrowed from the message where it stands in it
/// without escapes. `&[u8]` travels as base64 text. A result may borrow too; the caller receives it
/// in its owned form.
///
/// A parameter called `call`, `notify`, `start` or `with` has a method with an underscore, such as
/// `start_`, because every call has methods of these names. In `call!` its keyword is its name.
///
/// # Results
///
/// All types must implement serde's `Serialize` and `Deserialize`. When a function returns a
/// `Result`, its error must be a `FunctionError`, and the call ends in a `CallError` of it.
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
/// So it is with an argument that is given twice, of the wrong type or one too many, and with a
/// misspelt keyword.
#[proc_macro]
pub fn call(input: TokenStream) -> TokenStream {
    call::call(input.into()).into()
}
