//! `portolan version`.

use portolan_sandbox::Kind;
use serde::Serialize;

use super::COMPLETE;
use crate::talk;

#[derive(Debug, clap::Args)]
pub(super) struct VersionArguments {
    /// Print one JSON object, for scripts and bug reports.
    #[arg(long)]
    json: bool,
}

/// A later version may add members; it removes none.
#[derive(Serialize)]
struct Version {
    version: &'static str,
    /// Commit of the clone that the program was built in, or `unknown`.
    commit: &'static str,
    /// WIT packages that modules may be built against.
    wit: Vec<String>,
    /// The TLS library and its cryptography.
    tls: &'static str,
}

pub(super) fn run(arguments: &VersionArguments) -> anyhow::Result<u8> {
    let package = |kind: Kind| format!("{}@{}", kind.contract().package, kind.contract().version);
    let version = Version {
        version: env!("CARGO_PKG_VERSION"),
        commit: crate::COMMIT,
        wit: vec![package(Kind::Mapping), package(Kind::Assessor)],
        tls: "rustls with aws-lc",
    };
    talk::data(&if arguments.json {
        format!("{}\n", serde_json::to_string(&version)?)
    } else {
        format!(
            "portolan {}\ncommit {}\nWIT    {}\nTLS    {}\n",
            version.version,
            version.commit,
            version.wit.join(", "),
            version.tls
        )
    })?;
    Ok(COMPLETE)
}
