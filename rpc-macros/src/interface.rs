//! Models the exported methods of an `impl` block or a trait.

use std::collections::HashSet;

use quote::format_ident;
use syn::{Attribute, ItemImpl, ItemTrait, Path, ReturnType, Type, Visibility};

use crate::body::{Body, Member};
use crate::function::{Function, conditions};
use crate::items;
use crate::mistakes::Mistakes;
use crate::names;
use crate::options::{Options, Target, is_exported};
use crate::place::{Owner, Place};
use crate::types;

/// Methods that can be called from elsewhere, on an instance that is registered.
pub(crate) struct Interface {
    pub(crate) owner: Owner,
    /// That of everything generated.
    pub(crate) visibility: Visibility,
    /// The `cfg` attributes, which hold for all that is generated.
    pub(crate) conditions: Vec<Attribute>,
    pub(crate) methods: Vec<Function>,
    /// Whether another block of the type is exported, to which it adds.
    pub(crate) more: bool,
    /// The path of `rpc_core`.
    pub(crate) library: Path,
}

impl Interface {
    /// Reads the methods of a type; `None` when it has no name that theirs could be made of.
    pub(crate) fn of_block(
        block: &ItemImpl,
        body: &mut Body,
        options: &Options,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        if let Some((path, _)) = &block.trait_ {
            mistakes.at(
                path,
                "an `impl` of a trait cannot be exported: put `#[rpc_export]` on the trait, \
                 and register the value in its service type",
            );
            return None;
        }
        if !block.generics.params.is_empty() {
            mistakes.at(
                &block.generics,
                "an exported `impl` block cannot be generic: its types are part of its signatures",
            );
            return None;
        }
        let Type::Path(path) = types::bare(&block.self_ty) else {
            mistakes.at(&block.self_ty, "the methods of a type without a name cannot be exported");
            return None;
        };
        let ident = path.path.segments.last()?.ident.clone();
        if options.more && options.stub.is_none() {
            let stub = format!("{ident}AdminStub");
            let advice = format!("a further block has a stub of its own: `more, stub = {stub}`");
            mistakes.at(&block.self_ty, advice);
        }
        let usual = names::stub_trait(&ident);
        let stub = if options.more { format_ident!("__More{usual}") } else { usual };
        let stub = options.stub.clone().unwrap_or(stub);
        let owner = Owner { ident, stub, ty: Some((*block.self_ty).clone()) };
        let mut interface = Self {
            owner,
            visibility: Visibility::Inherited,
            conditions: conditions(&block.attrs),
            methods: Vec::new(),
            more: options.more,
            library: options.library(),
        };
        interface.read_methods(body, options, mistakes);
        if interface.methods.is_empty() {
            mistakes.at(
                &block.self_ty,
                "this block exports nothing: make a method `pub`, or put `#[rpc_export]` on it",
            );
        }
        let visibilities = interface.methods.iter().map(|method| &method.visibility);
        if let Some(widest) = visibilities.max_by_key(|visibility| width(visibility)) {
            interface.see_as(widest.clone());
        }
        Some(interface)
    }

    /// Reads the methods of a trait.
    pub(crate) fn of_trait(
        item: &ItemTrait,
        body: &mut Body,
        options: &Options,
        mistakes: &mut Mistakes,
    ) -> Self {
        if !item.generics.params.is_empty() {
            mistakes.at(
                &item.generics,
                "an exported trait cannot be generic: its types are part of its signatures",
            );
        }
        let mut interface = Self {
            owner: Owner {
                ident: item.ident.clone(),
                stub: options.stub.clone().unwrap_or_else(|| names::stub_trait(&item.ident)),
                ty: None,
            },
            visibility: item.vis.clone(),
            conditions: conditions(&item.attrs),
            methods: Vec::new(),
            more: false,
            library: options.library(),
        };
        interface.read_methods(body, options, mistakes);
        if interface.methods.is_empty() {
            mistakes.at(&item.ident, "this trait exports nothing: it has no method to call");
        }
        interface.see_as(item.vis.clone());
        for member in &mut body.members {
            if let Member::Function(method) = member {
                method.promise_send();
            }
        }
        interface
    }

    /// Whether it is that of a trait.
    pub(crate) fn is_trait(&self) -> bool {
        self.owner.ty.is_none()
    }

    /// Reads the methods that are exported: those of a trait, the public ones of a block, and others
    /// that say so, unless they say that they are not.
    fn read_methods(&mut self, body: &mut Body, outer: &Options, mistakes: &mut Mistakes) {
        let place = Place {
            prefix: String::new(),
            owner: Some(self.owner.clone()),
            library: self.library.clone(),
        };
        let mut names = HashSet::new();
        for member in &mut body.members {
            let Member::Function(item) = member else {
                continue;
            };
            let options = Options::take(&mut item.attributes, Target::Method, mistakes);
            if !self.is_trait() && !is_exported(&item.visibility, options.as_ref()) {
                continue;
            }
            let options = options.unwrap_or_default().within(outer.allow.as_ref());
            if !options.skip {
                let mut method = Function::read(item, options, &place, mistakes);
                // Of methods with conditions all but one may be away.
                if method.conditions.is_empty() && !names.insert(method.name.clone()) {
                    mistakes.at(
                        &method.ident,
                        format!("another method is called `{}` already", method.name),
                    );
                }
                if let (true, ReturnType::Type(_, ty)) =
                    (self.is_trait(), &mut item.signature.output)
                {
                    items::promise_send(ty);
                }
                method.conditions.extend(self.conditions.iter().cloned());
                self.methods.push(method);
            }
        }
    }

    /// Gives everything that is generated one visibility, because it names each other.
    fn see_as(&mut self, visibility: Visibility) {
        for method in &mut self.methods {
            method.visibility = visibility.clone();
        }
        self.visibility = visibility;
    }
}

/// Orders visibilities by how far they reach.
fn width(visibility: &Visibility) -> u8 {
    match visibility {
        Visibility::Public(_) => 3,
        Visibility::Restricted(restricted) if restricted.path.is_ident("crate") => 2,
        Visibility::Restricted(restricted) if !restricted.path.is_ident("self") => 1,
        _ => 0,
    }
}
