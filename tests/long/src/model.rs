//! The six server models by name.

/// A server model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    SingleThread,
    ThreadPerConnection,
    ForkPerConnection,
    Prefork,
    EventLoop,
    PreforkEventLoop,
}
use Model::{
    EventLoop, ForkPerConnection, Prefork, PreforkEventLoop, SingleThread, ThreadPerConnection,
};

impl Model {
    /// All of them.
    pub(crate) const ALL: &[Self] = &[
        SingleThread,
        ThreadPerConnection,
        ForkPerConnection,
        Prefork,
        EventLoop,
        PreforkEventLoop,
    ];

    /// Those that replace the processes that serve.
    pub(crate) const OF_WORKERS: &[Self] = &[Prefork, PreforkEventLoop];

    /// Those that make processes.
    pub(crate) const OF_PROCESSES: &[Self] = &[ForkPerConnection, Prefork, PreforkEventLoop];

    /// Those that run calls of one connection side by side.
    pub(crate) const OF_TASKS: &[Self] = &[EventLoop, PreforkEventLoop];

    /// Its name on the command line and in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            SingleThread => "single",
            ThreadPerConnection => "threads",
            ForkPerConnection => "fork",
            Prefork => "prefork",
            EventLoop => "event-loop",
            PreforkEventLoop => "prefork-event-loop",
        }
    }

    /// The one of a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|model| model.name() == name)
    }
}
