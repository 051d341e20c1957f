//! What files look like from outside, by which it is told that they have changed.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// When a file was changed, and how long it is; `None` where it cannot be seen.
pub(crate) type Stamp = Option<(SystemTime, u64)>;

/// Looks at a file.
pub(crate) fn stamp(path: &Path) -> Stamp {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}
