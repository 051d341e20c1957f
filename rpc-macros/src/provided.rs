//! Recognises the parameters that the server provides: the call's context, and shared state.

use quote::ToTokens;
use syn::{GenericArgument, PatType, Type};

use crate::mistakes::Mistakes;
use crate::parameter;
use crate::types;

/// What a parameter is given without the caller's knowing of it.
pub(crate) enum Provided {
    /// The call's context, lent, by the name that is written.
    Context { written: Box<Type> },
    /// The shared state of a type, lent or not, by the name that is written.
    State { ty: Box<Type>, is_lent: bool, written: Box<Type> },
}

impl Provided {
    /// Recognises a parameter by its type; `None` for one whose argument callers give.
    pub(crate) fn read(input: &PatType, mistakes: &mut Mistakes) -> Option<Self> {
        let provided = Self::of(&input.ty, mistakes)?;
        for attribute in input.attrs.iter().filter(|attribute| parameter::is_own(attribute)) {
            mistakes.at(attribute, "the server provides this parameter: no caller can give it");
        }
        Some(provided)
    }

    fn of(ty: &Type, mistakes: &mut Mistakes) -> Option<Self> {
        let ty = types::bare(ty);
        let (referent, reference) = match ty {
            Type::Reference(reference) => (types::bare(&reference.elem), Some(reference)),
            ty => (ty, None),
        };
        if types::arguments_of(referent, "CallContext").is_some_and(|none| none.is_empty()) {
            match reference {
                Some(reference) if reference.mutability.is_none() => {}
                _ => mistakes.at(
                    ty,
                    "the call's context is lent: write `&CallContext`; a type of your own needs \
                     another name, by an alias or `use … as …`",
                ),
            }
            return Some(Self::Context { written: Box::new(referent.clone()) });
        }
        match types::arguments_of(referent, "State")?.as_slice() {
            [GenericArgument::Type(state)] => {
                if let Type::TraitObject(_) = types::bare(state) {
                    let state = state.to_token_stream();
                    let advice = format!(
                        "shared state is found by its type, which must have a size: write \
                         `State<Arc<{state}>>`, and share an `Arc<{state}>`",
                    );
                    mistakes.at(ty, advice);
                }
                Some(Self::State {
                    ty: Box::new(state.clone()),
                    is_lent: reference.is_some(),
                    written: Box::new(referent.clone()),
                })
            }
            _ => None,
        }
    }
}
