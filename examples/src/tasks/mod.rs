//! A task tracker: a service with state, errors of its own and documentation, for people and for programs.
//!
//! The tasks are in a file ([`Tasks::open`]); `cargo run --bin tasks` serves them.

mod store;

use std::io;
use std::path::Path;

use rpc_core::types::DateTime;
use rpc_core::{Error, FunctionRegistry, rpc_export};
use serde::{Deserialize, Serialize};

use store::Store;

/// A task, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Task {
    /// Its number. Numbers are given in order, and never twice.
    pub id: u64,
    /// What is to be done, in one line.
    pub title: String,
    /// How far it has come.
    pub progress: Progress,
    /// When it has to be done, if there is such a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DateTime>,
    /// Words to find it by, each once.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How soon it is wanted.
    #[serde(default)]
    pub urgency: Urgency,
}

/// How far a task has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Progress {
    /// Nobody has begun.
    Open,
    /// Somebody is at it.
    Started {
        /// Who.
        by: String,
    },
    /// It is done.
    Done {
        /// What came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It will not be done.
    Dropped {
        /// Why not.
        why: String,
    },
}

impl Progress {
    /// Whether nothing remains to be done.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Dropped { .. })
    }
}

/// How soon a task is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Some time.
    Low,
    /// As it comes.
    #[default]
    Normal,
    /// Before all others.
    High,
}

/// Some of the tasks that were asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Found {
    /// The tasks, the most urgent first, then by number.
    pub tasks: Vec<Task>,
    /// How many more there are.
    pub more: usize,
}

/// How many tasks there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// That nobody has begun.
    pub open: usize,
    /// That somebody is at.
    pub started: usize,
    /// That are done or dropped.
    pub over: usize,
}

/// Why a task is not kept, found or changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskError {
    /// There is no task of this number.
    #[error("there is no task {0}; `tasks.find` lists those there are")]
    NoTask(u64),
    /// The task is done or dropped, and changes no more.
    #[error("task {0} is over and changes no more; `tasks.reopen` opens it again")]
    Over(u64),
    /// A title that nobody could read.
    #[error("a title is one line of 1 to {most} characters; this one has {length}")]
    Title {
        /// How many characters the title has.
        length: usize,
        /// How many it may have.
        most: usize,
    },
    /// The file with the tasks cannot be read or written; the server's log says why.
    #[error("the tasks cannot be read or written now; try again later")]
    Storage,
}

/// As long may a title be.
const LONGEST_TITLE: usize = 120;

/// The tasks of one file.
#[derive(Debug)]
pub struct Tasks {
    store: Store,
}

impl Tasks {
    /// Opens the tasks in a file, which is made if there is none.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened, or another process has it open.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { store: Store::open(path)? })
    }

    /// A registry that serves the tasks as `tasks.add`, `tasks.find` and so on.
    ///
    /// # Errors
    ///
    /// None, as long as each name is there once.
    pub fn into_registry(self) -> Result<FunctionRegistry, Error> {
        let mut registry = FunctionRegistry::new();
        registry.register_instance_at("tasks", self)?;
        Ok(registry)
    }
}

