//! Plots as SVG, written by hand: [`Bars`] and [`Lines`].
//!
//! They stand on a white ground of their own, so that they read alike on a light and on a dark page,
//! and the same figures always give the same bytes.

mod axis;
mod bars;
mod lines;
mod svg;

use std::fs;
use std::io;
use std::path::Path;

pub use axis::{Axis, Scale};
pub use bars::{Bar, Bars, Group};
pub use lines::{Lines, Panel, Series};

/// Writes a plot to `NAME.svg` in a directory, which is made where it is missing.
pub fn save(directory: &Path, name: &str, svg: &str) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let path = directory.join(format!("{name}.svg"));
    fs::write(&path, svg)?;
    println!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Axis, Bar, Bars, Group, Lines, Panel, Scale, Series};

    fn bars(scale: Scale) -> Bars {
        let bar = |label: &str, value, highlighted| Bar { label: label.into(), value, highlighted };
        let bars = vec![
            bar("raw TCP", 1_155_000.0, false),
            bar("ours, async client & event loop", 871_234.0, true),
            bar("tarpc, bincode", 346_000.0, false),
            bar("jsonrpsee, HTTP", 8_700.0, false),
            bar("redis <PING>", f64::NAN, false),
        ];
        let group = |label: &str| Group { label: label.into(), bars: bars.clone() };
        Bars {
            title: "Calls a second, 64 in flight".into(),
            about: "add(1, 2, c=3) on one connection, each end on its own CPU; the median of the rounds. ".repeat(2),
            axis: Some(Axis::new("calls/s (logarithmic)", scale)),
            groups: vec![group("64 in flight on one connection"), group("16 × 16")],
        }
    }

    fn lines(panels: usize) -> Lines {
        let powers = || [1.0, 10.0, 100.0, 1000.0, 10_000.0].into_iter();
        let series = |name: &str, factor: f64| Series {
            name: name.into(),
            points: powers().map(|x: f64| (x, 5000.0 * factor * (1.0 + x.ln()))).collect(),
        };
        let series = vec![series("event loop", 1.0), series("prefork event loop", 12.0)];
        let panel = |index: usize| match index {
            0 => Panel { y: Axis::new("calls/s", Scale::Linear), series: series.clone() },
            1 => Panel { y: Axis::new("p99, µs", Scale::Log), series: series.clone() },
            _ => {
                Panel { y: Axis::new("memory of the server", Scale::Bytes), series: series.clone() }
            }
        };
        Lines {
            title: "Connections".into(),
            about: "A call in flight on 64 of them.".into(),
            x: Axis::new("connections", Scale::Log),
            panels: (0..panels).map(panel).collect(),
        }
    }

    fn all() -> Vec<String> {
        let lines = (1..=3).map(|panels| lines(panels).svg());
        lines.chain([Scale::Linear, Scale::Log].map(|scale| bars(scale).svg())).collect()
    }

    #[test]
    fn no_text_stands_on_another_or_outside() {
        for svg in all() {
            let mut taken: Vec<(f64, f64, f64)> = Vec::new();
            for text in svg.lines().filter(|line| line.starts_with("<text")) {
                let attribute = |name: &str| {
                    let (_, rest) = text.split_once(&format!(" {name}=\"")).unwrap();
                    rest.split_once('"').unwrap().0
                };
                let number = |name: &str| attribute(name).parse::<f64>().unwrap();
                let content = text.split_once('>').unwrap().1.trim_end_matches("</text>");
                let content =
                    content.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
                let characters = f64::from(u32::try_from(content.chars().count()).unwrap());
                let width = characters * number("font-size") * 0.55;
                let left = match attribute("text-anchor") {
                    "start" => number("x"),
                    "middle" => number("x") - width / 2.0,
                    _ => number("x") - width,
                };
                let (right, y) = (left + width, number("y"));
                assert!(left >= 0.0 && right <= 880.0, "outside: {text}");
                for (other_left, other_right, other_y) in &taken {
                    let beside = right <= *other_left || left >= *other_right;
                    assert!(beside || (y - other_y).abs() >= 11.0, "on another: {text}");
                }
                taken.push((left, right, y));
            }
        }
    }

    #[test]
    fn the_same_figures_give_the_same_bytes() {
        assert_eq!(all(), all());
    }
}
