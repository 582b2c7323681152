//! `portolan mapper table`.

use std::path::PathBuf;

use portolan_workbench::table::{pack, write};

use crate::cli::COMPLETE;
use crate::talk;

pub(super) const EXAMPLES: &str = "Examples:
  OWNER of every task, from a tag:
    cat > owner.toml <<'END'
    name = \"acme-owner\"
    version = \"1.0.0\"
    kind = \"overlay\"
    object = \"EcsTask\"
    [attributes]
    OWNER = { tag = \"owner\", description = \"Owner of the task.\" }
    END
    portolan mapper table owner.toml
    portolan sync --overlay owner.wasm --regions us-east-1 --output ecs
  Only check it:
    portolan mapper table owner.toml --check
  A folder with a table, sample pages and expected records:
    portolan mapper new acme-owner --object EcsTask --kind overlay --lang table

The module is a component like any other: test, diff, sign and pin it, and use it in a sync. No
compiler is needed, and the same table always gives the same bytes. `portolan schema table` prints
the format; guest-mappers/table/README.md explains it.

Exit status: 0 if the table is valid, 1 if not; every line names an attribute and the change to
make.";

#[derive(Debug, clap::Args)]
pub(super) struct TableArguments {
    /// The table, a TOML file.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The module to write [default: FILE with the extension .wasm].
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    out: Option<PathBuf>,

    /// Check the table and write no file.
    #[arg(long)]
    check: bool,
}

pub(super) fn run(arguments: TableArguments) -> anyhow::Result<u8> {
    let module = pack(&arguments.file)?;
    if arguments.check {
        talk::say(&format!("{}: ok", arguments.file.display()));
        return Ok(COMPLETE);
    }
    let out = arguments
        .out
        .unwrap_or_else(|| arguments.file.with_extension("wasm"));
    write(&out, &module.component)?;
    talk::data(&format!("{}\t{}\n", out.display(), module.component.len()))?;
    Ok(COMPLETE)
}
