//! Arguments that outlive their caller, as text.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use crate::protocol::json::{Form, Reader};
use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter, ProtocolError};
use crate::registry::{ParameterKind, Signature};

/// What a server has said of a function's parameters.
pub(super) type Names = Arc<Positions>;

/// The names of a function's parameters that can be given by position.
#[derive(Debug, Clone, Default)]
pub(super) struct Positions {
    /// Those that take one argument each, in order.
    pub(super) singles: Vec<String>,
    /// The one that takes what is left over.
    pub(super) rest: Option<String>,
}

impl Positions {
    fn of(signature: &Signature) -> Self {
        let mut parameters = signature.parameters().iter().peekable();
        let singles = std::iter::from_fn(|| parameters.next_if(|p| p.kind.is_single()));
        let singles = singles.map(|parameter| parameter.name.to_owned()).collect();
        let rest = parameters.next().filter(|parameter| parameter.kind == ParameterKind::Args);
        Self { singles, rest: rest.map(|parameter| parameter.name.to_owned()) }
    }
}

/// The arguments of a call as JSON text, and what is known of the function's parameters.
#[derive(Debug)]
#[allow(unreachable_pub)] // A method that is in reach names it.
pub struct OwnedArguments {
    /// `[1,2]{"c":3}`.
    text: String,
    /// Where the object begins.
    object: usize,
    positional: usize,
    keyword: usize,
    parameters: Parameters,
}

/// What is known of a function's parameters.
#[derive(Debug)]
enum Parameters {
    Unknown,
    Named(Names),
    Of(&'static Signature),
}

impl OwnedArguments {
    /// Writes the arguments of a function whose signature may be known.
    pub(super) fn written(
        arguments: &impl Arguments,
        signature: Option<&'static Signature>,
    ) -> Result<Self, ArgumentError> {
        // As many as most calls take, so that they are allocated once.
        let mut text = Vec::with_capacity(64);
        text.push(b'[');
        let mut array = ArrayWriter::in_form(&mut text, KEPT);
        arguments.write_positional(&mut array)?;
        let positional = array.count();
        text.push(b']');
        let object = text.len();
        text.push(b'{');
        let mut members = ObjectWriter::in_form(&mut text, KEPT);
        arguments.write_keyword(&mut members)?;
        let keyword = members.count();
        text.push(b'}');
        let text =
            String::from_utf8(text).map_err(|error| ArgumentError::new(error.to_string()))?;
        let parameters = signature.map_or(Parameters::Unknown, Parameters::Of);
        Ok(Self { text, object, positional, keyword, parameters })
    }

    /// The same once the names are known.
    pub(super) fn named(self, names: Names) -> Self {
        Self { parameters: Parameters::Named(names), ..self }
    }

    /// The array of those given by position.
    pub(super) fn array(&self) -> Cow<'_, str> {
        plain(self.marked_array())
    }

    /// The object of those given by name.
    pub(super) fn object(&self) -> Cow<'_, str> {
        plain(self.marked_object())
    }

    fn marked_array(&self) -> &str {
        &self.text[..self.object]
    }

    fn marked_object(&self) -> &str {
        &self.text[self.object..]
    }

    /// The parameters that can be given by position.
    fn positions(&self) -> Option<Cow<'_, Positions>> {
        match &self.parameters {
            Parameters::Unknown => None,
            Parameters::Named(names) => Some(Cow::Borrowed(names)),
            Parameters::Of(signature) => Some(Cow::Owned(Positions::of(signature))),
        }
    }

    /// Fails where a parameter is given twice.
    fn check(
        &self,
        positions: &Positions,
        keyword: &[(String, &str)],
    ) -> Result<(), ArgumentError> {
        let Positions { singles, rest } = positions;
        let taken = &singles[..self.positional.min(singles.len())];
        let taken_rest = rest.as_ref().filter(|_| self.positional > singles.len());
        let mut names = HashSet::new();
        if let Some((name, _)) = keyword.iter().find(|(name, _)| !names.insert(name)) {
            return Err(ArgumentError::new(format!("argument `{name}` is given twice, by name")));
        }
        let mut given = keyword.iter().map(|(name, _)| name);
        match given.find(|&name| taken.contains(name) || taken_rest == Some(name)) {
            Some(name) => {
                let problem = format!("argument `{name}` is given twice, by position and by name");
                Err(ArgumentError::new(problem))
            }
            None => Ok(()),
        }
    }

    /// Fails where there are more positions than the function has.
    fn check_count(&self, Positions { singles, rest }: &Positions) -> Result<(), ArgumentError> {
        if self.positional <= singles.len() || rest.is_some() {
            return Ok(());
        }
        Err(ArgumentError::new(format!(
            "{} arguments are given by position, and the function has names for {}",
            self.positional,
            singles.len()
        )))
    }

    /// The texts of what is given by name, in the places behind what is given by position.
    fn behind<'t>(
        &self,
        Positions { singles, rest }: &Positions,
        keyword: &[(String, &'t str)],
    ) -> Result<Vec<&'t str>, ArgumentError> {
        if let Some((other, _)) = keyword.iter().find(|(name, _)| !singles.contains(name)) {
            return Err(match rest {
                Some(rest) => ArgumentError::gap(rest, other),
                None => ArgumentError::has_no_position(other),
            });
        }
        let (mut texts, mut left_out) = (Vec::new(), None);
        for name in singles.iter().skip(self.positional) {
            match (keyword.iter().find(|(given, _)| given == name), left_out) {
                (None, _) => left_out = left_out.or(Some(name)),
                (Some((_, text)), None) => texts.push(*text),
                (Some(_), Some(left_out)) => return Err(ArgumentError::gap(left_out, name)),
            }
        }
        Ok(texts)
    }
}

