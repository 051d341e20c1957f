//! The exported functions that take many items, one after another.

use futures_util::{Stream, StreamExt};
use rpc_core::{Cut, ItemStream, Items, rpc_export};

/// The sum of numbers.
///
/// # Errors
///
/// Where not all of them come.
#[rpc_export]
pub fn sum_up(numbers: Items<i64>) -> Result<i64, Cut> {
    numbers.sum()
}

/// How many bytes texts have, and the prefix before each.
///
/// # Errors
///
/// Where not all of them come.
#[rpc_export]
pub fn sizes_together(
    prefix: &str,
    texts: Items<String>,
    #[default(1)] times: usize,
) -> Result<usize, Cut> {
    let sizes = texts.map(|text| Ok(prefix.len() + text?.len()));
    Ok(sizes.sum::<Result<usize, Cut>>()? * times)
}

/// How many lines there are.
///
/// # Errors
///
/// Where not all of them come.
#[rpc_export]
pub async fn count_lines(mut lines: ItemStream<String>) -> Result<u64, Cut> {
    let mut count = 0;
    while let Some(line) = lines.next().await {
        line?;
        count += 1;
    }
    Ok(count)
}

/// The first number, and no more of them.
#[rpc_export]
pub fn first_number(mut numbers: Items<i64>) -> Option<i64> {
    numbers.next()?.ok()
}

/// Twice each number.
#[rpc_export]
pub fn twice_each(numbers: Items<i64>) -> impl Iterator<Item = Result<i64, Cut>> {
    numbers.map(|number| Ok(number? * 2))
}

/// Twice each number.
#[rpc_export]
pub fn twice_each_awaited(numbers: ItemStream<i64>) -> impl Stream<Item = Result<i64, Cut>> {
    numbers.map(|number| Ok(number? * 2))
}

/// The sum of all numbers so far, for each that is even.
#[rpc_export]
pub fn sums_at_even(numbers: Items<i64>) -> impl Iterator<Item = Result<i64, Cut>> {
    let mut sum = 0;
    numbers.filter_map(move |number| match number {
        Ok(number) => {
            sum += number;
            (number % 2 == 0).then_some(Ok(sum))
        }
        Err(cut) => Some(Err(cut)),
    })
}
