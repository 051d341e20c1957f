//! The functions by name.

use std::borrow::Cow;
use std::fmt;

use crate::Misuse;
use crate::protocol::{Call, Fault, code};

use super::bind::shorten;
use super::nearest::nearest;
use super::{
    CallContext, Dispatch, Export, Function, Handler, Progress, Reply, Signature, SignatureOptions,
};

/// Functions by name: the end of every stack of layers.
///
/// ```
/// use rpc_core::FunctionRegistry;
///
/// let mut registry = FunctionRegistry::new();
/// registry.register("scale", |x: f64, factor: f64| x * factor)?;
/// registry.register("upper", |text: String| text.to_uppercase())?;
///
/// let names: Vec<_> = registry.functions().map(|function| function.to_string()).collect();
/// assert_eq!(names, ["scale(f64, f64) -> f64", "upper(alloc::string::String) -> alloc::string::String"]);
/// assert!(registry.register("scale", || ()).is_err());
/// # Ok::<(), rpc_core::Error>(())
/// ```
#[derive(Default)]
pub struct FunctionRegistry {
    /// Ordered by name.
    functions: Vec<Entry>,
    twice: Option<String>,
}

struct Entry {
    signature: Cow<'static, Signature>,
    run: Run,
}

enum Run {
    Exported(Handler),
    Registered(Box<Registered>),
}

type Registered = dyn Fn(&Signature, &Call<'_>, &mut Reply<'_>) -> Result<(), Fault> + Send + Sync;

impl FunctionRegistry {
    /// Starts with no function.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with every function that `#[rpc_export]` stands on, in any crate that is linked.
    ///
    /// A crate that is listed in `Cargo.toml` and never named is not linked; `use functions as _;`
    /// brings it in. Two functions of one name are reported when the server starts.
    pub fn exported() -> Self {
        let mut registry = Self::new();
        for export in inventory::iter::<Export> {
            let signature = Cow::Borrowed(export.signature);
            let entry = Entry { signature, run: Run::Exported(export.handler) };
            if let Err(Misuse::RegisteredTwice { name }) = registry.insert(entry) {
                registry.twice.get_or_insert(name);
            }
        }
        registry
    }

    /// Adds a function or closure under a name.
    ///
    /// # Errors
    ///
    /// [`Misuse::RegisteredTwice`] where the name is taken.
    pub fn register<A, F: Function<A>>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        function: F,
    ) -> Result<&mut Self, Misuse> {
        let signature = Signature {
            name: name.into(),
            reply: None,
            doc: "",
            parameters: Cow::Owned(F::parameters()),
            result: F::result(),
            options: SignatureOptions::default(),
        };
        self.insert(Entry {
            signature: Cow::Owned(signature),
            run: Run::Registered(Box::new(move |signature, call, reply| {
                function.run(signature, call, reply)
            })),
        })?;
        Ok(self)
    }

    /// Lists the functions, ordered by name.
    pub fn functions(&self) -> impl Iterator<Item = &Signature> {
        self.functions.iter().map(|entry| &*entry.signature)
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.functions.binary_search_by(|entry| entry.signature.name().cmp(name))
    }

    fn insert(&mut self, entry: Entry) -> Result<(), Misuse> {
        match self.find(entry.signature.name()) {
            Ok(_) => Err(Misuse::RegisteredTwice { name: entry.signature.name().to_owned() }),
            Err(place) => {
                self.functions.insert(place, entry);
                Ok(())
            }
        }
    }

    #[cold]
    fn not_found(&self, method: &str) -> Fault {
        let advice = if self.functions.is_empty() {
            "; nothing is exported here: a crate that is never named is not linked, `use functions as _;` links it"
                .to_owned()
        } else {
            match nearest(method, self.functions().map(Signature::name)) {
                Some(name) => format!("; did you mean `{name}`?"),
                None => String::new(),
            }
        };
        Fault::new(
            code::METHOD_NOT_FOUND,
            format!("no function `{}` is served here{advice}", shorten(method)),
        )
    }
}

impl Dispatch for FunctionRegistry {
    fn dispatch(
        &self,
        call: &Call<'_>,
        context: &CallContext,
        reply: &mut Reply<'_>,
    ) -> Result<Progress, Fault> {
        let Ok(place) = self.find(call.method()) else {
            return Err(self.not_found(call.method()));
        };
        let entry = &self.functions[place];
        reply.answers(&entry.signature);
        match &entry.run {
            Run::Exported(Handler::Plain(run)) => run(call, context, reply)?,
            Run::Exported(Handler::Async(run)) => return run(call, context).map(Progress::Later),
            Run::Registered(run) => run(&entry.signature, call, reply)?,
        }
        Ok(Progress::Done)
    }

    fn check(&self) -> Result<(), Misuse> {
        match &self.twice {
            Some(name) => Err(Misuse::RegisteredTwice { name: name.clone() }),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for FunctionRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.functions().map(ToString::to_string)).finish()
    }
}
