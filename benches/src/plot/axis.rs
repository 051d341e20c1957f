//! Axes: where a value stands, and which values are marked.

/// An axis: its title, with the unit, and its scale.
#[derive(Debug, Clone)]
pub struct Axis {
    pub title: String,
    pub scale: Scale,
}

impl Axis {
    pub fn new(title: impl Into<String>, scale: Scale) -> Self {
        Self { title: title.into(), scale }
    }
}

/// How values are laid out along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// From zero, in equal steps.
    Linear,
    /// By powers of ten; values must be positive.
    Log,
    /// By powers of two, marked as 64 B, 1 KiB, 8 MiB; values must be positive.
    Bytes,
}

impl Scale {
    /// Writes a value with three significant digits.
    pub fn figure(self, value: f64) -> String {
        match self {
            Self::Linear | Self::Log => scaled(value, 1000.0, &["", " k", " M", " G", " T"]),
            Self::Bytes => scaled(value, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB"]),
        }
    }

    /// Writes a value that is marked on the axis, without digits that say nothing.
    fn mark(self, value: f64) -> String {
        let figure = self.figure(value);
        let (number, unit) = figure.split_once(' ').map_or((&*figure, ""), |(n, unit)| (n, unit));
        let number = if number.contains('.') {
            number.trim_end_matches('0').trim_end_matches('.')
        } else {
            number
        };
        if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
    }
}

fn scaled(mut value: f64, step: f64, units: &[&str]) -> String {
    // What rounds to the next unit, or to a digit more, has it: 999.9 is 1.00 k.
    let mut unit = 0;
    while value.abs() >= step - 0.5 && unit + 1 < units.len() {
        value /= step;
        unit += 1;
    }
    let decimals = [99.95, 9.995, 0.9995, 0.099_95].iter().position(|&least| value.abs() >= least);
    let decimals = if value == 0.0 { 0 } else { decimals.unwrap_or(4) };
    format!("{value:.decimals$}{}", units[unit])
}

/// An axis that is fitted to its values.
pub struct Fitted {
    scale: Scale,
    low: f64,
    high: f64,
    marks: Vec<f64>,
}

impl Fitted {
    /// Fits an axis to its values, with at most `room` marks.
    pub fn new(scale: Scale, values: impl Iterator<Item = f64>, room: usize) -> Self {
        let usable = |value: &f64| value.is_finite() && (scale == Scale::Linear || *value > 0.0);
        let values: Vec<f64> = values.filter(usable).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (least, most) = if values.is_empty() { (1.0, 1.0) } else { (least, most) };
        let room = room.max(2);
        let (low, high, marks) = match scale {
            Scale::Linear => {
                let marks = steps(most, room);
                (0.0, marks[marks.len() - 1], marks)
            }
            Scale::Log => rungs(&[1.0, 2.0, 5.0], 10.0, least, most, room),
            Scale::Bytes => rungs(&[1.0], 2.0, least, most, room),
        };
        Self { scale, low, high, marks }
    }

    /// Where a value stands, from 0 at the low end to 1 at the high one.
    pub fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => value / self.high,
            Scale::Log | Scale::Bytes => (value / self.low).ln() / (self.high / self.low).ln(),
        };
        place.clamp(0.0, 1.0)
    }

    /// The values that are marked: their places and their labels.
    pub fn marks(&self) -> impl Iterator<Item = (f64, String)> {
        self.marks.iter().map(|&value| (self.place(value), self.scale.mark(value)))
    }
}

/// Marks from zero to `most` or above, in equal steps of 1, 2 or 5 times a power of ten.
fn steps(most: f64, room: usize) -> Vec<f64> {
    let most = if most > 0.0 { most } else { 1.0 };
    let mut power = 1e-9;
    loop {
        for step in [1.0, 2.0, 5.0].map(|factor| factor * power) {
            // One more than needed is enough to see that a step is too small.
            let marks = (0..=room).map(|index| step * f64::from(u32::try_from(index).unwrap_or(0)));
            let mut marks: Vec<f64> = marks.collect();
            let enough = marks.iter().position(|mark| *mark >= most * (1.0 - 1e-9));
            if let Some(last) = enough.filter(|last| *last < room) {
                marks.truncate(last + 1);
                return marks;
            }
        }
        power *= 10.0;
    }
}

/// Marks on a logarithmic scale: the factors of each power, as far as there is room for them.
fn rungs(factors: &[f64], base: f64, least: f64, most: f64, room: usize) -> (f64, f64, Vec<f64>) {
    let mut power = 1.0;
    while power > least {
        power /= base;
    }
    while power * base <= least {
        power *= base;
    }
    let (mut low, mut marks) = (power, Vec::new());
    'upwards: loop {
        for (index, factor) in factors.iter().enumerate() {
            let value = power * factor;
            if value <= least {
                low = value;
                marks.clear();
            }
            marks.push((value, index == 0));
            if value >= most && value > low {
                break 'upwards;
            }
        }
        power *= base;
    }
    let high = marks[marks.len() - 1].0;
    let whole = marks.iter().filter(|(_, whole)| *whole).count();
    if marks.len() > room && whole > 1 {
        marks.retain(|(_, whole)| *whole);
    }
    let stride = marks.len().div_ceil(room);
    (low, high, marks.into_iter().step_by(stride).map(|(value, _)| value).collect())
}

#[cfg(test)]
mod tests {
    use super::{Fitted, Scale};

    fn marks(scale: Scale, values: [f64; 2], room: usize) -> Vec<String> {
        Fitted::new(scale, values.into_iter(), room).marks().map(|(_, label)| label).collect()
    }

    #[test]
    fn marks_are_round_and_reach_around_the_values() {
        assert_eq!(marks(Scale::Linear, [3.0, 1100.0], 5), ["0", "500", "1 k", "1.5 k"]);
        assert_eq!(marks(Scale::Log, [1.0, 10_000.0], 5), ["1", "10", "100", "1 k", "10 k"]);
        assert_eq!(marks(Scale::Log, [3.0, 40.0], 6), ["2", "5", "10", "20", "50"]);
        assert_eq!(
            marks(Scale::Bytes, [64.0, 1024.0], 5),
            ["64 B", "128 B", "256 B", "512 B", "1 KiB"]
        );
        assert_eq!(marks(Scale::Linear, [0.0, 0.0], 3), ["0", "0.5", "1"]);
    }

    #[test]
    fn a_figure_is_rounded_before_its_unit_is_chosen() {
        let figures = [0.356, 12.35, 999.9, 1_155_000.0].map(|value| Scale::Log.figure(value));
        assert_eq!(figures, ["0.356", "12.3", "1.00 k", "1.16 M"]);
        assert_eq!(Scale::Bytes.figure(8_388_608.0), "8.00 MiB");
    }
}
