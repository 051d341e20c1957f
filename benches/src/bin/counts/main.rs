//! Counts the instructions and allocations of a call, and compares them with a file.
//!
//! Unlike times, counts are the same on a busy machine. A subject (a server, or a client) runs under
//! callgrind in a process of its own; the other end of its connection is written by hand and sends
//! nothing until the subject sleeps, so that every run has the same reads and writes. Each kind of
//! traffic passes twice, the second time with twice as many calls: the difference is theirs alone.
//! What the operating system does is not counted.

mod allocations;
mod call;
mod messages;
mod peer;
mod process;
mod record;
mod serve;
mod subject;
mod wire;

use std::env;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use record::Record;
use subject::{SUBJECTS, Subject};

const USAGE: &str = "usage: counts [--update] [--keep DIRECTORY] [WORD of a subject …]";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", model] => serve::run(model).map(|()| ExitCode::SUCCESS),
        ["call", client, protocol, address] => {
            call::run(client, protocol, address).map(|()| ExitCode::SUCCESS)
        }
        _ => count(words),
    }
}

fn count(mut words: Vec<&str>) -> Result<ExitCode, Box<dyn Error>> {
    let updates = words.contains(&"--update");
    words.retain(|word| *word != "--update");
    let mut kept = None;
    if let Some(place) = words.iter().position(|word| *word == "--keep") {
        words.remove(place);
        kept = (place < words.len()).then(|| words.remove(place));
        kept.ok_or(USAGE)?;
    }
    let is_meant = |subject: &&Subject| words.iter().all(|word| subject.words().contains(word));
    let subjects: Vec<_> = SUBJECTS.iter().filter(is_meant).collect();
    if subjects.is_empty() || (updates && !words.is_empty()) {
        return Err(USAGE.into());
    }

    let scratch = env::temp_dir().join(format!("counts-{}", std::process::id()));
    let profiles = kept.map_or(&*scratch, Path::new);
    std::fs::create_dir_all(profiles)?;
    let mut record = Record::of_this_machine()?;
    for subject in subjects {
        record.extend(subject.count(profiles)?);
    }
    if kept.is_none() {
        std::fs::remove_dir_all(&scratch)?;
    }

    if updates {
        record.write()?;
        print!("{record}");
        return Ok(ExitCode::SUCCESS);
    }
    let is_kept = record.compare(&Record::read()?);
    Ok(if is_kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
