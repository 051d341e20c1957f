//! Has calls run only of callers who may make one more.

use crate::error::Misuse;
use crate::registry::Dispatch;
use crate::throttle::Rate;

use super::caller_limits::CallerLimits;
use super::layer::JsonRpc;

impl<D: Dispatch> JsonRpc<D> {
    /// Bounds how often each address calls: see
    /// [`TcpServer::limit_calls_per_address`](crate::TcpServer::limit_calls_per_address).
    #[must_use]
    pub fn limit_calls_per_address(self, rate: Rate) -> Self {
        self.limiting(|limits| limits.address.set_rate(rate))
    }

    /// Bounds how often each identity calls: see
    /// [`TcpServer::limit_calls_per_identity`](crate::TcpServer::limit_calls_per_identity).
    #[must_use]
    pub fn limit_calls_per_identity(self, rate: Rate) -> Self {
        self.limiting(|limits| limits.identity.set_rate(rate))
    }

    /// Bounds how many calls of each address run at one time: see
    /// [`TcpServer::limit_calls_in_flight_per_address`](crate::TcpServer::limit_calls_in_flight_per_address).
    #[must_use]
    pub fn limit_calls_in_flight_per_address(self, calls: usize) -> Self {
        self.limiting(|limits| limits.address.set_in_flight(calls))
    }

    /// Bounds how many calls of each identity run at one time: see
    /// [`TcpServer::limit_calls_in_flight_per_identity`](crate::TcpServer::limit_calls_in_flight_per_identity).
    #[must_use]
    pub fn limit_calls_in_flight_per_identity(self, calls: usize) -> Self {
        self.limiting(|limits| limits.identity.set_in_flight(calls))
    }

    fn limiting(mut self, change: impl FnOnce(&mut CallerLimits)) -> Self {
        self.hook = Some(self.hook.unwrap_or_default().limiting(change));
        self
    }

    /// Refuses limits for callers who are known, where nobody is asked who calls.
    pub(super) fn check_caller_limits(&self) -> Result<(), Misuse> {
        let Some(limits) = self.caller_limits().filter(|_| self.asks().is_none()) else {
            return Ok(());
        };
        match limits.identity.setting() {
            Some(setting) => Err(Misuse::NoIdentities { setting }),
            None => Ok(()),
        }
    }

    /// What bounds how many calls each caller makes.
    pub(super) fn caller_limits(&self) -> Option<&CallerLimits> {
        self.hook.as_ref()?.limits()
    }
}
