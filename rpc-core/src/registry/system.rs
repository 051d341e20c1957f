//! The functions by which callers ask what there is to call: XML-RPC's introspection, in every
//! dialect.
//!
//! A registry answers them where nobody has registered a function of such a name. They are called
//! through all layers, like any function.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::protocol::{Call, Fault, code};

use super::stats::{Report, Statistics};
use super::xml_types::signatures;
use super::{
    Bound, CallContext, FunctionRegistry, Parameter, ParameterKind, Reply, Signature,
    SignatureOptions,
};

/// A function that every registry has.
#[derive(Debug, Clone, Copy)]
pub(super) enum System {
    #[cfg(feature = "schema")]
    Discover,
    Describe,
    GetCapabilities,
    ListMethods,
    MethodHelp,
    MethodSignature,
    Multicall,
    Stats,
}

/// The function that runs several calls, each through all layers.
pub(crate) const MULTICALL: &str = "system.multicall";

/// The function that says what has been counted.
pub(super) const STATS: &str = "system.stats";

const NAME: &[Parameter] =
    &[Parameter { name: "name", ty: "String", kind: ParameterKind::Required, doc: "" }];
const OPTIONAL_NAME: &[Parameter] =
    &[Parameter { name: "name", ty: "Option<String>", kind: ParameterKind::Optional, doc: "" }];
const PROCESS: &[Parameter] =
    &[Parameter { name: "process", ty: "Option<u64>", kind: ParameterKind::Optional, doc: "" }];
const CALLS: &[Parameter] =
    &[Parameter { name: "calls", ty: "Vec<Call>", kind: ParameterKind::Required, doc: "" }];

/// What calls are counted as whose names no function has.
pub(super) const OTHER: &str = "_other";

/// Ordered by name.
pub(super) static SYSTEM: &[(Signature, System)] = &[
    #[cfg(feature = "schema")]
    (
        signature(
            "rpc.discover",
            "Describes the service and all its functions, as a document of OpenRPC.",
            &[],
            "Value",
        ),
        System::Discover,
    ),
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
    (
        signature(
            STATS,
            "Says what has been counted, by all processes of this server or by one: calls, errors and \
             times of each function, connections.",
            PROCESS,
            "Stats",
        ),
        System::Stats,
    ),
];

const fn signature(
    name: &'static str,
    doc: &'static str,
    parameters: &'static [Parameter],
    result: &'static str,
) -> Signature {
    Signature::of(name, None, doc, parameters, result, SignatureOptions::NONE)
}

