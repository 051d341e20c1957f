//! What streams are made of: numbers, and records of a hundred bytes of JSON.

use serde::{Deserialize, Serialize};

/// What a stream is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `i64`, from 1.
    Numbers,
    /// Records, numbered from 1.
    Records,
}

impl Kind {
    /// The function that answers with them, here and in every contender.
    #[cfg_attr(not(feature = "peers"), allow(dead_code))]
    pub fn function(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Records => "records",
        }
    }

    /// What they are, in words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Numbers => "numbers: i64, from 1",
            Self::Records => "records: {id, name, price, tags, open}, a hundred bytes of JSON",
        }
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    id: i64,
    name: String,
    price: f64,
    tags: Vec<String>,
    open: bool,
}

/// The items of a stream of numbers.
pub fn numbers(count: u32) -> impl Iterator<Item = i64> + Send {
    1..=i64::from(count)
}

/// The items of a stream of records.
pub fn records(count: u32) -> impl Iterator<Item = Record> + Send {
    numbers(count).map(Record::new)
}

pub const NAME: &str = "Tea pot, blue, with a lid of wood";
pub const PRICE: f64 = 24.5;
pub const TAGS: [&str; 2] = ["kitchen", "ceramics"];

impl Record {
    fn new(id: i64) -> Self {
        let (name, tags) = (NAME.to_owned(), TAGS.map(str::to_owned).to_vec());
        Self { id, name, price: PRICE, tags, open: id % 2 == 0 }
    }

    /// Whether it is the one of this number.
    pub fn is(&self, id: i64) -> bool {
        self.id == id
            && self.name == NAME
            && (self.price - PRICE).abs() < f64::EPSILON
            && self.tags == TAGS
            && self.open == (id % 2 == 0)
    }
}

/// Whether a number is the one that is expected.
#[allow(clippy::trivially_copy_pass_by_ref)] // As `Record::is`.
pub fn is_number(number: &i64, id: i64) -> bool {
    *number == id
}

/// Checks items one by one, and in the end how many there were.
pub struct Check {
    next: i64,
    count: u32,
}

impl Check {
    pub fn of(count: u32) -> Self {
        Self { next: 1, count }
    }

    /// Takes the next item; `is` says whether it is that of its number.
    pub fn take<T>(&mut self, item: &T, is: fn(&T, i64) -> bool) {
        assert!(is(item, self.next), "item {} is another", self.next);
        self.next += 1;
    }

    pub fn end(self) {
        assert_eq!(self.next - 1, i64::from(self.count), "items");
    }
}
