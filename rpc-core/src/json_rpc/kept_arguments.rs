//! Which arguments whoever is told of calls is shown, and in what form.

use std::collections::BTreeSet;

use crate::error::Misuse;
use crate::protocol::json::{Kind, Reader};
use crate::protocol::{Call, Limits, ProtocolError};
use crate::registry::{FunctionRegistry, Parameter, ParameterKind, Signature};

/// The functions whose arguments [`on_call`](crate::TcpServer::on_call) is shown, and what of them it is not.
///
/// Of a call that was [refused](crate::server::FinishedCall::may_have_run) none is shown: nobody has looked whether they fit,
/// and one may be a secret in the place of another.
///
/// ```
/// use rpc_core::server::KeptArguments;
///
/// let kept = KeptArguments::of(["withdraw", "deposit"]).withhold(["pin"]).max_bytes(16 << 10);
/// ```
#[derive(Debug, Clone)]
pub struct KeptArguments {
    functions: BTreeSet<String>,
    withheld: Vec<String>,
    withheld_within: Vec<String>,
    max_bytes: usize,
}

/// What stands in the place of a value that is withheld.
const WITHHELD: &str = "\"withheld\"";

impl KeptArguments {
    /// Keeps the arguments of these functions, by the names that they are called by, and of no others.
    pub fn of<N: Into<String>>(functions: impl IntoIterator<Item = N>) -> Self {
        let functions = functions.into_iter().map(Into::into).collect();
        Self { functions, withheld: Vec::new(), withheld_within: Vec::new(), max_bytes: 4096 }
    }

    /// Withholds the parameters of these names, in whatever form they are given, and the members of these names in objects
    /// at any depth: `"withheld"` stands in their place. Case makes no difference. A server does not start where none of the
    /// functions has a parameter of such a name, and all of their parameters have names.
    #[must_use]
    pub fn withhold<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.withheld.extend(names.into_iter().map(Into::into));
        self
    }

    /// Withholds what has these names within parameters, as members of objects at any depth. Nothing says which names there
    /// are, so look at a record.
    #[must_use]
    pub fn withhold_within<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.withheld_within.extend(names.into_iter().map(Into::into));
        self
    }

    /// Keeps at most so many bytes of a call; 4 KiB by default. Behind what is cut off stands `…`.
    #[must_use]
    pub fn max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Says which function or parameter there is none of.
    pub(super) fn check(&self, registry: Option<&FunctionRegistry>) -> Result<(), Misuse> {
        let Some(registry) = registry else { return Ok(()) };
        let mut parameters: Vec<&Parameter> = Vec::new();
        for name in &self.functions {
            let Some(signature) = registry.signature(name) else {
                return Err(Misuse::KeptArguments { function: name.clone() });
            };
            parameters.extend(signature.parameters());
        }
        let may_be = |name: &String| {
            parameters.iter().any(|parameter| {
                let is_any = parameter.name.is_empty() || parameter.kind == ParameterKind::Kwargs;
                is_any || parameter.name.eq_ignore_ascii_case(name)
            })
        };
        match self.withheld.iter().find(|name| !may_be(name)) {
            Some(name) => Err(Misuse::Withheld { parameter: name.clone() }),
            None => Ok(()),
        }
    }

    /// The arguments of a call, where they are kept.
    pub(super) fn of_call(
        &self,
        call: &Call<'_>,
        registry: Option<&FunctionRegistry>,
    ) -> Option<Box<str>> {
        if !self.functions.contains(call.method()) {
            return None;
        }
        let signature = registry.and_then(|registry| registry.signature(call.method()));
        let mut shown = Shown { kept: self, text: String::new(), is_cut: false };
        shown.arguments(call, signature);
        Some(shown.text.into())
    }

    fn withholds_any(&self) -> bool {
        !self.withheld.is_empty() || !self.withheld_within.is_empty()
    }

    fn withholds(&self, name: &str) -> bool {
        let mut withheld = self.withheld.iter().chain(&self.withheld_within);
        withheld.any(|withheld| withheld.eq_ignore_ascii_case(name))
    }
}

/// The text of arguments, as far as it has been put together.
struct Shown<'k> {
    kept: &'k KeptArguments,
    text: String,
    is_cut: bool,
}

