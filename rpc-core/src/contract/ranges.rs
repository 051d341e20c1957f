//! Which numbers a schema allows.

use serde_json::Value;

use super::resolve::Object;

/// A bound: the number, and whether it is outside itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    at: f64,
    exclusive: bool,
}

/// The least and the greatest number that a schema allows; `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub(super) least: Option<Bound>,
    pub(super) most: Option<Bound>,
}

impl Range {
    /// The range that keywords say, and the format of an integer.
    pub(super) fn of(schema: &Object) -> Self {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
        let bound = |inclusive: &str, exclusive: &str, of_format: Option<f64>, higher: bool| {
            let bounds = [
                number(inclusive).map(|at| Bound { at, exclusive: false }),
                number(exclusive).map(|at| Bound { at, exclusive: true }),
                of_format.map(|at| Bound { at, exclusive: false }),
            ];
            bounds
                .into_iter()
                .flatten()
                .reduce(|one, other| if stricter(one, other, higher) { one } else { other })
        };
        let (least, most) =
            schema.get("format").and_then(Value::as_str).map_or((None, None), format);
        Self {
            least: bound("minimum", "exclusiveMinimum", least, true),
            most: bound("maximum", "exclusiveMaximum", most, false),
        }
    }

    /// What this allows that another does not, in words.
    pub(super) fn beyond(self, other: Self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(least) = other.least
            && !self.least.is_some_and(|mine| mine == least || stricter(mine, least, true))
        {
            let what = if least.exclusive { "a number of" } else { "a number below" };
            found.push(format!(
                "{what} {}{}",
                least.at,
                if least.exclusive { " or less" } else { "" }
            ));
        }
        if let Some(most) = other.most
            && !self.most.is_some_and(|mine| mine == most || stricter(mine, most, false))
        {
            let what = if most.exclusive { "a number of" } else { "a number above" };
            found.push(format!(
                "{what} {}{}",
                most.at,
                if most.exclusive { " or more" } else { "" }
            ));
        }
        found
    }

    /// Whether it has a number.
    pub(super) fn has(self, number: f64) -> bool {
        self.least.is_none_or(|least| number > least.at || number >= least.at && !least.exclusive)
            && self.most.is_none_or(|most| number < most.at || number <= most.at && !most.exclusive)
    }
}

#[allow(clippy::float_cmp)] // A bound is the same or it is another.
fn stricter(one: Bound, other: Bound, higher: bool) -> bool {
    if one.at == other.at {
        return one.exclusive || !other.exclusive;
    }
    (one.at > other.at) == higher
}

/// The bounds of an integer of Rust, by the name of its format.
#[allow(clippy::cast_precision_loss)]
fn format(name: &str) -> (Option<f64>, Option<f64>) {
    let of = |unsigned: bool, bits: i32| {
        let most = 2_f64.powi(if unsigned { bits } else { bits - 1 });
        // The float nearest to the bound: the same for the same bound.
        let least = if unsigned { 0.0 } else { -most };
        (Some(least), Some(most - 1.0))
    };
    match name {
        "int8" => of(false, 8),
        "int16" => of(false, 16),
        "int32" => of(false, 32),
        "int64" | "int" => of(false, 64),
        "int128" => of(false, 128),
        "uint8" => of(true, 8),
        "uint16" => of(true, 16),
        "uint32" => of(true, 32),
        "uint64" | "uint" => of(true, 64),
        "uint128" => of(true, 128),
        _ => (None, None),
    }
}

/// Whether a format is that of a number, which [`Range`] knows, or which only says how exact it is.
pub(super) fn is_of_a_number(name: &str) -> bool {
    format(name).0.is_some() || matches!(name, "float" | "double")
}

/// A number that counts something, however it is written: `1` and `1.0`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Both are looked at.
pub(super) fn count(value: &Value) -> Option<u64> {
    let whole = || value.as_f64().filter(|float| *float >= 0.0 && float.fract() == 0.0);
    value.as_u64().or_else(|| whole().map(|float| float as u64))
}
