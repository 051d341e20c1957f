//! Lines: how figures change along one axis.

use super::axis::{Axis, Fitted};
use super::svg::{Anchor, COLOURS, FADED, GRID, HEADING, MARGIN, NOTE, PLAIN, Svg, WIDTH};

/// Panels side by side that share what they are drawn against; often one.
#[derive(Debug, Clone)]
pub struct Lines {
    pub title: String,
    /// A sentence or two below the title.
    pub about: String,
    /// The axis from left to right, the same in every panel.
    pub x: Axis,
    pub panels: Vec<Panel>,
}

/// One field of lines.
#[derive(Debug, Clone)]
pub struct Panel {
    /// The axis from bottom to top.
    pub y: Axis,
    pub series: Vec<Series>,
}

/// One line. Points that are no numbers are left out.
#[derive(Debug, Clone)]
pub struct Series {
    /// Its name in the legend, which stands where there are several; the same name has the same
    /// colour in every panel.
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

const HEIGHT: f64 = 230.0;
const BETWEEN: f64 = 22.0;

impl Lines {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let (mut svg, mut top) = Svg::new(&self.title, &self.about);
        let mut names: Vec<&str> = Vec::new();
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            if !names.contains(&&*series.name) {
                names.push(&series.name);
            }
        }
        if names.len() > 1 {
            top = legend(&mut svg, &names, top);
        }
        let panels = f64::from(self.panels.iter().map(|_| 1).sum::<u32>().max(1));
        let width = (WIDTH - 2.0 * MARGIN - BETWEEN * (panels - 1.0)) / panels;
        let mut left = MARGIN;
        for panel in &self.panels {
            self.panel(&mut svg, panel, &names, (left, top + 12.0), width);
            left += width + BETWEEN;
        }
        svg.finish(top + HEIGHT + 76.0 + MARGIN * 0.75)
    }

    fn panel(
        &self,
        svg: &mut Svg,
        panel: &Panel,
        names: &[&str],
        (edge, top): (f64, f64),
        width: f64,
    ) {
        let points = || panel.series.iter().flat_map(|series| &series.points);
        let y = Fitted::new(panel.y.scale, points().map(|point| point.1), 8);
        let labels = y.marks().map(|(_, mark)| NOTE.width(&mark)).fold(0.0, f64::max);
        let (left, right) = (edge + labels + 6.0, edge + width - 10.0);
        let (top, bottom) = (top + 22.0, top + 22.0 + HEIGHT);
        // The room that the widest mark needs, and as much again as a gap needs.
        let fits = |room: usize| {
            let x = Fitted::new(self.x.scale, self.abscissas(), room);
            let widest = x.marks().map(|(_, mark)| NOTE.width(&mark) + 10.0).fold(0.0, f64::max);
            let places: Vec<f64> = x.marks().map(|(place, _)| place * (right - left)).collect();
            places.windows(2).all(|pair| pair[1] - pair[0] >= widest).then_some(x)
        };
        let x = (2..=12).rev().find_map(fits);
        let x = x.unwrap_or_else(|| Fitted::new(self.x.scale, self.abscissas(), 2));

        svg.text(edge, top - 14.0, HEADING, Anchor::Left, &panel.y.title);
        for (place, mark) in y.marks() {
            let height = bottom - place * (bottom - top);
            svg.line((left, height), (right, height), GRID);
            svg.text(left - 6.0, height + 4.0, NOTE, Anchor::Right, &mark);
        }
        for (place, mark) in x.marks() {
            let across = left + place * (right - left);
            svg.line((across, top), (across, bottom), GRID);
            svg.text(across, bottom + 18.0, NOTE, Anchor::Middle, &mark);
        }
        svg.line((left, bottom), (right, bottom), FADED);
        let middle = f64::midpoint(left, right);
        svg.text(middle, bottom + 40.0, NOTE, Anchor::Middle, &self.x.title);

        for series in &panel.series {
            let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
            let place = |point: &(f64, f64)| {
                (
                    left + x.place(point.0) * (right - left),
                    bottom - y.place(point.1) * (bottom - top),
                )
            };
            let points: Vec<_> = series.points.iter().filter(finite).map(place).collect();
            svg.curve(&points, colour(names, &series.name));
        }
    }

    fn abscissas(&self) -> impl Iterator<Item = f64> {
        let series = self.panels.iter().flat_map(|panel| &panel.series);
        series.flat_map(|series| &series.points).map(|point| point.0)
    }
}

fn colour(names: &[&str], name: &str) -> &'static str {
    let place = names.iter().position(|other| *other == name).unwrap_or(0);
    COLOURS[place % COLOURS.len()]
}

/// Draws the names with their colours, and gives the height below them.
fn legend(svg: &mut Svg, names: &[&str], top: f64) -> f64 {
    let (mut x, mut y) = (MARGIN, top + 8.0);
    for name in names {
        let width = 22.0 + PLAIN.width(name) + 14.0;
        if x > MARGIN && x + width > WIDTH - MARGIN {
            x = MARGIN;
            y += 20.0;
        }
        svg.curve(&[(x, y - 4.0), (x + 16.0, y - 4.0)], colour(names, name));
        svg.text(x + 24.0, y, PLAIN, Anchor::Left, name);
        x += width;
    }
    y + 10.0
}
