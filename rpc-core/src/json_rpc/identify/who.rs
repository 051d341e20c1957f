//! What came of asking who calls.

use std::time::Duration;

use serde::Serialize;

use crate::json_rpc::come_again::{come_again, too_many};
use crate::protocol::{Call, Fault, code};
use crate::registry::{
    CallContext, Dispatch, FunctionRegistry, Known, Outcome, Reply, Unauthenticated,
};

use super::known::is_expired;

/// Who calls.
#[derive(Clone)]
pub(in crate::json_rpc) enum Who {
    /// Somebody who is known.
    Somebody(Known),
    /// Nobody said who they are.
    Nobody,
    /// What they said is not taken.
    Refused(Refusal),
}

/// Why what a caller said is not taken.
#[derive(Clone)]
pub(in crate::json_rpc) enum Refusal {
    /// It is wrong or has expired.
    Wrong { reason: String, expired: bool },
    /// Too much of what came from there was wrong.
    TooMany { limit: u32, wait: Duration },
    /// It cannot be found out now.
    Fault(Fault),
}

impl Who {
    /// The same now: somebody whose identity holds no longer is not taken.
    pub(super) fn now(self) -> Self {
        match self {
            Self::Somebody(known) if is_expired(&known) => {
                Self::Refused(Unauthenticated::expired().into())
            }
            who => who,
        }
    }

    /// Whether asking once more would come to the same.
    pub(super) fn is_lasting(&self) -> bool {
        !matches!(self, Self::Refused(Refusal::TooMany { .. } | Refusal::Fault(_)))
    }
}

impl From<Unauthenticated> for Refusal {
    fn from(unauthenticated: Unauthenticated) -> Self {
        let (reason, expired) = (unauthenticated.reason().to_owned(), unauthenticated.is_expired());
        match unauthenticated.into_fault() {
            Some(fault) => Self::Fault(fault),
            None => Self::Wrong { reason, expired },
        }
    }
}

#[derive(Serialize)]
struct Expired {
    expired: bool,
}

impl Refusal {
    /// For what is wrong with it whoever they are.
    pub(in crate::json_rpc) fn wrong(reason: &str) -> Self {
        Self::Wrong { reason: reason.to_owned(), expired: false }
    }

    /// What a call of this name fails with.
    pub(in crate::json_rpc) fn fault(&self, method: &str) -> Fault {
        let method: String = method.chars().take(60).collect();
        match self {
            Self::Wrong { reason, expired: false } => Fault::new(
                code::UNAUTHENTICATED,
                format!(
                    "`{method}` has not run, since who calls is not known: {reason}; send other \
                     credentials, or none"
                ),
            ),
            Self::Wrong { reason, expired: true } => Fault::new(
                code::UNAUTHENTICATED,
                format!(
                    "`{method}` has not run, since who calls is not known any more: {reason}; send \
                     fresh ones"
                ),
            )
            .with_data(&Expired { expired: true }),
            Self::TooMany { limit, wait } => come_again(
                format!(
                    "`{method}` has not run: {limit} wrong credentials came from this address, as many as \
                     `slow_failed_logins` allows; try again later"
                ),
                *wait,
            ),
            Self::Fault(fault) => fault.clone(),
        }
    }

    /// Says by HTTP how a message is answered that is refused as a whole.
    pub(in crate::json_rpc) fn answer_as(&self, basic: bool, context: &CallContext) {
        use crate::registry::ResponseForm;

        let Some(caller) = context.caller() else {
            return;
        };
        match self {
            Self::Wrong { .. } => caller.answer_as(ResponseForm::Unauthenticated { basic }),
            Self::TooMany { wait, .. } => caller.answer_as(too_many(*wait)),
            Self::Fault(_) => {}
        }
    }
}

/// Runs no call: each fails with this.
pub(in crate::json_rpc) struct Refused(pub(in crate::json_rpc) Fault);

impl Dispatch for Refused {
    fn dispatch(&self, _: &Call<'_>, _: &CallContext, _: &mut Reply<'_>) -> Outcome {
        self.0.clone().into()
    }

    fn inner(&self) -> Option<&dyn Dispatch> {
        None
    }

    fn registry(&self) -> Option<&FunctionRegistry> {
        None
    }
}
