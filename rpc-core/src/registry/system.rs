//! The functions by which callers ask what there is to call: XML-RPC's introspection, in every
//! dialect.
//!
//! A registry answers them where nobody has registered a function of such a name. They are called
//! through all layers, like any function.

use serde::Serialize;
use serde_json::{Value, json};

use crate::protocol::{Call, Fault};

use super::bind::shorten;
use super::nearest::nearest;
use super::xml_types::signatures;
use super::{
    Bound, FunctionRegistry, Parameter, ParameterKind, Reply, Signature, SignatureOptions,
};

/// A function that every registry has.
#[derive(Debug, Clone, Copy)]
enum System {
    Describe,
    GetCapabilities,
    ListMethods,
    MethodHelp,
    MethodSignature,
    Multicall,
}

/// The function that runs several calls, each through all layers.
pub(crate) const MULTICALL: &str = "system.multicall";

const NAME: &[Parameter] =
    &[Parameter { name: "name", ty: "String", kind: ParameterKind::Required, doc: "" }];
const OPTIONAL_NAME: &[Parameter] =
    &[Parameter { name: "name", ty: "Option<String>", kind: ParameterKind::Optional, doc: "" }];
const CALLS: &[Parameter] =
    &[Parameter { name: "calls", ty: "Vec<Call>", kind: ParameterKind::Required, doc: "" }];

/// Ordered by name.
static SYSTEM: [(Signature, System); 6] = [
    (
        signature(
            "system.describe",
            "Describes a function, or every function: its documentation, and the names, types and \
             defaults of its parameters.",
            OPTIONAL_NAME,
            "Value",
        ),
        System::Describe,
    ),
    (
        signature(
            "system.getCapabilities",
            "Says which specifications this server follows, and in which version.",
            &[],
            "HashMap<String, Capability>",
        ),
        System::GetCapabilities,
    ),
    (
        signature("system.listMethods", "Lists the names that can be called.", &[], "Vec<String>"),
        System::ListMethods,
    ),
    (
        signature(
            "system.methodHelp",
            "Says how a function is called and what its documentation is.",
            NAME,
            "String",
        ),
        System::MethodHelp,
    ),
    (
        signature(
            "system.methodSignature",
            "Lists the signatures of a function in types of XML-RPC, that of the result first; `undef` \
             where it takes any number of arguments.",
            NAME,
            "Vec<Vec<String>>",
        ),
        System::MethodSignature,
    ),
    (
        signature(
            MULTICALL,
            "Runs several calls, each given as `methodName` and `params`, and returns for each an \
             array with its result, or a struct with `faultCode` and `faultString`.",
            CALLS,
            "Vec<Value>",
        ),
        System::Multicall,
    ),
];

const fn signature(
    name: &'static str,
    doc: &'static str,
    parameters: &'static [Parameter],
    result: &'static str,
) -> Signature {
    let options = SignatureOptions { idempotent: false, blocking: false, is_async: false };
    Signature::of(name, None, doc, parameters, result, options)
}

impl FunctionRegistry {
    /// Answers a call for which nobody has registered a function.
    #[cold]
    pub(super) fn answer_system(
        &self,
        call: &Call<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Fault> {
        let found = SYSTEM.iter().find(|(signature, _)| signature.name() == call.method());
        let Some((signature, system)) = found else {
            return Err(self.not_found(call.method()));
        };
        let mut bound = Bound::new(signature, call);
        bound.bind(signature, call)?;
        let name = || {
            let name = bound.optional::<String>(0).ok_or_else(|| bound.fault())?;
            name.map(|name| self.known(&name)).transpose()
        };
        let required = || name()?.ok_or_else(|| Fault::invalid_params("a name is needed"));
        match system {
            System::Multicall => {
                return Err(Fault::invalid_request(
                    "calls within a process are made one by one, without `system.multicall`",
                ));
            }
            System::GetCapabilities => reply.send(&capabilities())?,
            System::ListMethods => reply.send(&self.names().collect::<Vec<_>>())?,
            System::MethodHelp => reply.send(&help(required()?))?,
            System::MethodSignature => match signatures(required()?) {
                Some(signatures) => reply.send(&signatures)?,
                None => reply.send("undef")?,
            },
            System::Describe => match name()? {
                Some(signature) => reply.send(&Description::of(signature))?,
                None => {
                    reply.send(&self.functions().map(Description::of).collect::<Vec<_>>())?;
                }
            },
        }
        Ok(())
    }

    /// Checks the arguments of `system.multicall`, whose calls are run by whoever reads messages;
    /// `None` where a function of that name has been added.
    pub(crate) fn check_multicall(&self, call: &Call<'_>) -> Option<Result<(), Fault>> {
        if self.signature(call.method()).is_some() {
            return None;
        }
        let (signature, _) = SYSTEM.iter().find(|(signature, _)| signature.name() == MULTICALL)?;
        Some(Bound::new(signature, call).bind(signature, call))
    }

    /// The names that can be called, ordered.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let system = SYSTEM.iter().map(|(signature, _)| signature.name());
        let mut names: Vec<_> = self.functions().map(Signature::name).chain(system).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }

