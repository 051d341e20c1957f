//! Names the types of XML-RPC that Rust types travel as there, for those who ask for signatures.

use super::{ParameterKind, Signature};

/// What stands for a type that is not known.
const UNDEFINED: &str = "undef";

/// The types of the result and the arguments, once for each number of arguments that can be given by
/// position; `None` where any number can.
pub(super) fn signatures(signature: &Signature) -> Option<Vec<Vec<&'static str>>> {
    let parameters = signature.parameters();
    if parameters.iter().any(|parameter| parameter.kind == ParameterKind::Args) {
        return None;
    }
    let types: Vec<_> = [signature.result()]
        .into_iter()
        .chain(parameters[..signature.positions].iter().map(|parameter| parameter.ty))
        .map(type_of)
        .collect();
    let is_required = |kind| kind == ParameterKind::Required;
    let fewest = parameters.iter().rposition(|parameter| is_required(parameter.kind));
    let fewest = fewest.map_or(0, |last| last + 1);
    Some((fewest..types.len()).map(|arguments| types[..=arguments].to_vec()).collect())
}

/// The type of XML-RPC that values of a Rust type travel as, by the type's text.
fn type_of(rust: &str) -> &'static str {
    let rust = without_reference(rust);
    if rust.starts_with('[') {
        return if is_slice_of_bytes(rust) { "base64" } else { "array" };
    }
    match rust {
        "()" => return "nil",
        _ if rust.starts_with('(') => return "array",
        _ => {}
    }
    let (path, generics) = rust.split_once('<').unwrap_or((rust, ""));
    let generics = generics.strip_suffix('>').unwrap_or(generics);
    match path.rsplit("::").next().unwrap_or(path).trim() {
        "Vec" if generics.trim() == "u8" => "base64",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128"
        | "usize" => "int",
        "bool" => "boolean",
        "f32" | "f64" => "double",
        "str" | "String" | "char" | "Text" => "string",
        "Bytes" => "base64",
        "DateTime" => "dateTime.iso8601",
        "Vec" | "VecDeque" | "LinkedList" | "HashSet" | "BTreeSet" => "array",
        "HashMap" | "BTreeMap" | "Map" => "struct",
        "Option" | "Result" if !generics.is_empty() => type_of(first_type(generics)),
        "Box" | "Cow" if is_slice_of_bytes(first_type(generics)) => "base64",
        "Box" | "Rc" | "Arc" | "Cow" if !generics.is_empty() => {
            // Bytes further inside are numbers, but for those that have a type of their own.
            match type_of(first_type(generics)) {
                "base64" if !generics.contains("Bytes") => "array",
                of => of,
            }
        }
        _ => UNDEFINED,
    }
}

fn is_slice_of_bytes(rust: &str) -> bool {
    rust.trim()
        .trim_start_matches('[')
        .trim_start()
        .strip_prefix("u8")
        .is_some_and(|rest| rest == "]")
}

/// A type without `&`, lifetime and `mut` before it.
fn without_reference(mut rust: &str) -> &str {
    rust = rust.trim();
    while let Some(rest) = rust.strip_prefix('&') {
        rust = rest.trim_start();
        if rust.starts_with('\'') {
            rust = rust.split_once(' ').map_or("", |(_, rest)| rest).trim_start();
        }
    }
    rust
}

/// The first of several generic arguments that is a type.
fn first_type(generics: &str) -> &str {
    let mut depth = 0_i32;
    let mut arguments = generics.split(|c| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    arguments.find(|argument| !argument.trim().starts_with('\'')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::type_of;

    #[test]
    fn types_are_told_by_their_text() {
        for (rust, xml) in [
            ("i64", "int"),
            ("core::primitive::u8", "int"),
            ("bool", "boolean"),
            ("f32", "double"),
            ("&str", "string"),
            ("&'static str", "string"),
            ("std::string::String", "string"),
            ("Cow<'_, str>", "string"),
            ("Option<&'a str>", "string"),
            ("&[u8]", "base64"),
            ("Bytes<'static>", "base64"),
            ("rpc_core::types::DateTime", "dateTime.iso8601"),
            ("&[i64]", "array"),
            ("[u8; 4]", "array"),
            ("Vec<u8>", "base64"),
            ("alloc::vec::Vec<u8>", "base64"),
            ("Result<Option<Vec<u8>>, Broke>", "base64"),
            ("Vec<Vec<u8>>", "array"),
            ("(i64, String)", "array"),
            ("HashMap<String, Vec<u8>>", "struct"),
            ("serde_json::Map<String, Value>", "struct"),
            ("Result<Option<Vec<i64>>, Broke>", "array"),
            ("Box<[u8]>", "base64"),
            ("Option<Cow<'static, [u8]>>", "base64"),
            ("Box<Vec<u8>>", "array"),
            ("Arc<[u8]>", "array"),
            ("Box<Option<Vec<u8>>>", "array"),
            ("Box<Bytes<'static>>", "base64"),
            ("()", "nil"),
            ("Account", "undef"),
            ("", "undef"),
        ] {
            assert_eq!(type_of(rust), xml, "{rust}");
        }
    }
}
