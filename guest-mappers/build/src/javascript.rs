//! Turns JavaScript source into a component: componentize-qjs runs the source once in the QuickJS engine, and
//! writes the engine and its state into one component.

use std::path::Path;

use crate::BuildError;
use crate::language::Entry;
use crate::tool::Tool;

/// Pinned in `package-lock.json`. It is the backend of `jco componentize --backend qjs`, without jco's other
/// engines and compilers.
const COMPONENTIZE: Tool = Tool {
    name: "componentize-qjs",
    place: "node_modules/.bin/componentize-qjs",
    pin: "package-lock.json",
    followed: "node_modules/.portolan-package-lock.json",
    variable: "PORTOLAN_COMPONENTIZE_QJS",
    steps: &[&["npm", "ci", "--no-audit", "--no-fund"]],
};

/// Writes the component to `out`, unchecked.
pub(crate) fn componentize(
    dir: &Path,
    out: &Path,
    offline: bool,
    say: fn(&str),
) -> Result<(), BuildError> {
    let entry = Entry::find(dir, "js")?;
    let program = COMPONENTIZE.find(dir, offline, say)?;
    let source = format!("src/{}.js", entry.name);
    COMPONENTIZE.run(
        &program,
        dir,
        &[
            "--wit".as_ref(),
            "wit".as_ref(),
            "--world".as_ref(),
            entry.world.as_ref(),
            "--js".as_ref(),
            source.as_ref(),
            // Resolves imports of npm packages from node_modules.
            "--module-root".as_ref(),
            ".".as_ref(),
            "--stub-wasi".as_ref(),
            // Without `--sync`, the component imports the asynchronous ABI, which mappers do not use.
            "--sync".as_ref(),
            "--output".as_ref(),
            out.as_os_str(),
        ],
    )
}