#[rpc_export]
impl Tasks {
    /// Adds a task.
    ///
    /// # Errors
    ///
    /// Where the title is empty, too long or more than one line.
    #[rpc_export(
        destructive = false,
        open_world = false,
        mcp,
        example = add("Water the plants", urgency = Urgency::High),
        example = add("Read the guide", tags = vec!["rpc".to_owned()])
    )]
    pub fn add(
        &self,
        /// What is to be done, in one line of up to 120 characters.
        title: &str,
        /// When it has to be done.
        due: Option<DateTime>,
        /// How soon it is wanted.
        #[default(Urgency::Normal)]
        urgency: Urgency,
        /// Words to find it by.
        #[default(Vec::new())]
        tags: Vec<String>,
    ) -> Result<Task, TaskError> {
        let length = title.trim().chars().count();
        if length == 0 || length > LONGEST_TITLE || title.contains('\n') {
            return Err(TaskError::Title { length, most: LONGEST_TITLE });
        }
        let mut tags = tags;
        tags.sort_unstable();
        tags.dedup();
        let title = title.trim().to_owned();
        self.store.add(Task { id: 0, title, progress: Progress::Open, due, tags, urgency })
    }

    /// Finds a task by its number.
    ///
    /// # Errors
    ///
    /// Where there is none.
    #[rpc_export(idempotent, read_only, open_world = false, mcp)]
    pub fn get(&self, id: u64) -> Result<Task, TaskError> {
        self.store.get(id)
    }

    /// Finds the tasks that have all of these words in their titles or tags.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read.
    #[rpc_export(
        idempotent,
        read_only,
        open_world = false,
        mcp,
        example = find(),
        example = find("rpc", limit = 1)
    )]
    pub fn find(
        &self,
        /// Words, in any order; none finds every task.
        #[default("")]
        words: &str,
        /// Whether tasks that are done or dropped are found, too.
        #[default(false)]
        over: bool,
        /// As many tasks at most.
        #[default(20)]
        limit: usize,
    ) -> Result<Found, TaskError> {
        let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
        let has = |task: &Task, word: &String| {
            task.title.to_lowercase().contains(word.as_str())
                || task.tags.iter().any(|tag| tag.to_lowercase() == *word)
        };
        let mut tasks = self.store.all()?;
        tasks.retain(|task| over || !task.progress.is_over());
        tasks.retain(|task| words.iter().all(|word| has(task, word)));
        tasks.sort_by_key(|task| (std::cmp::Reverse(task.urgency), task.id));
        let more = tasks.len().saturating_sub(limit);
        tasks.truncate(limit);
        Ok(Found { tasks, more })
    }

    /// Says that somebody begins with a task.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is over.
    #[rpc_export(idempotent, destructive = false, open_world = false, mcp)]
    pub fn start(&self, id: u64, by: &str) -> Result<Task, TaskError> {
        self.change(id, |task| task.progress = Progress::Started { by: by.to_owned() })
    }

    /// Says that a task is done.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is over already.
    #[rpc_export(destructive = false, open_world = false, mcp)]
    pub fn done(&self, id: u64, note: Option<&str>) -> Result<Task, TaskError> {
        let note = note.map(str::to_owned);
        self.change(id, |task| task.progress = Progress::Done { note })
    }

    /// Says that a task will not be done.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is over already.
    #[rpc_export(destructive = false, open_world = false, mcp)]
    pub fn cancel(&self, id: u64, why: &str) -> Result<Task, TaskError> {
        self.change(id, |task| task.progress = Progress::Dropped { why: why.to_owned() })
    }

    /// Opens a task again that was started, done or dropped.
    ///
    /// # Errors
    ///
    /// Where there is none.
    #[rpc_export(idempotent, destructive = false, open_world = false, mcp)]
    pub fn reopen(&self, id: u64) -> Result<Task, TaskError> {
        self.store.change(id, |task| {
            task.progress = Progress::Open;
            Ok(())
        })
    }

    /// Forgets a task, whatever its progress. It is no tool for language models: what is forgotten cannot be
    /// brought back.
    ///
    /// # Errors
    ///
    /// Where there is none.
    #[rpc_export(destructive = true, open_world = false)]
    pub fn remove(&self, id: u64) -> Result<(), TaskError> {
        self.store.remove(id)
    }

    /// Counts the tasks.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read.
    #[rpc_export(idempotent, read_only, open_world = false, mcp)]
    pub fn summary(&self) -> Result<Summary, TaskError> {
        let mut summary = Summary::default();
        for task in self.store.all()? {
            match task.progress {
                Progress::Open => summary.open += 1,
                Progress::Started { .. } => summary.started += 1,
                _ => summary.over += 1,
            }
        }
        Ok(summary)
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Task)) -> Result<Task, TaskError> {
        self.store.change(id, |task| {
            if task.progress.is_over() {
                return Err(TaskError::Over(id));
            }
            change(task);
            Ok(())
        })
    }
}
