//! Tasks in a file: an embedded database, with a transaction for each change.

use std::fmt::Display;
use std::io;
use std::path::Path;

use redb::{Database, ReadableTable, TableDefinition};

use super::{Task, TaskError};

/// The tasks by number, as JSON.
const TASKS: TableDefinition<'_, u64, &str> = TableDefinition::new("tasks");
/// The last number that was given.
const NUMBERS: TableDefinition<'_, &str, u64> = TableDefinition::new("numbers");
const LAST: &str = "last";

/// A file with tasks.
#[derive(Debug)]
pub(super) struct Store(Database);

/// Says on the server what went wrong, and to callers that something did.
fn failed(error: impl Display) -> TaskError {
    eprintln!("tasks: {error}");
    TaskError::Storage
}

impl Store {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let store = Self(Database::create(path).map_err(io::Error::other)?);
        // Whoever reads finds the tables.
        store.write(|_, _| Ok(())).map_err(io::Error::other)?;
        Ok(store)
    }

    pub(super) fn add(&self, mut task: Task) -> Result<Task, TaskError> {
        self.write(|tasks, last| {
            *last += 1;
            task.id = *last;
            put(tasks, &task)?;
            Ok(task)
        })
    }

    pub(super) fn get(&self, id: u64) -> Result<Task, TaskError> {
        let transaction = self.0.begin_read().map_err(failed)?;
        let tasks = transaction.open_table(TASKS).map_err(failed)?;
        find(&tasks, id)
    }

    pub(super) fn all(&self) -> Result<Vec<Task>, TaskError> {
        let transaction = self.0.begin_read().map_err(failed)?;
        let tasks = transaction.open_table(TASKS).map_err(failed)?;
        let tasks = tasks.iter().map_err(failed)?;
        tasks.map(|row| read(row.map_err(failed)?.1.value())).collect()
    }

    /// Changes a task, unless `change` refuses.
    pub(super) fn change(
        &self,
        id: u64,
        change: impl FnOnce(&mut Task) -> Result<(), TaskError>,
    ) -> Result<Task, TaskError> {
        self.write(|tasks, _| {
            let mut task = find(tasks, id)?;
            change(&mut task)?;
            put(tasks, &task)?;
            Ok(task)
        })
    }

    pub(super) fn remove(&self, id: u64) -> Result<(), TaskError> {
        self.write(|tasks, _| {
            let removed = tasks.remove(id).map_err(failed)?;
            removed.map(drop).ok_or(TaskError::NoTask(id))
        })
    }

    /// Does something in one transaction, with the tasks and the last number: all of it, or, where it
    /// fails, nothing.
    fn write<T>(
        &self,
        work: impl FnOnce(&mut Rows<'_>, &mut u64) -> Result<T, TaskError>,
    ) -> Result<T, TaskError> {
        let transaction = self.0.begin_write().map_err(failed)?;
        let result = {
            let mut tasks = transaction.open_table(TASKS).map_err(failed)?;
            let mut numbers = transaction.open_table(NUMBERS).map_err(failed)?;
            let before = numbers.get(LAST).map_err(failed)?.map_or(0, |last| last.value());
            let mut last = before;
            let result = work(&mut tasks, &mut last)?;
            if last != before {
                numbers.insert(LAST, last).map_err(failed)?;
            }
            result
        };
        transaction.commit().map_err(failed)?;
        Ok(result)
    }
}

type Rows<'t> = redb::Table<'t, u64, &'static str>;

fn find(tasks: &impl ReadableTable<u64, &'static str>, id: u64) -> Result<Task, TaskError> {
    let row = tasks.get(id).map_err(failed)?;
    read(row.ok_or(TaskError::NoTask(id))?.value())
}

fn read(text: &str) -> Result<Task, TaskError> {
    serde_json::from_str(text).map_err(failed)
}

fn put(tasks: &mut Rows<'_>, task: &Task) -> Result<(), TaskError> {
    let text = serde_json::to_string(task).map_err(failed)?;
    tasks.insert(task.id, text.as_str()).map_err(failed)?;
    Ok(())
}
