//! What a fault tells programs, beside its sentence for people.

use serde::Serialize;
use serde_json::value::RawValue;

use super::Fault;
use super::json::write;

impl Fault {
    /// Adds data for programs. Data that has no JSON form, or nests too deep, is left out.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(self, data: &T) -> Self {
        let mut text = Vec::new();
        let written = write(&mut text, data).ok();
        let text = written.and_then(|()| String::from_utf8(text).ok());
        self.with_raw_data(text.and_then(|text| RawValue::from_string(text).ok()))
    }
}