    /// Suggests what a wrong name was probably meant to be.
    pub(super) fn advice(&self, wrong: &str) -> Option<String> {
        let system = SYSTEM.iter().map(|(signature, _)| signature.name());
        nearest(wrong, system.chain(self.unordered()))
            .map(|name| format!("; did you mean `{name}`?"))
    }

    /// The signature of the function that answers to a name.
    fn known(&self, name: &str) -> Result<&Signature, Fault> {
        let mut system = SYSTEM.iter().map(|(signature, _)| signature);
        let system = || system.find(|signature| signature.name() == name);
        self.signature(name).or_else(system).ok_or_else(|| {
            let (name, advice) = (shorten(name), self.advice(name).unwrap_or_default());
            Fault::invalid_params(format!("no function `{name}` is served here{advice}"))
        })
    }
}

fn help(signature: &Signature) -> String {
    let mut help = signature.to_string();
    if !signature.doc().is_empty() {
        help.push_str("\n\n");
        help.push_str(signature.doc());
    }
    let mut space = "\n\n";
    for Parameter { name, doc, .. } in signature.parameters().iter().filter(|p| !p.doc.is_empty()) {
        help.extend([space, name, ": ", doc]);
        space = "\n";
    }
    help
}

fn capabilities() -> Value {
    let mut capabilities = json!({
        "introspection": {
            "specUrl": "http://phpxmlrpc.sourceforge.net/doc-2/ch10.html",
            "specVersion": 2,
        },
        "json-rpc": { "specUrl": "https://www.jsonrpc.org/specification", "specVersion": 2 },
        "system.multicall": {
            "specUrl": "http://www.xmlrpc.com/discuss/msgReader$1208",
            "specVersion": 1,
        },
        "faults_interop": {
            "specUrl": "http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php",
            "specVersion": 20_010_516,
        },
    });
    if cfg!(feature = "xmlrpc") {
        capabilities["xmlrpc"] =
            json!({ "specUrl": "http://xmlrpc.com/spec.md", "specVersion": 1 });
        capabilities["nil"] = json!({
            "specUrl": "http://www.ontosys.com/xml-rpc/extensions.php",
            "specVersion": 20_010_518,
        });
    }
    capabilities
}

/// A function as `system.describe` tells of it.
#[derive(Serialize)]
struct Description<'s> {
    name: &'s str,
    doc: &'s str,
    parameters: Vec<ParameterDescription>,
    result: &'s str,
}

#[derive(Serialize)]
struct ParameterDescription {
    name: &'static str,
    #[serde(rename = "type")]
    ty: &'static str,
    kind: &'static str,
    /// How a variadic parameter is given where a call has names alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    doc: &'static str,
}

impl<'s> Description<'s> {
    fn of(signature: &'s Signature) -> Self {
        Self {
            name: signature.name(),
            doc: signature.doc(),
            parameters: signature.parameters().iter().map(ParameterDescription::of).collect(),
            result: signature.result(),
        }
    }
}

impl ParameterDescription {
    fn of(parameter: &Parameter) -> Self {
        let (kind, default) = match parameter.kind {
            ParameterKind::Required => ("required", None),
            ParameterKind::Default(default) => ("default", Some(default)),
            ParameterKind::Optional => ("optional", None),
            ParameterKind::Args => ("args", None),
            ParameterKind::Kwargs => ("kwargs", None),
        };
        let by_name = match parameter.kind {
            ParameterKind::Args => Some("array"),
            ParameterKind::Kwargs => Some("members"),
            _ => None,
        };
        let Parameter { name, ty, doc, .. } = *parameter;
        Self { name, ty, kind, by_name, default, doc }
    }
}
