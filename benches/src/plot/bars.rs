//! Horizontal bars in groups.

use super::axis::{Axis, Fitted, Scale};
use super::svg::{Anchor, COLOURS, GRID, HEADING, MARGIN, NOTE, PALE, PLAIN, Style, Svg, WIDTH};

/// A chart of horizontal bars, each with its value at its end.
///
/// On a logarithmic axis a bar's length says how many times more, and where it begins says nothing.
#[derive(Debug, Clone)]
pub struct Bars {
    pub title: String,
    /// A sentence or two below the title.
    pub about: String,
    /// The axis that all groups share; without one, each group's longest bar is as long as there is room.
    pub axis: Option<Axis>,
    pub groups: Vec<Group>,
}

/// Bars that are compared with one another. Without a label it has no heading.
#[derive(Debug, Clone)]
pub struct Group {
    pub label: String,
    pub bars: Vec<Bar>,
}

/// A bar. One whose value is not a number is left out of the picture, and said to be missing.
#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub highlighted: bool,
}

const BAR: f64 = 17.0;
const PITCH: f64 = 23.0;
const GAP: f64 = 14.0;

impl Bars {
    /// Draws the chart.
    pub fn svg(&self) -> String {
        let (mut svg, top) = Svg::new(&self.title, &self.about);
        let bars = || self.groups.iter().flat_map(|group| &group.bars);
        let scale = self.axis.as_ref().map_or(Scale::Linear, |axis| axis.scale);
        let widest = |style: Style, texts: &mut dyn Iterator<Item = String>| {
            texts.map(|text| style.width(&text)).fold(0.0, f64::max)
        };
        let left = MARGIN + 10.0 + widest(label(true), &mut bars().map(|bar| bar.label.clone()));
        let figures = widest(label(true), &mut bars().map(|bar| scale.figure(bar.value)));
        let right = WIDTH - MARGIN - figures - 6.0;
        let shared = Fitted::new(scale, bars().map(|bar| bar.value), 8);

        let heading = |group: &Group| if group.label.is_empty() { 0.0 } else { 26.0 };
        let rows: u32 = bars().map(|_| 1).sum();
        let headings: f64 = self.groups.iter().map(heading).sum();
        let gaps = GAP * f64::from(self.groups.iter().map(|_| 1).sum::<u32>().saturating_sub(1));
        let bottom = top + f64::from(rows) * PITCH + headings + gaps + 4.0;

        let mut end = bottom;
        if let Some(axis) = &self.axis {
            for (place, mark) in shared.marks() {
                let x = left + place * (right - left);
                svg.line((x, top), (x, bottom), GRID);
                svg.text(x, bottom + 16.0, NOTE, Anchor::Middle, &mark);
            }
            end = bottom + 36.0;
            svg.text(f64::midpoint(left, right), end, NOTE, Anchor::Middle, &axis.title);
        }

        let mut y = top + 2.0;
        for group in &self.groups {
            if !group.label.is_empty() {
                y += heading(group);
                // The grid must not strike the heading through.
                svg.bar(MARGIN, y - 21.0, HEADING.width(&group.label) + 6.0, 19.0, "#fff");
                svg.text(MARGIN, y - 8.0, HEADING, Anchor::Left, &group.label);
            }
            let longest = group.bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
            for bar in &group.bars {
                let style = label(bar.highlighted);
                let base = y + BAR * 0.76;
                svg.text(left - 8.0, base, style, Anchor::Right, &bar.label);
                if bar.value.is_finite() {
                    let place = match self.axis {
                        Some(_) => shared.place(bar.value),
                        None => bar.value / longest,
                    };
                    let length = (place * (right - left)).max(1.0);
                    let colour = if bar.highlighted { COLOURS[0] } else { PALE };
                    svg.bar(left, y, length, BAR, colour);
                    let figure = scale.figure(bar.value);
                    svg.bar(left + length + 3.0, y, style.width(&figure), BAR, "#fff");
                    svg.text(left + length + 5.0, base, style, Anchor::Left, &figure);
                } else {
                    svg.text(left + 5.0, base, NOTE, Anchor::Left, "not measured");
                }
                y += PITCH;
            }
            y += GAP;
        }
        svg.finish(end + MARGIN * 0.75)
    }
}

fn label(highlighted: bool) -> Style {
    Style { bold: highlighted, ..PLAIN }
}
