//! What is exported and served only once an instance is registered.

use std::any::Any;

use super::{Method, Signature};

/// An exported block or trait, for whoever calls a method that no instance has brought.
#[derive(Debug)]
pub struct Interface {
    /// The type that is registered.
    pub name: &'static str,
    /// Its methods.
    pub methods: &'static [&'static Signature],
}

inventory::collect!(Interface);

/// The methods of a further block of a type.
#[derive(Debug)]
pub struct MoreMethods(&'static (dyn Any + Send + Sync));

inventory::collect!(MoreMethods);

impl MoreMethods {
    /// Those of the type `T`.
    pub const fn of<T: 'static>(methods: &'static &'static [Method<T>]) -> Self {
        Self(methods)
    }

    /// All methods of the type `T` that stand in further blocks of it.
    pub(super) fn all<T: 'static>() -> impl Iterator<Item = &'static Method<T>> {
        let blocks = inventory::iter::<Self>.into_iter();
        blocks.filter_map(|block| block.0.downcast_ref::<&'static [Method<T>]>()).copied().flatten()
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The types that are exported and of which none of these methods is one.
pub(super) fn missing<'s>(
    served: impl Iterator<Item = &'s Signature> + Clone,
) -> Vec<&'static str> {
    let is_missing = |interface: &&Interface| {
        !interface.methods.is_empty()
            && !interface.methods.iter().any(|one| is_served(one, &served))
    };
    let missing = inventory::iter::<Interface>.into_iter().filter(is_missing);
    let mut names: Vec<_> = missing.map(|interface| interface.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a method is one of these, under whatever name its instance has.
fn is_served<'s>(
    method: &Signature,
    served: &(impl Iterator<Item = &'s Signature> + Clone),
) -> bool {
    let own = last_part(method.name());
    let mut same_name = served.clone().filter(|other| last_part(other.name()) == own);
    same_name.any(|other| (other.module(), other.place()) == (method.module(), method.place()))
}

/// Says which instances have not been registered, when one of them has this method; or, when nothing
/// is served at all, when there are any.
pub(super) fn advice<'s>(
    method: &str,
    served: impl Iterator<Item = &'s Signature> + Clone,
) -> Option<String> {
    let nothing_is_served = served.clone().next().is_none();
    let own = last_part(method);
    let has_it = |interface: &&Interface| {
        let mut methods = interface.methods.iter().filter(|one| last_part(one.name()) == own);
        methods.next().is_some_and(|one| !is_served(one, &served))
    };
    let interfaces = inventory::iter::<Interface>.into_iter();
    let mut names: Vec<_> = interfaces.clone().filter(has_it).map(|one| one.name).collect();
    let is_method = !names.is_empty();
    if !is_method && nothing_is_served {
        names = interfaces.map(|interface| interface.name).collect();
    }
    names.sort_unstable();
    let name = names.first()?;
    Some(if is_method {
        format!(
            "; it is a method of `{name}`, of which no instance is registered: \
             `registry.register_instance(…)`"
        )
    } else {
        format!("; no instance of `{name}` is registered: `registry.register_instance(…)`")
    })
}
