//! A process of this program under callgrind, and what it has counted so far.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::record::Figures;

/// The process, which ends when this is dropped.
pub struct Counted {
    process: Child,
    /// It lives while this is open.
    _input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    profile: PathBuf,
    marks: Vec<Figures>,
}

impl Counted {
    /// Starts this program once more with these words. Callgrind's files have names that begin with
    /// `profile`.
    pub fn start(words: &[&str], profile: &Path) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new("valgrind")
            .args(["--quiet", "--tool=callgrind", "--dump-before=counts_mark"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(env::current_exe()?)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("valgrind, which counts instructions: {error}"))?;
        let output = process.stdout.take().ok_or("the process has no output")?;
        Ok(Self {
            _input: process.stdin.take(),
            process,
            output: BufReader::new(output),
            profile: profile.to_owned(),
            marks: Vec::new(),
        })
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the process that is counted has ended early".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// Takes note of the next mark.
    pub fn read_mark(&mut self) -> Result<(), Box<dyn Error>> {
        let line = self.line()?;
        let (allocations, bytes) = line.split_once(' ').ok_or("a mark is two numbers")?;
        let before = self.marks.last().map_or(0.0, |mark| mark.instructions);
        // The files are numbered from 1.
        let file = format!("{}.{}", self.profile.display(), self.marks.len() + 1);
        self.marks.push(Figures {
            instructions: before + instructions(Path::new(&file))?,
            allocations: allocations.parse()?,
            bytes: bytes.parse()?,
        });
        Ok(())
    }

    /// What a call has cost, after three marks: one, so many calls, one, twice as many, one.
    pub fn per_call(&self, calls: usize) -> Result<Figures, Box<dyn Error>> {
        let [.., begin, middle, end] = self.marks[..] else {
            return Err("three marks are needed".into());
        };
        Ok(Figures::per_call([begin, middle, end], calls))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // One that has ended by itself needs no ending.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All instructions that a file of callgrind's tells of.
fn instructions(file: &Path) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    Ok(total.ok_or("callgrind's file has no total")?.trim().parse()?)
}

/// Waits until every thread of a process waits, for its peer or for another thread.
pub fn wait_until_asleep(process: u32) -> io::Result<()> {
    const PATIENCE: Duration = Duration::from_mins(1);
    const PAUSE: Duration = Duration::from_micros(20);
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let mut is_asleep = true;
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let state = fs::read_to_string(thread?.path().join("stat"))?;
            // Behind the name, which stands in parentheses and may have some of its own.
            is_asleep &= state.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'));
        }
        if is_asleep {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "the process that is counted never sleeps"))
}
