//! Passes the commit of the clone to the compiler.

use std::path::Path;
use std::process::Command;

fn main() {
    commit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
}

/// Sets `PORTOLAN_COMMIT` to the commit of a clone; a source archive has no commit.
fn commit(root: &Path) {
    let git = |arguments: &[&str]| {
        // An archive may be unpacked inside another project's clone.
        let is_clone = root.join(".git").exists();
        let mut git = is_clone.then(|| Command::new("git"))?;
        let output = git.arg("-C").arg(root).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    // These files change with every commit and checkout. A missing file would run this script for every
    // build.
    for name in ["HEAD", "logs/HEAD"] {
        let file = git(&["rev-parse", "--git-path", name]).map(|path| root.join(path));
        if let Some(file) = file.filter(|file| file.is_file()) {
            println!("cargo:rerun-if-changed={}", file.display());
        }
    }
    let commit = git(&["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=PORTOLAN_COMMIT={commit}");
}
