//! Files that certificates and keys are in: small, and nothing that could be waited for.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads a file of at most `limit` bytes. A pipe or a device, which may never end or never begin, is refused: files are read again
/// while a server runs.
pub(crate) fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let refused = |why: String| Err(io::Error::new(ErrorKind::InvalidInput, why));
    if !fs::metadata(path)?.is_file() {
        return refused("it is a folder, a pipe or a device, and has to be a file".to_owned());
    }
    let mut text = Vec::new();
    File::open(path)?.take(limit as u64 + 1).read_to_end(&mut text)?;
    if text.len() > limit {
        return refused(format!("it is larger than {limit} bytes"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_no_file_or_too_large_is_refused() {
        let folder = std::env::temp_dir().join(format!("small-file-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("file");
        std::fs::write(&file, "four").unwrap();
        assert_eq!(read(&file, 4).unwrap(), b"four");
        assert!(read(&file, 3).unwrap_err().to_string().contains("larger than 3 bytes"));
        assert!(read(&folder, 4).unwrap_err().to_string().contains("has to be a file"));
        #[cfg(unix)]
        assert!(read("/dev/zero".as_ref(), 4).unwrap_err().to_string().contains("a device"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
