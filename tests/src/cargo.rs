//! cargo, as it would be run by hand.

use std::env;
use std::process::Command;

/// Prepares to run it, without what the cargo that runs this test says of the test's own package: build scripts that look
/// at such variables, as that of `ring` does, would be run anew, and all that depends on them built again.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*name);
        }
    }
    cargo
}
