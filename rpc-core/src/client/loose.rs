//! Arguments as texts, to be put into the order, or under the names, that a signature has.

use std::sync::Arc;

use crate::dialect::Dialect;
use crate::protocol::json::Reader;
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter, ProtocolError};

/// The names of a function's parameters that can be given by position, in order.
pub(super) type Names = Arc<[String]>;

/// The arguments of a call by name, and what is known of the function's parameters.
#[derive(Debug)]
pub(super) struct Loose {
    positional: Vec<Vec<u8>>,
    keyword: Vec<(String, Vec<u8>)>,
    names: Names,
}

impl Loose {
    /// Writes the arguments as the dialect writes values.
    pub(super) fn of(dialect: Dialect, arguments: &impl Arguments) -> Result<Self, ArgumentError> {
        let (mut positional, mut keyword) = (Vec::new(), Vec::new());
        dialect.write_apart(arguments, &mut positional, &mut keyword)?;
        let split = split_array(&positional).and_then(|positional| {
            let keyword = split_object(&keyword)?;
            Ok(Self { positional, keyword, names: Arc::default() })
        });
        split.map_err(|error| ArgumentError::new(error.to_string()))
    }

    /// The same once the names are known.
    pub(super) fn named(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Fails where a parameter is given by position and by name.
    fn check(&self) -> Result<(), ArgumentError> {
        let (given, takes) = (self.positional.len(), self.names.len());
        if given > takes {
            return Err(ArgumentError::new(format!(
                "{given} arguments are given by position, and the function has names for {takes}"
            )));
        }
        let twice = self.keyword.iter().find(|(name, _)| self.names[..given].contains(name));
        match twice {
            Some((name, _)) => {
                let problem = format!("argument `{name}` is given twice, by position and by name");
                Err(ArgumentError::new(problem))
            }
            None => Ok(()),
        }
    }
}

impl Arguments for Loose {
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.positional.iter().for_each(|text| array.text(text));
        Ok(())
    }

    fn write_keyword(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.keyword.iter().try_for_each(|(name, text)| object.text(name, text))
    }

    fn write_named(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        self.check()?;
        let mut by_position = self.names.iter().zip(&self.positional);
        by_position.try_for_each(|(name, text)| object.text(name, text))?;
        self.write_keyword(object)
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        self.check()?;
        if let Some((unknown, _)) = self.keyword.iter().find(|(name, _)| !self.names.contains(name))
        {
            return Err(ArgumentError::new(format!("there is no parameter `{unknown}`")));
        }
        self.write_positional(array)?;
        let mut left_out = None;
        for name in &self.names[self.positional.len()..] {
            match (self.keyword.iter().find(|(given, _)| given == name), left_out) {
                (None, _) => left_out = left_out.or(Some(name)),
                (Some((_, text)), None) => array.text(text),
                (Some(_), Some(left_out)) => return Err(ArgumentError::gap(left_out, name)),
            }
        }
        Ok(())
    }
}

/// The texts of an array's elements, with the white space before them, which marks some.
fn split_array(array: &[u8]) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let text = Reader::text(array)?;
    let (mut elements, mut end) = (Vec::new(), 1);
    Reader::new(text, usize::MAX).array(|reader| {
        let element = reader.span()?;
        elements.push(array[end..element.place().end].to_vec());
        // Behind the comma.
        end = element.place().end + 1;
        Ok::<_, ProtocolError>(())
    })?;
    Ok(elements)
}

/// The names and texts of an object's members.
fn split_object(object: &[u8]) -> Result<Vec<(String, Vec<u8>)>, ProtocolError> {
    let text = Reader::text(object)?;
    let mut members = Vec::new();
    Reader::new(text, usize::MAX).object(|reader, name| {
        let name = name.resolve().into_owned();
        let value = reader.span()?;
        let start = text[..value.start].rfind(':').map_or(value.start, |colon| colon + 1);
        members.push((name, object[start..value.place().end].to_vec()));
        Ok::<_, ProtocolError>(())
    })?;
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::super::by_name::ByName;
    use super::{Arguments, ArrayWriter, Dialect, Loose, ObjectWriter};
    use crate::{args, kwargs};

    fn loose() -> Loose {
        let arguments = ByName { args: args![1, [2, 3]], kwargs: kwargs! { d: "a:,}", c: () } };
        Loose::of(Dialect::JsonRpc, &arguments).unwrap()
    }

    fn named(names: &[&str]) -> Result<String, String> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let mut out = b"{".to_vec();
        let written = loose().named(names).write_named(&mut ObjectWriter::new(&mut out));
        written.map(|()| String::from_utf8(out).unwrap() + "}").map_err(|error| error.to_string())
    }

    fn in_order(names: &[&str]) -> Result<String, String> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let mut out = b"[".to_vec();
        let written = loose().named(names).write_in_order(&mut ArrayWriter::new(&mut out));
        written.map(|()| String::from_utf8(out).unwrap() + "]").map_err(|error| error.to_string())
    }

    #[test]
    fn arguments_take_the_names_or_the_order_of_the_parameters() {
        let folded = r#"{"a":1,"b":[2,3],"d":"a:,}","c":null}"#;
        assert_eq!(named(&["a", "b", "c", "d"]).unwrap(), folded);
        // What other keywords there are, the other side may know.
        assert_eq!(named(&["a", "b"]).unwrap(), folded);
        assert_eq!(in_order(&["a", "b", "c", "d", "e"]).unwrap(), r#"[1,[2,3],null,"a:,}"]"#);
        assert_eq!(in_order(&["a", "b", "d", "c"]).unwrap(), r#"[1,[2,3],"a:,}",null]"#);
    }

    #[test]
    fn what_cannot_be_folded_is_named() {
        let twice = "argument `c` is given twice, by position and by name";
        assert_eq!(named(&["a", "c"]).unwrap_err(), twice);
        assert_eq!(in_order(&["c", "a"]).unwrap_err(), twice);
        assert!(named(&["a"]).unwrap_err().contains("has names for 1"));
        assert!(in_order(&["a", "b", "c"]).unwrap_err().contains("no parameter `d`"));
        let gap = in_order(&["a", "b", "x", "c", "d"]).unwrap_err();
        assert!(gap.contains("`x`") && gap.contains("`c`"), "{gap}");
    }
}
