//! The elements of XML-RPC, by name.

use std::fmt;

/// An element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    MethodCall,
    MethodName,
    MethodResponse,
    Fault,
    Params,
    Param,
    Value,
    Data,
    Member,
    Name,
    Type(Type),
}

/// An element that says of which type a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A whole number between these.
    Int {
        least: i64,
        greatest: i64,
    },
    Boolean,
    String,
    Double,
    DateTime,
    Base64,
    Nil,
    Array,
    Struct,
}

/// Types of whole numbers, by how many bits they have.
const INT_8: Type = Type::Int { least: i8::MIN as i64, greatest: i8::MAX as i64 };
const INT_16: Type = Type::Int { least: i16::MIN as i64, greatest: i16::MAX as i64 };
const INT_32: Type = Type::Int { least: i32::MIN as i64, greatest: i32::MAX as i64 };
const INT_64: Type = Type::Int { least: i64::MIN, greatest: i64::MAX };

impl Type {
    /// Whether the specification does not have it, so that who sends it knows extensions.
    pub(super) fn is_extension(self) -> bool {
        self == Self::Nil || matches!(self, Self::Int { .. } if self != INT_32)
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MethodCall => "`methodCall`",
            Self::MethodName => "`methodName`",
            Self::MethodResponse => "`methodResponse`",
            Self::Fault => "`fault`",
            Self::Params => "`params`",
            Self::Param => "`param`",
            Self::Value => "`value`",
            Self::Data => "`data`",
            Self::Member => "`member`",
            Self::Name => "`name`",
            Self::Type(_) => "a type",
        })
    }
}

impl Element {
    /// The element of a name, whatever prefix it has.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        let local = name.iter().position(|&byte| byte == b':').map_or(0, |colon| colon + 1);
        Some(match &name[local..] {
            b"methodCall" => Self::MethodCall,
            b"methodName" => Self::MethodName,
            b"methodResponse" => Self::MethodResponse,
            b"fault" => Self::Fault,
            b"params" => Self::Params,
            b"param" => Self::Param,
            b"value" => Self::Value,
            b"data" => Self::Data,
            b"member" => Self::Member,
            b"name" => Self::Name,
            b"int" | b"i4" => Self::Type(INT_32),
            b"i8" => Self::Type(INT_64),
            b"i2" => Self::Type(INT_16),
            b"i1" => Self::Type(INT_8),
            b"boolean" => Self::Type(Type::Boolean),
            b"string" => Self::Type(Type::String),
            b"double" | b"float" => Self::Type(Type::Double),
            b"dateTime.iso8601" | b"dateTime" => Self::Type(Type::DateTime),
            b"base64" => Self::Type(Type::Base64),
            b"nil" => Self::Type(Type::Nil),
            b"array" => Self::Type(Type::Array),
            b"struct" => Self::Type(Type::Struct),
            _ => return None,
        })
    }
}
