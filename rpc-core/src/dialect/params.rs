//! The arguments of a call in dialects that take them by position or by name, but not both.

use crate::protocol::{ArgumentError, Arguments, ArrayWriter, ObjectWriter};

/// What has been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// `[]`: there are no arguments.
    None,
    /// An array with so many.
    Positional(usize),
    /// An object.
    Named,
}

/// Appends the arguments as an array or, as soon as one of them is given by name, as an object.
pub(super) fn write_params(
    out: &mut Vec<u8>,
    arguments: &impl Arguments,
) -> Result<Written, ArgumentError> {
    let start = out.len();
    if arguments.are_better_named() {
        return write_named(out, arguments);
    }
    out.push(b'[');
    let mut array = ArrayWriter::new(out);
    arguments.write_positional(&mut array)?;
    let positional = array.count();
    out.push(b']');

    let middle = out.len();
    out.push(b'{');
    let mut object = ObjectWriter::new(out);
    arguments.write_keyword(&mut object)?;
    let keyword = object.count();
    out.push(b'}');

    if keyword == 0 {
        out.truncate(middle);
        return Ok(if positional == 0 { Written::None } else { Written::Positional(positional) });
    }
    if positional == 0 {
        out.drain(start..middle);
    } else {
        out.truncate(start);
        return write_named(out, arguments);
    }
    Ok(Written::Named)
}

fn write_named(out: &mut Vec<u8>, arguments: &impl Arguments) -> Result<Written, ArgumentError> {
    out.push(b'{');
    arguments.write_named(&mut ObjectWriter::new(out))?;
    out.push(b'}');
    Ok(Written::Named)
}
