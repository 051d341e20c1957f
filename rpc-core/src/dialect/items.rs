//! Items of a stream that came together: in one message, or as the array that is a result.

use crate::protocol::json::Reader;
use crate::protocol::{Limits, ProtocolError};

/// What no JSON text has in it.
const END: char = '\u{1e}';

/// The JSON texts of items, one after another, of which the reader takes one at a time.
#[derive(Debug, Default)]
pub struct ItemBatch {
    /// [`END`] behind each.
    text: String,
    at: usize,
    /// How many items there were.
    pub(crate) count: u64,
    /// Bytes of all of them, and of the last.
    pub(crate) bytes: u64,
    pub(crate) last: u64,
}

impl ItemBatch {
    /// Reads the array that comes next. White space between its items is not kept.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ProtocolError> {
        let mut batch = Self { text: String::with_capacity(reader.left()), ..Self::default() };
        reader.array(|reader| {
            let item = reader.value()?;
            batch.text.push_str(item);
            batch.text.push(END);
            batch.count += 1;
            batch.last = item.len() as u64;
            batch.bytes += batch.last;
            Ok::<_, ProtocolError>(())
        })?;
        Ok(batch)
    }

    /// Takes the JSON text of one item.
    pub(super) fn one(item: &str) -> Self {
        let bytes = item.len() as u64;
        Self { text: format!("{item}{END}"), at: 0, count: 1, bytes, last: bytes }
    }

    /// The items of an array, which is the whole text.
    pub(crate) fn of(array: &str) -> Result<Self, ProtocolError> {
        Self::read(&mut Reader::new(array, Limits::MAX_DEPTH))
    }

    /// Whether all items were taken.
    #[cfg(all(feature = "streams", feature = "tokio"))]
    pub(crate) fn is_taken(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Takes the next item.
    pub(crate) fn next(&mut self) -> Option<&str> {
        let (item, _) = self.text.get(self.at..)?.split_once(END)?;
        self.at += item.len() + END.len_utf8();
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::ItemBatch;
    use crate::protocol::json::Reader;

    #[test]
    fn items_are_taken_one_by_one_as_they_stood() {
        let items = [r#"{"a":[1, 2]}"#, "-1.5e3", r#""a,b\"]""#, "null", "[]", "7"];
        for between in ["", " ", "\n\t "] {
            let array =
                format!("[{between}{}{between}]", items.join(&format!("{between},{between}")));
            let mut batch = ItemBatch::read(&mut Reader::new(&array, 128)).unwrap();
            assert_eq!((batch.count, batch.last), (6, 1));
            assert_eq!(batch.bytes, items.iter().map(|item| item.len() as u64).sum::<u64>());
            for item in items {
                assert_eq!(batch.next(), Some(item));
            }
            assert!(batch.next().is_none());
        }
        let mut none = ItemBatch::read(&mut Reader::new("[ ]", 128)).unwrap();
        assert_eq!(none.count, 0);
        assert!(none.next().is_none());
        assert!(ItemBatch::read(&mut Reader::new("{}", 128)).is_err());
        assert!(ItemBatch::read(&mut Reader::new("[1,]", 128)).is_err());
        assert!(ItemBatch::read(&mut Reader::new("[\"\u{1e}\"]", 128)).is_err());
    }
}
