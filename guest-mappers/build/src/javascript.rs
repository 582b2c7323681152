//! From JavaScript source to a component: componentize-qjs puts the source and the QuickJS engine into
//! one, and keeps the state that they have once the source has been run.

use std::path::Path;

use crate::BuildError;
use crate::language::Entry;
use crate::tool::Tool;

/// Pinned in `package-lock.json`. It is the backend of `jco componentize --backend qjs`, without the
/// engines and compilers that jco brings along.
const COMPONENTIZE: Tool = Tool {
    name: "componentize-qjs",
    place: "node_modules/.bin/componentize-qjs",
    pin: "package-lock.json",
    followed: "node_modules/.portolan-package-lock.json",
    variable: "PORTOLAN_COMPONENTIZE_QJS",
    steps: &[&["npm", "ci", "--no-audit", "--no-fund"]],
};

/// Writes a component that still has to be checked to `out`.
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
            // Imports of npm packages are looked for in node_modules.
            "--module-root".as_ref(),
            ".".as_ref(),
            "--stub-wasi".as_ref(),
            // Without it the component asks for the asynchronous ABI, which mappers have no use for.
            "--sync".as_ref(),
            "--output".as_ref(),
            out.as_os_str(),
        ],
    )
}