impl Arguments for OwnedArguments {
    fn write_positional(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        array.texts(&self.text.as_bytes()[1..self.object - 1], self.positional);
        Ok(())
    }

    fn write_keyword(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        object.texts(&self.text.as_bytes()[self.object + 1..self.text.len() - 1], self.keyword);
        Ok(())
    }

    fn write_named(&self, object: &mut ObjectWriter<'_>) -> Result<(), ArgumentError> {
        if self.positional > 0 {
            let positions = self.positions().ok_or_else(ArgumentError::needs_names)?;
            self.check_count(&positions)?;
            self.check(&positions, &split_object(self.marked_object())?)?;
            let positional = split_array(self.marked_array())?;
            let mut by_position = positions.singles.iter().zip(&positional);
            by_position.try_for_each(|(name, text)| object.text(name, text.as_bytes()))?;
            if let (Some(rest), Some(left)) =
                (&positions.rest, positional.get(positions.singles.len()..))
                && !left.is_empty()
            {
                object.text(rest, format!("[{}]", left.join(",")).as_bytes())?;
            }
        }
        self.write_keyword(object)
    }

    fn write_in_order(&self, array: &mut ArrayWriter<'_>) -> Result<(), ArgumentError> {
        if self.keyword == 0 {
            return self.write_positional(array);
        }
        let positions = self.positions().ok_or_else(ArgumentError::needs_names)?;
        self.check_count(&positions)?;
        let keyword = split_object(self.marked_object())?;
        self.check(&positions, &keyword)?;
        match (self.behind(&positions, &keyword), &self.parameters) {
            (Ok(texts), _) => {
                self.write_positional(array)?;
                for text in texts {
                    array.text(text.as_bytes());
                }
            }
            // A server that describes its functions takes keywords as well.
            (Err(_), Parameters::Named(_)) => {
                self.write_positional(array)?;
                array.keywords(self.marked_object().as_bytes());
            }
            (Err(error), _) => return Err(error),
        }
        Ok(())
    }

    fn are_better_named(&self) -> bool {
        self.keyword > 0 && !matches!(self.parameters, Parameters::Unknown)
    }
}

/// What dialects with more types than JSON have other types for is marked; the others pass over the marks.
const KEPT: Form = if cfg!(feature = "xmlrpc") { Form::Marked } else { Form::Plain };

/// The text without marks.
fn plain(marked: &str) -> Cow<'_, str> {
    if marked.contains('\r') { marked.replace(['\r', '\t'], "").into() } else { marked.into() }
}

/// The texts of an array's elements, with the white space before them, which marks some.
pub(super) fn split_array(array: &str) -> Result<Vec<&str>, ArgumentError> {
    let (mut elements, mut end) = (Vec::new(), 1);
    let walked = Reader::new(array, usize::MAX).array(|reader| {
        let element = reader.span()?;
        elements.push(&array[end..element.place().end]);
        // Behind the comma.
        end = element.place().end + 1;
        Ok::<_, ProtocolError>(())
    });
    walked.map_err(|error| ArgumentError::new(error.to_string()))?;
    Ok(elements)
}

/// The names and texts of an object's members.
pub(super) fn split_object(object: &str) -> Result<Vec<(String, &str)>, ArgumentError> {
    let mut members = Vec::new();
    let walked = Reader::new(object, usize::MAX).object(|reader, name| {
        let name = name.resolve().into_owned();
        let value = reader.span()?;
        let start = object[..value.start].rfind(':').map_or(value.start, |colon| colon + 1);
        members.push((name, &object[start..value.place().end]));
        Ok::<_, ProtocolError>(())
    });
    walked.map_err(|error| ArgumentError::new(error.to_string()))?;
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::super::by_name::ByName;
    use super::{Arguments, ArrayWriter, Names, ObjectWriter, OwnedArguments, Positions};
    use crate::{args, kwargs};

    fn owned() -> OwnedArguments {
        let arguments = ByName { args: args![1, [2, 3]], kwargs: kwargs! { d: "a:,}", c: () } };
        OwnedArguments::written(&arguments, None).unwrap()
    }

    fn names(singles: &[&str], rest: Option<&str>) -> Names {
        let singles = singles.iter().map(|&name| name.to_owned()).collect();
        Names::new(Positions { singles, rest: rest.map(str::to_owned) })
    }

    fn named(singles: &[&str]) -> Result<String, String> {
        named_with(singles, None)
    }

    fn named_with(singles: &[&str], rest: Option<&str>) -> Result<String, String> {
        let mut out = b"{".to_vec();
        let written =
            owned().named(names(singles, rest)).write_named(&mut ObjectWriter::new(&mut out));
        written.map(|()| String::from_utf8(out).unwrap() + "}").map_err(|error| error.to_string())
    }

    fn in_order(singles: &[&str]) -> Result<String, String> {
        let mut out = b"[".to_vec();
        let written =
            owned().named(names(singles, None)).write_in_order(&mut ArrayWriter::new(&mut out));
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
    }

    #[test]
    fn what_has_no_position_goes_as_keywords() {
        let keywords = r#"[1,[2,3],{"d":"a:,}","c":null}]"#;
        assert_eq!(in_order(&["a", "b", "c"]).unwrap(), keywords);
        assert_eq!(in_order(&["a", "b", "x", "c", "d"]).unwrap(), keywords);
    }

    #[test]
    fn positions_that_are_left_over_are_an_array_under_their_own_name() {
        let all = named_with(&["a"], Some("rest")).unwrap();
        assert_eq!(all, r#"{"a":1,"rest":[[2,3]],"d":"a:,}","c":null}"#);
        let twice = named_with(&["a"], Some("c")).unwrap_err();
        assert_eq!(twice, "argument `c` is given twice, by position and by name");
    }
}
