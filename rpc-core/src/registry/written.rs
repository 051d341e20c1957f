//! Closures with what a function has besides: names of parameters, types and documentation.

use super::{Bound, Function, Parameter, Reply, Written};
use crate::protocol::Fault;

/// A closure that [`described!`](crate::described) stands around.
#[derive(Debug)]
pub struct DescribedClosure<F> {
    /// The closure.
    pub function: F,
    /// What is written beside it.
    pub written: Written,
}

/// Marks the arguments of a closure that is described.
#[derive(Debug)]
pub struct Named<Arguments>(std::marker::PhantomData<Arguments>);

impl<A: 'static, F: Function<A>> Function<Named<A>> for DescribedClosure<F> {
    fn parameters() -> Vec<Parameter> {
        F::parameters()
    }

    fn result() -> &'static str {
        F::result()
    }

    fn written(&self) -> Option<&Written> {
        Some(&self.written)
    }

    fn run(&self, bound: &Bound<'_, '_>, reply: &mut Reply<'_>) -> Result<(), Fault> {
        self.function.run(bound, reply)
    }
}
