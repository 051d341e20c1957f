//! Reads the examples of a function: calls of it, and what they come to.

use syn::{BinOp, Expr, ExprAssign, ExprBinary, ExprCall, parse_quote};

use crate::mistakes::Mistakes;
use crate::names;
use crate::parameter::{Parameter, Takes};

/// A call, and what it comes to.
pub(crate) struct Example {
    /// The call as it is written.
    pub(crate) call: ExprCall,
    pub(crate) arguments: Vec<Given>,
    /// What it comes to, if that is said.
    pub(crate) result: Option<Expr>,
}

/// An argument.
pub(crate) struct Given {
    /// The keyword, where it is gathered.
    pub(crate) name: Option<String>,
    /// The parameter that it is for.
    pub(crate) parameter: usize,
    pub(crate) value: Expr,
}

impl Example {
    /// Reads `add(1, c = 2) == 3` as a call of the function `name`.
    pub(crate) fn read(
        written: &Expr,
        name: &str,
        parameters: &[Parameter],
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let (call, result) = match written {
            Expr::Binary(ExprBinary { left, op: BinOp::Eq(_), right, .. }) => {
                (&**left, Some((**right).clone()))
            }
            call => (call, None),
        };
        let Expr::Call(call @ ExprCall { func, args, .. }) = call else {
            mistakes.at(written, format!("an example is a call: `example = {name}(…) == …`"));
            return None;
        };
        if !matches!(&**func, Expr::Path(path) if path.path.is_ident(name)) {
            mistakes.at(func, format!("an example calls the function itself: `{name}(…)`"));
            return None;
        }
        let mut arguments = Vec::new();
        let mut gathered = Gathered::of(parameters);
        for (position, argument) in args.iter().enumerate() {
            let given = match argument {
                Expr::Assign(ExprAssign { left, right, .. }) => by_name(left, right, parameters),
                value if gathered.takes(position) => {
                    gathered.values.push(value.clone());
                    continue;
                }
                value => by_position(position, value, parameters),
            };
            match given {
                Some(given) => arguments.push(given),
                None => mistakes.at(argument, format!("`{name}` has no parameter for this")),
            }
        }
        arguments.extend(gathered.given());
        let is_given = |index| arguments.iter().any(|given| given.parameter == index);
        for (index, parameter) in parameters.iter().enumerate() {
            if parameter.is_required() && !is_given(index) {
                let missing = names::on_the_wire(&parameter.ident);
                mistakes.at(call, format!("argument `{missing}` of `{name}` is missing"));
            }
        }
        Some(Self { call: call.clone(), arguments, result })
    }
}

/// The positions that an `#[args]` parameter takes.
struct Gathered {
    /// Where that parameter stands.
    parameter: Option<usize>,
    values: Vec<Expr>,
}

impl Gathered {
    fn of(parameters: &[Parameter]) -> Self {
        let gathers = |one: &Parameter| matches!(one.takes, Takes::Args(_));
        Self { parameter: parameters.iter().position(gathers), values: Vec::new() }
    }

    fn takes(&self, position: usize) -> bool {
        self.parameter.is_some_and(|parameter| position >= parameter)
    }

    fn given(self) -> Option<Given> {
        let Self { parameter, values } = self;
        let parameter = parameter.filter(|_| !values.is_empty())?;
        Some(Given { name: None, parameter, value: parse_quote!(::std::vec![#(#values),*]) })
    }
}

fn by_position(position: usize, value: &Expr, parameters: &[Parameter]) -> Option<Given> {
    let parameter = parameters.get(position).filter(|parameter| parameter.has_position())?;
    debug_assert!(matches!(parameter.takes, Takes::One));
    Some(Given { name: None, parameter: position, value: value.clone() })
}

fn by_name(keyword: &Expr, value: &Expr, parameters: &[Parameter]) -> Option<Given> {
    let Expr::Path(keyword) = keyword else { return None };
    let keyword = names::on_the_wire(keyword.path.get_ident()?);
    let is_meant =
        |one: &Parameter| !one.has_no_name() && names::on_the_wire(&one.ident) == keyword;
    let named = parameters.iter().position(is_meant);
    let gathers = || parameters.iter().position(Parameter::has_no_name);
    let name = named.is_none().then_some(keyword);
    Some(Given { name, parameter: named.or_else(gathers)?, value: value.clone() })
}
