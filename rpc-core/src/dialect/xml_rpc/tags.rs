//! Walks XML tag by tag: what XML-RPC has no use for is stepped over or refused here.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::encoding::EncodingError;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::protocol::{Fault, code};

use super::element::Element;
use super::extensions::{Extensions, KEYWORDS};

/// The longest tag, name and attributes together, in bytes.
const LONGEST_TAG: usize = 4096;

/// A cursor over one XML text.
pub(super) struct Tags<'a> {
    reader: Reader<&'a [u8]>,
    begun: bool,
    /// How many elements are open, and whether none was where the text stands.
    open: usize,
    outside: bool,
    /// The extensions that the text so far shows its writer to know.
    pub(super) extensions: Extensions,
    /// Whether the text so far says that its last argument is the keyword arguments.
    pub(super) has_keywords: bool,
    /// The text between the last tag and the one before it.
    pub(super) text: String,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Open(Element),
    Close,
    End,
}

impl<'a> Tags<'a> {
    /// Starts at the beginning of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            begun: false,
            open: 0,
            outside: true,
            extensions: Extensions::None,
            has_keywords: false,
            text: String::new(),
        }
    }

    /// Steps to the next tag, and keeps the text on the way.
    pub(super) fn next(&mut self) -> Result<Tag, Fault> {
        self.text.clear();
        loop {
            let event = self.reader.read_event().map_err(|error| self.broken(&error))?;
            // A line break before the declaration is no part of XML, and some programs write one.
            let is_space = matches!(&event, Event::Text(text) if text.trim_ascii().is_empty());
            let first = !self.begun;
            self.begun |= !is_space;
            self.outside = self.open == 0;
            match event {
                Event::Start(tag) | Event::Empty(tag) => return self.open(&tag),
                Event::End(_) => {
                    self.open = self.open.saturating_sub(1);
                    return Ok(Tag::Close);
                }
                Event::Text(text) => self.append(text.xml10_content())?,
                Event::CData(text) => self.append(text.xml10_content())?,
                Event::GeneralRef(reference) => self.resolve(&reference)?,
                Event::Comment(_) | Event::PI(_) => {}
                Event::Decl(_) if first => {}
                Event::Decl(_) => {
                    return Err(self.broken("the XML declaration stands at the beginning"));
                }
                Event::DocType(_) => {
                    return Err(self.broken("a document type has no place in XML-RPC"));
                }
                Event::Eof => return Ok(Tag::End),
            }
        }
    }

    /// Steps to the next tag, before which there is white space at most.
    pub(super) fn next_tag(&mut self) -> Result<Tag, Fault> {
        let tag = self.next()?;
        self.is_white()?;
        Ok(tag)
    }

    /// Checks that the text before the last tag was white space at most.
    pub(super) fn is_white(&self) -> Result<(), Fault> {
        if self.text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            Ok(())
        } else if self.outside {
            Err(self.broken("text stands outside the element that is the message"))
        } else {
            Err(self.not_xml_rpc("text stands where only elements do"))
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<Tag, Fault> {
        self.open += 1;
        if tag.len() > LONGEST_TAG {
            let message =
                format!("a tag of {} bytes is over the limit of {LONGEST_TAG}", tag.len());
            return Err(Fault::new(code::TOO_LARGE, message));
        }
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.broken(&error))?;
            let declares = attribute.key.as_ref().starts_with(b"xmlns");
            if declares && *attribute.value == *Extensions::NAMESPACE.as_bytes() {
                self.shows(Extensions::Apache);
            }
            self.has_keywords |= declares && *attribute.value == *KEYWORDS.as_bytes();
        }
        let name = tag.name();
        let Some(element) = Element::named(name.as_ref()) else {
            let name = String::from_utf8_lossy(name.0).chars().take(60).collect::<String>();
            return Err(self.not_xml_rpc(&format!("there is no element `{name}`")));
        };
        if let Element::Type(ty) = element
            && ty.is_extension()
        {
            let prefixed = name.prefix().is_some();
            self.shows(if prefixed { Extensions::Apache } else { Extensions::Plain });
        }
        Ok(Tag::Open(element))
    }

    fn shows(&mut self, extensions: Extensions) {
        self.extensions = self.extensions.max(extensions);
    }

    fn append(&mut self, text: Result<Cow<'_, str>, EncodingError>) -> Result<(), Fault> {
        let text = text.map_err(|error| self.broken(&error))?;
        if let Some(c) = text.chars().find(|&c| !is_xml(c)) {
            return Err(self.cannot_stand(c));
        }
        self.text.push_str(&text);
        Ok(())
    }

    fn resolve(&mut self, reference: &BytesRef<'_>) -> Result<(), Fault> {
        let resolved = reference.resolve_char_ref().map_err(|error| self.broken(&error))?;
        let c = match (resolved, reference.as_ref()) {
            (Some(c), _) if is_xml(c) => c,
            (Some(c), _) => return Err(self.cannot_stand(c)),
            (None, b"lt") => '<',
            (None, b"gt") => '>',
            (None, b"amp") => '&',
            (None, b"quot") => '"',
            (None, b"apos") => '\'',
            (None, _) => return Err(self.broken("only XML's own five entities are known")),
        };
        self.text.push(c);
        Ok(())
    }

    fn cannot_stand(&self, c: char) -> Fault {
        self.broken(format!("U+{:04X} cannot stand in XML", u32::from(c)))
    }

    /// Reports text that is not XML.
    pub(super) fn broken(&self, problem: impl ToString) -> Fault {
        let at = self.reader.error_position().max(self.reader.buffer_position());
        let message = format!("not XML: {}, at byte {at}", problem.to_string());
        Fault::new(code::PARSE_ERROR, message)
    }

    /// Reports XML that is not XML-RPC.
    pub(super) fn not_xml_rpc(&self, problem: &str) -> Fault {
        let at = self.reader.buffer_position();
        let message = format!("not XML-RPC: {problem}, before byte {at}");
        Fault::invalid_request(message).quoting_from("`")
    }
}

/// Whether XML 1.0 has the character (section 2.2).
pub(super) fn is_xml(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
