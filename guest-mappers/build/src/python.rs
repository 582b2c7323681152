//! From Python source to a component: componentize-py puts the source and an interpreter into one, and
//! keeps the state that they have once the source has been imported.

use std::path::Path;

use crate::BuildError;
use crate::language::Entry;
use crate::tool::Tool;

/// Pinned in `requirements.txt`.
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

/// Writes a component that still has to be checked to `out`.
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
            // Python's own start-up asks for WASI, which no mapper gets; after it nothing does.
            "--stub-wasi".as_ref(),
            "--output".as_ref(),
            out.as_os_str(),
        ],
    )
}
