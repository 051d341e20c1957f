//! What a server can be told about connections, before it serves.

use std::fmt::{self, Write as _};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Misuse;
#[cfg(feature = "http")]
use crate::http::Guard;
use crate::protocol::{Limits, OneLine};
use crate::pump::Timeouts;
use crate::registry::Statistics;
use crate::timing::LINGER;

/// A server's settings.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) timeouts: Timeouts,
    pub(super) stop: Duration,
    /// What the unfinished messages of all connections may take; a share of the machine's memory where it
    /// is not set.
    pub(super) unfinished: Option<usize>,
    /// The type of what was to be shared, and found no functions.
    pub(super) unshared: Option<&'static str>,
    /// Whether a line that is broken is one message, and the next line another.
    pub(super) lines: bool,
    /// How long a thread that serves many connections stays with one.
    pub(super) slice: Duration,
    /// Says what those who operate the server are to know.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(super) log: LogSink,
    /// What is counted, where the server counts.
    pub(super) statistics: Option<Arc<Statistics>>,
    /// Why there is no memory to count in.
    pub(super) cannot_count: Option<io::ErrorKind>,
    /// How many connections each address has open, where that is bounded.
    pub(super) per_address: Option<Arc<super::per_address::PerAddress>>,
    /// Which proxies are believed, and how.
    pub(super) proxies: super::proxy_settings::ProxySettings,
    #[cfg(feature = "http")]
    pub(super) guard: Arc<Guard>,
    /// How TLS is spoken, and what has kept it from being set up.
    #[cfg(feature = "tls")]
    pub(super) tls: super::tls_settings::TlsSettings,
    /// Whether browsers are shown the functions.
    #[cfg(feature = "docs-page")]
    pub(super) docs_page: bool,
}

impl Settings {
    /// Whether connections speak TLS.
    #[cfg(unix)]
    #[cfg_attr(not(feature = "tls"), allow(clippy::unused_self))]
    pub(super) fn speaks_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.accepting.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Refuses what no connection could live with.
    pub(super) fn check(&self) -> Result<(), Misuse> {
        if let Some(ty) = self.unshared {
            return Err(Misuse::NobodyToShareWith { ty });
        }
        #[cfg(feature = "http")]
        if let Some(name) = self.guard.no_header() {
            return Err(Misuse::Header { name: name.to_owned() });
        }
        #[cfg(feature = "http")]
        self.guard.check()?;
        self.proxies.check()?;
        #[cfg(feature = "tls")]
        self.tls.check()?;
        let Timeouts { idle, message, write, .. } = self.timeouts;
        let settings = [
            ("idle_timeout", idle),
            ("message_timeout", message),
            ("write_timeout", write),
            ("time_slice", self.slice),
        ];
        match settings.into_iter().find(|(_, timeout)| timeout.is_zero()) {
            Some((setting, _)) => Err(Misuse::NoTime { setting }),
            None => Ok(()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let half_a_minute = Duration::from_secs(30);
        Self {
            limits: Limits::default(),
            timeouts: Timeouts {
                idle: half_a_minute,
                message: half_a_minute,
                write: half_a_minute,
                linger: LINGER,
            },
            stop: half_a_minute,
            unfinished: None,
            unshared: None,
            lines: false,
            slice: Duration::from_millis(5),
            log: LogSink::default(),
            statistics: None,
            cannot_count: None,
            per_address: None,
            proxies: super::proxy_settings::ProxySettings::default(),
            #[cfg(feature = "http")]
            guard: Arc::default(),
            #[cfg(feature = "tls")]
            tls: super::tls_settings::TlsSettings::default(),
            #[cfg(feature = "docs-page")]
            docs_page: true,
        }
    }
}

/// Takes lines for those who operate the server; standard error, unless it is told otherwise.
#[derive(Clone, Default)]
pub(super) struct LogSink(Option<Arc<WriteLine>>);

type WriteLine = dyn Fn(&str) + Send + Sync;

impl LogSink {
    pub(super) fn new(write: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(write)))
    }

    /// Writes a line, or has `to_stderr` write it. Line breaks in it are shown as such.
    #[cfg_attr(not(unix), allow(dead_code))]
    pub(super) fn line(&self, line: &str, to_stderr: impl FnOnce(&str)) {
        let mut shown = OneLine(String::with_capacity(line.len()));
        // Writing to memory does not fail.
        let _ = shown.write_str(line);
        match &self.0 {
            Some(write) => write(&shown.0),
            None => to_stderr(&shown.0),
        }
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}