impl Shown<'_> {
    fn arguments(&mut self, call: &Call<'_>, signature: Option<&Signature>) {
        let parameters = signature.map(Signature::parameters).unwrap_or_default();
        let of_kind = |kind| parameters.iter().find(|parameter| parameter.kind == kind);
        let (args, kwargs) = (of_kind(ParameterKind::Args), of_kind(ParameterKind::Kwargs));
        let positions = &parameters[..signature.map_or(0, |signature| signature.positions)];
        // What belongs to no parameter may be anything, also a secret whose name has been mistaken.
        let is_foreign = signature.is_some();
        self.push("{");
        let mut values = call.positional().iter().enumerate();
        for (index, value) in values.by_ref().take(positions.len()) {
            let number = (index + 1).to_string();
            let name = positions.get(index).map(|parameter| parameter.name);
            self.member(name.filter(|name| !name.is_empty()).unwrap_or(&number), value, false);
        }
        match args {
            Some(args) if call.positional().len() > positions.len() => {
                let rest: Vec<_> = values.map(|(_, value)| value).collect();
                self.member(args.name, &format!("[{}]", rest.join(",")), false);
            }
            _ => {
                for (index, value) in values {
                    let is_withheld = is_foreign || self.kept.withholds_any();
                    self.member(&(index + 1).to_string(), value, is_withheld);
                }
            }
        }
        for (name, value) in call.keyword().iter() {
            let is_known = parameters
                .iter()
                .any(|parameter| parameter.name == name && parameter.kind != ParameterKind::Kwargs);
            let is_withheld = !is_known
                && match kwargs {
                    Some(kwargs) => self.kept.withholds(kwargs.name),
                    None => is_foreign,
                };
            self.member(&name, value, is_withheld);
        }
        self.push("}");
    }

    /// Appends a member, its value in JSON.
    fn member(&mut self, name: &str, value: &str, is_withheld: bool) {
        self.name(name);
        if is_withheld || self.kept.withholds(name) {
            self.push(WITHHELD);
        } else {
            // It has been read before; what is not read to its end here has been cut.
            let _ = self.value(&mut Reader::new(value, Limits::MAX_DEPTH));
        }
    }

    /// Appends the value that comes next, without what stands between its tokens.
    fn value(&mut self, reader: &mut Reader<'_>) -> Result<(), ProtocolError> {
        if self.is_cut {
            return Err(ProtocolError::Truncated);
        }
        match reader.kind()? {
            Kind::Object => {
                self.push("{");
                reader.object(|reader, name| {
                    let name = name.resolve();
                    self.name(&name);
                    if self.kept.withholds(&name) {
                        self.push(WITHHELD);
                        return reader.value().map(drop);
                    }
                    self.value(reader)
                })?;
                self.push("}");
            }
            Kind::Array => {
                self.push("[");
                reader.array(|reader| {
                    self.comma();
                    self.value(reader)
                })?;
                self.push("]");
            }
            _ => self.push(reader.value()?),
        }
        Ok(())
    }

    fn name(&mut self, name: &str) {
        self.comma();
        // A text always has a JSON form.
        self.push(&serde_json::to_string(name).unwrap_or_default());
        self.push(":");
    }

    fn comma(&mut self) {
        if !self.text.ends_with(['{', '[']) {
            self.push(",");
        }
    }

    fn push(&mut self, text: &str) {
        if self.is_cut {
            return;
        }
        let room = self.kept.max_bytes.saturating_sub(self.text.len());
        if text.len() <= room {
            return self.text.push_str(text);
        }
        let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        self.text.push_str(&text[..end]);
        self.text.push('…');
        self.is_cut = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> FunctionRegistry {
        let mut registry = FunctionRegistry::new();
        registry.register("plain", |_: i64, _: String| ()).unwrap();
        registry
    }

    fn shown(kept: &KeptArguments, method: &str, args: &str, kwargs: &str) -> Option<String> {
        let call = Call::new(method, args, kwargs).unwrap();
        kept.of_call(&call, Some(&registry())).map(Into::into)
    }

    #[test]
    fn a_secret_is_left_out_at_any_depth_and_white_space_too() {
        let kept = KeptArguments::of(["plain", "gone"]).withhold(["password"]);
        let args = "[ 1 ,\n{\"a\": [ {\"pass\\u0077ord\" : \"s3cret\", \"b\":\"{\"} ] } ]";
        let expected = r#"{"1":1,"2":{"a":[{"password":"withheld","b":"{"}]}}"#;
        assert_eq!(shown(&kept, "plain", args, "{}").as_deref(), Some(expected));
        // Nothing is known of the function's parameters: any of them may be the secret.
        let shown_of = |args, kwargs| shown(&kept, "gone", args, kwargs).unwrap();
        assert_eq!(
            shown_of("[1]", r#"{"PASSWORD":1,"b":2}"#),
            r#"{"1":"withheld","PASSWORD":"withheld","b":2}"#
        );
        assert_eq!(shown(&kept, "other", "[1]", "{}"), None);
    }

    #[test]
    fn what_belongs_to_no_parameter_is_withheld() {
        let kept = KeptArguments::of(["plain"]);
        let expected = r#"{"1":1,"2":"b","3":"withheld","passwrod":"withheld"}"#;
        let shown = shown(&kept, "plain", r#"[1,"b","c"]"#, r#"{"passwrod":1}"#);
        assert_eq!(shown.as_deref(), Some(expected));
    }

    #[test]
    #[allow(unused_imports, reason = "the macro imports for programs what it finds here anyway")]
    fn a_name_that_no_parameter_has_is_a_mistake_where_all_have_names() {
        let mut registry = registry();
        registry
            .register("named", crate::described!(|account: i64, pin: i64| -> i64 { account + pin }))
            .unwrap();
        let check = |kept: KeptArguments| kept.check(Some(&registry));
        let kept = || KeptArguments::of(["named"]);
        assert!(check(kept().withhold(["PIN", "account"]).withhold_within(["pim"])).is_ok());
        let refused = check(kept().withhold(["pim"])).unwrap_err().to_string();
        assert!(refused.starts_with("`pim` is to be withheld"), "{refused}");
        assert!(check(KeptArguments::of(["nmaed"])).is_err());
    }

    #[test]
    fn much_is_cut_with_a_mark() {
        let kept = KeptArguments::of(["plain"]).max_bytes(11);
        let long = shown(&kept, "plain", r#"[1,"ääääääääää"]"#, "{}").unwrap();
        assert_eq!(long, "{\"1\":1,\"2\":…");
        let kept = kept.max_bytes(13);
        let long = shown(&kept, "plain", r#"[1,"ääääääääää"]"#, "{}").unwrap();
        assert_eq!(long, "{\"1\":1,\"2\":\"…");
    }
}