impl FunctionRegistry {
    /// Answers a call for which nobody has registered a function.
    #[cold]
    pub(super) fn answer_system(
        &self,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<(), Fault> {
        self.answer_by(self.system(call.method()), call, context, reply)
    }

    /// Answers a call of a function that is as good as unknown to its caller.
    pub(super) fn answer_unknown(
        &self,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<(), Fault> {
        // It is looked for all the same, so that the answer takes no other time.
        self.answer_by(self.system(call.method()).filter(|_| false), call, context, reply)
    }

    /// The function of a name that every registry has, and its row.
    fn system(&self, name: &str) -> Option<(usize, &'static (Signature, System))> {
        let mut known = (self.functions.len()..).zip(SYSTEM);
        known.find(|(_, (signature, _))| signature.name() == name)
    }

    fn answer_by(
        &self,
        found: Option<(usize, &'static (Signature, System))>,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<(), Fault> {
        let lets = self.lets_ask(context);
        let Some((row, (signature, system))) = found else {
            return Err(self.not_found(call.method(), context));
        };
        reply.begins(u32::try_from(row).unwrap_or(u32::MAX), &self.statistics);
        reply.goes_to(context);
        #[cfg(feature = "mcp")]
        if let (System::ListMethods, Some(asked)) = (system, context.get()) {
            return self.answer_tools(*asked, lets, context, reply);
        }
        // Each call of a `system.multicall` is looked at by itself.
        if !lets && !matches!(system, System::Multicall) {
            let is_hidden = self.hides_denied();
            return Err(if is_hidden {
                self.not_found(call.method(), context)
            } else {
                self.system_refusal(call.method(), context)
            });
        }
        let mut bound = Bound::new(signature, call);
        bound.bind(signature, call)?;
        let name = || {
            let name = bound.optional::<String>(0).ok_or_else(|| bound.fault())?;
            name.map(|name| self.known(&name, context)).transpose()
        };
        let required = || name()?.ok_or_else(|| Fault::invalid_params("a name is needed"));
        match system {
            System::Multicall => {
                return Err(Fault::invalid_request(
                    "calls within a process are made one by one, without `system.multicall`",
                ));
            }
            System::Stats => {
                let process = bound.optional::<u64>(0).ok_or_else(|| bound.fault())?;
                reply.send(&self.report(process, context)?)?;
            }
            System::GetCapabilities => reply.send(&capabilities())?,
            System::ListMethods => reply.send(&self.names(context).collect::<Vec<_>>())?,
            System::MethodHelp => reply.send(&help(required()?))?,
            System::MethodSignature => match signatures(required()?) {
                Some(signatures) => reply.send(&signatures)?,
                None => reply.send("undef")?,
            },
            System::Describe => match name()? {
                Some(signature) => reply.send(&self.described(signature))?,
                None => reply.send_kept(self.answers.described.text(self.view(context), || {
                    let shown = self.ordered().into_iter().filter(|it| self.shows(it, context));
                    shown.map(|entry| self.described(&entry.signature)).collect::<Vec<_>>()
                }))?,
            },
            #[cfg(feature = "schema")]
            System::Discover => reply.send_kept(self.discovered(reply.is_for_xml(), context))?,
        }
        Ok(())
    }

    /// Has calls counted by whoever runs them. `make` makes memory for so many numbers, all 0, which
    /// processes that are made later share where it can.
    ///
    /// # Errors
    ///
    /// Where there is no memory.
    pub(crate) fn count_calls(
        &self,
        make: impl FnOnce(usize) -> io::Result<&'static [AtomicU64]>,
    ) -> io::Result<Arc<Statistics>> {
        if let Some(statistics) = self.statistics.get() {
            return Ok(Arc::clone(statistics));
        }
        let mut names = vec![String::new(); self.functions.len()];
        for entry in &self.functions {
            if let Some(name) = names.get_mut(entry.row as usize) {
                entry.signature.name().clone_into(name);
            }
        }
        names.extend(SYSTEM.iter().map(|(signature, _)| signature.name().to_owned()));
        names.push(OTHER.to_owned());
        let statistics = Arc::new(Statistics::new(names, make)?);
        Ok(Arc::clone(self.statistics.keep(statistics)))
    }

    /// What has been counted.
    fn report(&self, process: Option<u64>, context: &CallContext) -> Result<Report, Fault> {
        let Some(statistics) = self.statistics.get() else {
            return Err(Fault::new(
                code::METHOD_NOT_FOUND,
                "`system.stats` is not served here: nothing is counted unless the server is told to, \
                 by `.stats()`",
            ));
        };
        let report = statistics.report(process).map(|report| {
            let report = report.of_version(self.version());
            report.of_functions(|name| self.shows_counted(name, context))
        });
        report.ok_or_else(|| {
            let process = process.unwrap_or_default();
            Fault::invalid_params(format!(
                "no process {process} counts calls here now; `system.stats` without an argument lists \
                 those that do"
            ))
        })
    }

    /// The version of the API, as the server was told it.
    #[cfg(feature = "schema")]
    fn version(&self) -> Option<String> {
        self.service().told_version().map(str::to_owned)
    }

    #[cfg(not(feature = "schema"))]
    #[allow(clippy::unused_self)]
    fn version(&self) -> Option<String> {
        None
    }

    /// Describes a function, with schemas where they are known.
    #[cfg_attr(not(feature = "schema"), allow(clippy::unused_self, unused_mut))]
    fn described<'s>(&self, signature: &'s Signature) -> Description<'s> {
        let mut description = Description::of(signature);
        #[cfg(feature = "schema")]
        if let Some(schemas) = self.shown_schemas(signature.name()) {
            for (parameter, schema) in description.parameters.iter_mut().zip(schemas.parameters) {
                parameter.schema = Some(schema);
            }
            description.result_schema = Some(schemas.result);
            description.error_schema = schemas.error;
            description.definitions = Some(schemas.definitions).filter(|all| !all.is_empty());
        }
        description
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

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde asks for it.
fn is_not_said(said: &bool) -> bool {
    !said
}

/// A function as `system.describe` tells of it.
#[derive(Serialize)]
#[allow(clippy::struct_excessive_bools)]
struct Description<'s> {
    name: &'s str,
    doc: &'s str,
    parameters: Vec<ParameterDescription>,
    result: &'s str,
    #[serde(skip_serializing_if = "is_not_said")]
    deprecated: bool,
    /// The note of its `#[deprecated]`.
    #[serde(skip_serializing_if = "str::is_empty")]
    deprecation: &'s str,
    /// Whether it answers with any number of items, which come as a stream for who asks for one.
    #[serde(skip_serializing_if = "is_not_said")]
    streams: bool,
    #[serde(skip_serializing_if = "is_not_said")]
    idempotent: bool,
    #[serde(skip_serializing_if = "is_not_said")]
    read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    destructive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_world: Option<bool>,
    /// The permissions of which a caller needs one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allow: Vec<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result_schema: Option<Value>,
    /// That of the data of the function's own error.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_schema: Option<Value>,
    /// The types that schemas refer to.
    #[serde(skip_serializing_if = "Option::is_none")]
    definitions: Option<Map<String, Value>>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
}

impl<'s> Description<'s> {
    fn of(signature: &'s Signature) -> Self {
        Self {
            name: signature.name(),
            doc: signature.doc(),
            parameters: signature.parameters().iter().map(ParameterDescription::of).collect(),
            result: signature.result(),
            deprecated: signature.deprecation().is_some(),
            deprecation: signature.deprecation().unwrap_or_default(),
            streams: signature.is_stream(),
            idempotent: signature.is_idempotent(),
            read_only: signature.is_read_only(),
            destructive: signature.is_destructive(),
            open_world: signature.is_open_world(),
            allow: signature.permissions().collect(),
            result_schema: None,
            error_schema: None,
            definitions: None,
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
        Self { name, ty, kind, by_name, default, doc, schema: None }
    }
}
