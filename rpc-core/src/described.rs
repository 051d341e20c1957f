//! The macros that have functions described: a user's for closures, and those that generated code calls, which
//! drop what they are given where the library has no schemas.

/// Gives a closure that is registered by hand names and documentation, and has its types described as those of
/// an exported function are.
///
/// ```
/// use rpc_core::{FunctionRegistry, Stub, args, described, kwargs};
///
/// let mut registry = FunctionRegistry::new();
/// let scale = described!(
///     /// Scales a number.
///     |x: f64, /** By how much. */ factor: f64| -> f64 { x * factor }
/// );
/// registry.register("scale", scale)?;
///
/// let scaled: f64 = registry.call("scale", args![2.0], kwargs! { factor: 1.5 })?;
/// assert_eq!(scaled, 3.0);
/// assert_eq!(registry.functions().next().unwrap().to_string(), "scale(x: f64, factor: f64) -> f64");
/// # Ok::<(), rpc_core::Error>(())
/// ```
///
/// It has the type of its result written out, and takes what it uses from around it by `move`.
#[macro_export]
macro_rules! described {
    ($(#[doc = $doc:literal])* move || -> $result:ty $body:block) => {
        $crate::described!(@ move [$($doc)*] [] $result, $body)
    };
    ($(#[doc = $doc:literal])* || -> $result:ty $body:block) => {
        $crate::described!(@ [$($doc)*] [] $result, $body)
    };
    (
        $(#[doc = $doc:literal])*
        move |$($(#[doc = $about:literal])* $name:ident: $ty:ty),* $(,)?| -> $result:ty $body:block
    ) => {
        $crate::described!(@ move [$($doc)*] [$([$($about)*] $name $ty,)*] $result, $body)
    };
    (
        $(#[doc = $doc:literal])*
        |$($(#[doc = $about:literal])* $name:ident: $ty:ty),* $(,)?| -> $result:ty $body:block
    ) => {
        $crate::described!(@ [$($doc)*] [$([$($about)*] $name $ty,)*] $result, $body)
    };
    (
        @ $($move:ident)? [$($doc:literal)*] [$([$($about:literal)*] $name:ident $ty:ty,)*] $result:ty, $body:block
    ) => {{
        use $crate::__private1 as __rpc;
        const WRITTEN: __rpc::Written = __rpc::Written {
            doc: ::core::concat!($($doc, "\n"),*).trim_ascii(),
            parameters: &[$(__rpc::Parameter {
                name: ::core::stringify!($name),
                ty: ::core::stringify!($ty),
                kind: __rpc::ParameterKind::Required,
                doc: ::core::concat!($($about, "\n"),*).trim_ascii(),
            }),*],
            result: ::core::stringify!($result),
            described: __rpc::described! {
                parameters: &[$(__rpc::DescribedParameter {
                    schema: __rpc::schema_of!($ty),
                    default: ::core::option::Option::None,
                }),*],
                result: __rpc::schema_of!(<$result as __rpc::Returned<{
                    use __rpc::Otherwise as _;
                    __rpc::Probe::<$result>::RETURNS
                }>>::Ok),
                error: __rpc::error_of!(<$result as __rpc::Returned<{
                    use __rpc::Otherwise as _;
                    __rpc::Probe::<$result>::RETURNS
                }>>::Err),
                examples: &[],
            },
        };
        __rpc::DescribedClosure { function: $($move)? |$($name: $ty),*| -> $result { $body }, written: WRITTEN }
    }};
}

#[doc(hidden)]
#[cfg(not(feature = "schema"))]
#[macro_export]
macro_rules! __described {
    ($($table:tt)*) => {
        $crate::__private1::Described
    };
}

/// Writes what is known of a type.
#[doc(hidden)]
#[cfg(feature = "schema")]
#[macro_export]
macro_rules! __schema_of {
    ($ty:ty) => {
        $crate::__private1::SchemaOf {
            name: ::core::stringify!($ty),
            whole: {
                use $crate::__private1::NoSchema as _;
                $crate::__private1::SchemaProbe::<$ty>::SCHEMA
            },
            shape: {
                use $crate::__private1::NoBytes as _;
                if $crate::__private1::BytesProbe::<$ty>::IS_BYTES {
                    $crate::__private1::Shape::Bytes
                } else {
                    $crate::__private1::Shape::Unknown
                }
            },
        }
    };
}

/// Writes what is known of the type of an error, if anything is.
#[doc(hidden)]
#[cfg(feature = "schema")]
#[macro_export]
macro_rules! __error_of {
    ($ty:ty) => {{
        use $crate::__private1::NoSchema as _;
        match $crate::__private1::SchemaProbe::<$ty>::SCHEMA {
            ::core::option::Option::Some(_) => {
                ::core::option::Option::Some($crate::__schema_of!($ty))
            }
            ::core::option::Option::None => ::core::option::Option::None,
        }
    }};
}

#[doc(hidden)]
#[cfg(feature = "schema")]
#[macro_export]
macro_rules! __described {
    ($($table:tt)*) => {
        $crate::__private1::Described { table: &$crate::__private1::Table { $($table)* } }
    };
}
