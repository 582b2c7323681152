//! Turns Python source into a component: componentize-py imports the source once in an interpreter, and
//! writes the interpreter and its state into one component.

use std::path::Path;

use crate::BuildError;
use crate::language::Entry;
use crate::tool::Tool;

/// Pinned in the folder's `requirements.txt`.
const COMPONENTIZE: Tool = Tool {
    name: "componentize-py",
    place: ".venv/bin/componentize-py",
    pin: "requirements.txt",
    followed: ".venv/portolan-requirements.txt",
    variable: "PORTOLAN_COMPONENTIZE_PY",
    steps: &[
        &["python3", "-m", "venv", ".venv"],
        &[
            ".venv/bin/python",
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--requirement",
            "requirements.txt",
        ],
    ],
};

/// Writes the component to `out`, unchecked.
pub(crate) fn componentize(
    dir: &Path,
    out: &Path,
    offline: bool,
    say: fn(&str),
) -> Result<(), BuildError> {
    let entry = Entry::find(dir, "py")?;
    let program = COMPONENTIZE.find(dir, offline, say)?;
    COMPONENTIZE.run(
        &program,
        dir,
        &[
            "--wit-path".as_ref(),
            "wit".as_ref(),
            "--world".as_ref(),
            entry.world.as_ref(),
            "componentize".as_ref(),
            entry.name.as_ref(),
            "--python-path".as_ref(),
            "src".as_ref(),
            // Python's start-up code imports WASI, which mappers do not get. It runs only at build time.
            "--stub-wasi".as_ref(),
            "--output".as_ref(),
            out.as_os_str(),
        ],
    )
}
