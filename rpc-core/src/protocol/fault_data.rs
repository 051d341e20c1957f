//! What a fault tells programs, beside its sentence for people.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Fault;
use super::json::write;

/// What is said of a call besides that it was refused.
#[derive(Debug, Serialize, Deserialize)]
struct Doubt {
    may_have_run: bool,
}

impl Fault {
    /// Says that the call may have run, where the code alone would say that it has not.
    pub(crate) fn saying_may_have_run(self) -> Self {
        self.with_data(&Doubt { may_have_run: true })
    }

    /// Whether it says so.
    pub(crate) fn says_may_have_run(&self) -> bool {
        let doubt = self.data().and_then(|data| serde_json::from_str::<Doubt>(data).ok());
        doubt.is_some_and(|doubt| doubt.may_have_run)
    }

    /// Adds data for programs. Data that has no JSON form, or nests too deep, is left out.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(self, data: &T) -> Self {
        let mut text = Vec::new();
        let written = write(&mut text, data).ok();
        let text = written.and_then(|()| String::from_utf8(text).ok());
        self.with_raw_data(text.and_then(|text| RawValue::from_string(text).ok()))
    }
}
