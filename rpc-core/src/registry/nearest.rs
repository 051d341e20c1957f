//! Finds the name that a misspelt one was probably meant to be.

/// Names longer than this are not compared: no name people write is, and the cost grows with the
/// square.
const LONGEST: usize = 64;

/// Pairs of letters that are compared at most, some hundred microseconds' work: of a thousand names
/// and more the rest is left out, so that wrong names keep no server busy.
const MOST: usize = 200_000;

/// Returns the name nearest to `wrong`, if one is near enough to be worth suggesting: as a whole, or
/// behind its last dot, as `bank.deposit` is to `deposit`.
pub(crate) fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let is_whole = !wrong.contains('.');
    let last = last_part(wrong);
    let mut pairs = 0;
    names
        .filter(|name| wrong.len() <= LONGEST && name.len() <= LONGEST)
        .filter(|name| is_comparable(wrong, name) || is_comparable(last, last_part(name)))
        .take_while(|name| {
            pairs += wrong.len() * name.len();
            pairs <= MOST
        })
        .filter_map(|name| {
            let whole = near(wrong, name).map(|distance| 2 * distance);
            // What every server has is not meant by a word that is like its last.
            let is_everywhere = name.starts_with("system.");
            let part = near(last, last_part(name)).filter(|&far| far == 0 || !is_everywhere);
            // Who wrote no dot has left something out; who wrote one meant it.
            let part = part.map(|distance| 2 * distance + if is_whole { 1 } else { 3 });
            Some((whole.into_iter().chain(part).min()?, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// What stands behind the last dot.
fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// How many letters may differ.
fn tolerance(wrong: &str) -> usize {
    wrong.len().div_ceil(3).min(3)
}

/// Whether two names are of nearly the same length.
fn is_comparable(wrong: &str, name: &str) -> bool {
    wrong.len().abs_diff(name.len()) <= tolerance(wrong)
}

/// The distance of two names, if that is not too great.
fn near(wrong: &str, name: &str) -> Option<usize> {
    let distance =
        is_comparable(wrong, name).then(|| distance(wrong.as_bytes(), name.as_bytes()))?;
    (distance <= tolerance(wrong) && distance < wrong.len()).then_some(distance)
}

/// Counts the letters to add, drop, change or swap with their neighbour to make `a` into `b`
/// (optimal string alignment).
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: [u8; LONGEST + 1];
    let mut above = [0; LONGEST + 1];
    let mut row: [u8; LONGEST + 1] =
        std::array::from_fn(|column| u8::try_from(column).unwrap_or(u8::MAX));
    for (i, x) in a.iter().enumerate() {
        before = above;
        above = row;
        row[0] = above[0] + 1;
        for (j, y) in b.iter().enumerate() {
            let change = above[j] + u8::from(!x.eq_ignore_ascii_case(y));
            row[j + 1] = change.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
    }
    usize::from(row[b.len()])
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn a_misspelling_finds_its_name() {
        let names = ["add", "subtract", "greet", "echo", "ping", "bank.deposit", "shop.add"];
        for (wrong, right) in [
            ("ad", Some("add")),
            ("dad", Some("add")),
            ("Add", Some("add")),
            ("substract", Some("subtract")),
            ("gerte", Some("greet")),
            ("deposit", Some("bank.deposit")),
            ("deposti", Some("bank.deposit")),
            ("bank.depsit", Some("bank.deposit")),
            ("shop.deposit", Some("bank.deposit")),
            ("bank.greet", Some("greet")),
            ("shop.ad", Some("shop.add")),
            ("multiply", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names.into_iter()), right, "{wrong}");
        }
        let long = "a".repeat(10_000);
        assert_eq!(nearest(&long, [long.as_str()].into_iter()), None);
        let many = |count| std::iter::repeat_n("subtrahend", count).chain(["subtract"]);
        assert_eq!(nearest("substract", many(1_000)), Some("subtract"));
        assert_eq!(nearest("substract", many(1_000_000)), None);
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"ab", b"ba"), 1);
    }
}
