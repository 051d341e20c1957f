//! Reads values: XML in, JSON text out.

use crate::protocol::json::write;
use crate::protocol::{Fault, Limits, ProtocolError};

use super::element::{Element, Type};
use super::extensions::Extensions;
use super::tags::{Tag, Tags};

/// A cursor over XML that gathers JSON text of the values it steps over.
pub(super) struct Values<'a> {
    tags: Tags<'a>,
    depth: usize,
    limit: usize,
    pub(super) json: Vec<u8>,
}

impl<'a> Values<'a> {
    /// Starts at the beginning of `text`, inside of an envelope and a list of arguments.
    pub(super) fn new(text: &'a str, depth: usize) -> Self {
        let limit = depth.min(Limits::MAX_DEPTH);
        Self { tags: Tags::new(text), depth: 2, limit, json: Vec::new() }
    }

    /// The extensions that what has been read shows its writer to know.
    pub(super) fn extensions(&self) -> Extensions {
        self.tags.extensions
    }

    /// Whether what has been read says that its last argument is the keyword arguments.
    pub(super) fn have_keywords(&self) -> bool {
        self.tags.has_keywords
    }

    /// Steps over the opening tag of an element.
    pub(super) fn open(&mut self, element: Element) -> Result<(), Fault> {
        match self.tags.next_tag()? {
            Tag::Open(found) if found == element => Ok(()),
            found => Err(self.unexpected(found, &element.to_string())),
        }
    }

    /// Steps over a closing tag.
    pub(super) fn close(&mut self) -> Result<(), Fault> {
        match self.tags.next_tag()? {
            Tag::Close => Ok(()),
            found => Err(self.unexpected(found, "a closing tag")),
        }
    }

    /// Steps over the opening tag of an element or the closing tag of the one around it, and says
    /// whether it was the first.
    pub(super) fn opens(&mut self, element: Element) -> Result<bool, Fault> {
        match self.tags.next_tag()? {
            Tag::Open(found) if found == element => Ok(true),
            Tag::Close => Ok(false),
            found => Err(self.unexpected(found, &element.to_string())),
        }
    }

    /// Steps over one of two opening tags, or the closing tag of the element around them.
    pub(super) fn either(&mut self, one: Element, other: Element) -> Result<Element, Fault> {
        match self.tags.next_tag()? {
            Tag::Open(found) if found == one || found == other => Ok(found),
            found => Err(self.unexpected(found, &format!("{one} or {other}"))),
        }
    }

    /// Steps over text and the closing tag behind it.
    pub(super) fn text(&mut self) -> Result<&str, Fault> {
        match self.tags.next()? {
            Tag::Close => Ok(&self.tags.text),
            found => Err(self.unexpected(found, "text")),
        }
    }

    /// Checks that nothing is left.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.tags.next_tag()? {
            Tag::End => Ok(()),
            found => Err(self.unexpected(found, "the end")),
        }
    }

    /// Steps over the rest of a `value` whose opening tag has been read.
    pub(super) fn value(&mut self) -> Result<(), Fault> {
        match self.tags.next()? {
            // Text without a type is a string.
            Tag::Close => self.string(),
            Tag::Open(Element::Type(ty)) => {
                self.tags.is_white()?;
                match ty {
                    Type::Array => self.array()?,
                    Type::Struct => self.structure()?,
                    _ => self.scalar(ty)?,
                }
                self.close()
            }
            found => Err(self.unexpected(found, "a type")),
        }
    }

    fn array(&mut self) -> Result<(), Fault> {
        self.deepen()?;
        self.open(Element::Data)?;
        self.json.push(b'[');
        let mut first = true;
        while self.opens(Element::Value)? {
            self.comma(&mut first);
            self.value()?;
        }
        self.json.push(b']');
        self.depth -= 1;
        self.close()
    }

    fn structure(&mut self) -> Result<(), Fault> {
        self.deepen()?;
        self.json.push(b'{');
        let mut first = true;
        while self.opens(Element::Member)? {
            self.comma(&mut first);
            self.open(Element::Name)?;
            self.text()?;
            self.string()?;
            self.json.push(b':');
            self.open(Element::Value)?;
            self.value()?;
            self.close()?;
        }
        self.json.push(b'}');
        self.depth -= 1;
        Ok(())
    }

    fn scalar(&mut self, ty: Type) -> Result<(), Fault> {
        self.text()?;
        let text = self.tags.text.trim_ascii();
        let read = match ty {
            Type::Int { least, greatest } => match integer(text) {
                Some(number) if (least..=greatest).contains(&number) => self.append(&number),
                Some(_) => Err(format!("a whole number from {least} to {greatest}")),
                None => Err("a whole number in decimal digits".to_owned()),
            },
            Type::Boolean => match text {
                "0" => self.append(&false),
                "1" => self.append(&true),
                _ => Err("0 or 1".to_owned()),
            },
            Type::Double => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => self.append(&number),
                _ => Err("a finite number in decimal digits".to_owned()),
            },
            Type::Base64 => self.base64(),
            Type::Nil if text.is_empty() => self.append(&()),
            Type::Nil => Err("empty".to_owned()),
            Type::DateTime => {
                self.tags.text = text.to_owned();
                return self.string();
            }
            Type::String | Type::Array | Type::Struct => return self.string(),
        };
        read.map_err(|expected| {
            let found: String = self.tags.text.trim_ascii().chars().take(60).collect();
            self.tags.not_xml_rpc(&format!("`{found}` must be {expected}"))
        })
    }

    /// Appends a number or another value that always has a JSON form.
    fn append(&mut self, value: &impl serde::Serialize) -> Result<(), String> {
        write(&mut self.json, value).map_err(|error| error.to_string())
    }

    /// Appends the text as a string.
    fn string(&mut self) -> Result<(), Fault> {
        write(&mut self.json, &self.tags.text)
            .map_err(|error| self.tags.not_xml_rpc(&error.to_string()))
    }

    /// Appends the text as a string without its white space.
    fn base64(&mut self) -> Result<(), String> {
        self.json.push(b'"');
        for byte in self.tags.text.bytes() {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {}
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => {
                    self.json.push(byte);
                }
                _ => return Err("base64".to_owned()),
            }
        }
        self.json.push(b'"');
        Ok(())
    }

    pub(super) fn comma(&mut self, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.json.push(b',');
        }
    }

    fn deepen(&mut self) -> Result<(), Fault> {
        if self.depth >= self.limit {
            return Err(ProtocolError::TooDeep { limit: self.limit }.to_fault());
        }
        self.depth += 1;
        Ok(())
    }

    fn unexpected(&self, found: Tag, expected: &str) -> Fault {
        match found {
            Tag::Open(found) => {
                self.tags.not_xml_rpc(&format!("{found} stands where {expected} must"))
            }
            Tag::Close => self.tags.not_xml_rpc(&format!("{expected} is missing")),
            Tag::End => self.tags.broken("the text ends inside an element"),
        }
    }
}

/// Reads a whole number as Python's `int` does: with a sign, and zeros, before it if need be.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}
