//! A process and those it has made.

use std::error::Error;
use std::fs;

/// The numbers of a process and of its descendants.
pub fn of(process: u32) -> Result<Vec<u32>, Box<dyn Error>> {
    let mut tree = vec![process];
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        for child in fs::read_to_string(task?.path().join("children"))?.split_whitespace() {
            tree.extend(of(child.parse()?)?);
        }
    }
    Ok(tree)
}
