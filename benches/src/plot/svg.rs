//! Shapes and text as SVG.

use std::fmt::Write;

/// How wide every plot is: what a page on GitHub shows without scaling it down.
pub const WIDTH: f64 = 880.0;
/// The room between a plot's edge and what stands in it.
pub const MARGIN: f64 = 24.0;

pub const INK: &str = "#1f2328";
pub const FADED: &str = "#59636e";
pub const GRID: &str = "#e3e6ea";
/// Distinct to colour-blind readers too (Okabe and Ito, 2008).
pub const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#59636e"];
/// What is not highlighted.
pub const PALE: &str = "#aeb8c4";

const EDGE: &str = "#d1d9e0";
const FONT: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/// The side of a point that its text stands at.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    Left,
    Middle,
    Right,
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub size: f64,
    pub colour: &'static str,
    pub bold: bool,
}

pub const TITLE: Style = Style { size: 17.0, colour: INK, bold: true };
pub const HEADING: Style = Style { size: 13.0, colour: INK, bold: true };
pub const PLAIN: Style = Style { size: 12.0, colour: INK, bold: false };
pub const NOTE: Style = Style { size: 12.0, colour: FADED, bold: false };

impl Style {
    /// The width that text may need, in any system's font; rather too much than too little.
    pub fn width(self, text: &str) -> f64 {
        let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        f64::from(characters) * self.size * if self.bold { 0.62 } else { 0.58 }
    }
}

/// A picture that grows downwards while it is drawn.
pub struct Svg {
    title: String,
    body: String,
}

impl Svg {
    /// Starts with its title, and what stands small below it; gives the height they take.
    pub fn new(title: &str, about: &str) -> (Self, f64) {
        let mut svg = Self { title: escaped(title), body: String::new() };
        let mut y = MARGIN + TITLE.size * 0.8;
        svg.text(MARGIN, y, TITLE, Anchor::Left, title);
        for line in wrapped(about, WIDTH - 2.0 * MARGIN) {
            y += 19.0;
            svg.text(MARGIN, y, NOTE, Anchor::Left, &line);
        }
        (svg, y + 14.0)
    }

    pub fn text(&mut self, x: f64, y: f64, style: Style, anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Left => "start",
            Anchor::Middle => "middle",
            Anchor::Right => "end",
        };
        let weight = if style.bold { r#" font-weight="600""# } else { "" };
        self.push(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" font-size="{}" fill="{}" text-anchor="{anchor}"{weight}>{}</text>"#,
            style.size,
            style.colour,
            escaped(text),
        ));
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        self.push(format_args!(
            r#"<path d="M{:.1} {:.1}L{:.1} {:.1}" stroke="{colour}"/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    pub fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
        self.push(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2" fill="{colour}"/>"#
        ));
    }

    /// Draws a line through points, and a dot at each.
    pub fn curve(&mut self, points: &[(f64, f64)], colour: &str) {
        let mut path = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let step = if index == 0 { 'M' } else { 'L' };
            // Writing to a string does not fail.
            let _ = write!(path, "{step}{x:.1} {y:.1}");
        }
        self.push(format_args!(
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>"#
        ));
        for point in points {
            self.dot(*point, colour);
        }
    }

    pub fn dot(&mut self, (x, y): (f64, f64), colour: &str) {
        self.push(format_args!(
            r##"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}" stroke="#fff"/>"##
        ));
    }

    /// Ends the picture at a height.
    pub fn finish(self, height: f64) -> String {
        format!(
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}" "#,
                r#"viewBox="0 0 {width:.0} {height:.0}" font-family="{font}" role="img">"#,
                "\n<title>{title}</title>\n",
                r##"<rect x="0.5" y="0.5" width="{inner_width:.0}" height="{inner_height:.0}" "##,
                r##"rx="6" fill="#fff" stroke="{edge}"/>"##,
                "\n{body}</svg>\n",
            ),
            width = WIDTH,
            height = height.ceil(),
            font = FONT,
            title = self.title,
            inner_width = WIDTH - 1.0,
            inner_height = height.ceil() - 1.0,
            edge = EDGE,
            body = self.body,
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Breaks a text into lines of a width.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if NOTE.width(line) + NOTE.width(word) + NOTE.size < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
