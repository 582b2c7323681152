//! `portolan mapper`: tools for authors of mappings.

mod bench;
mod build;
mod check;
mod coverage;
mod diff;
mod inspect;
mod keygen;
mod new;
mod pin;
mod pull;
mod push;
mod run;
mod sign;
mod table;
mod test;
mod verify;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use portolan_sync::config::{Config, Settings};
use portolan_workbench::registry::{ArtifactRef, RegistryClient};

#[derive(Debug, clap::Args)]
pub(super) struct MapperArguments {
    #[command(subcommand)]
    command: MapperCommand,
}

#[derive(Debug, Subcommand)]
enum MapperCommand {
    /// Make a folder with a new module that builds and passes its own test at once.
    #[command(after_help = new::EXAMPLES)]
    New(new::NewArguments),
    /// Build a module from its source in Rust, Python or JavaScript, or from its mapping table, into a component.
    #[command(after_help = build::EXAMPLES)]
    Build(build::BuildArguments),
    /// Check a mapping table (a mapping without code), and make a module of it.
    #[command(after_help = table::EXAMPLES)]
    Table(table::TableArguments),
    /// Map the pages of a folder, compare with expected records, and damage every page in many ways.
    #[command(after_help = test::EXAMPLES)]
    Test(test::TestArguments),
    /// Check whether a sync would take a module, and if not, say what to change.
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArguments),
    /// Show manifest, imports, exports, signature and WIT of a module; this needs no page.
    #[command(after_help = inspect::EXAMPLES)]
    Inspect(inspect::InspectArguments),
    /// Compare the results of two modules, or of two versions of one, on recorded pages.
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::DiffArguments),
    /// Report the attributes that no record has, and the members of recorded pages that the module does not
    /// read.
    #[command(after_help = coverage::EXAMPLES)]
    Coverage(coverage::CoverageArguments),
    /// Time a module in the engine of a sync, in turns with the stock mapping.
    #[command(after_help = bench::EXAMPLES)]
    Bench(bench::BenchArguments),
    /// Map one recorded page with one module: pretty records on standard output, issues on standard error.
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArguments),
    /// Make a key that signs modules.
    #[command(after_help = keygen::EXAMPLES)]
    Keygen(keygen::KeygenArguments),
    /// Sign modules: a file MODULE.sig beside each.
    #[command(after_help = sign::EXAMPLES)]
    Sign(sign::SignArguments),
    /// Report whether a module is not signed, fails verification, or is verified.
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArguments),
    /// Write the digests of the modules that may run into the mappers.lock of their folder.
    #[command(after_help = pin::EXAMPLES)]
    Pin(pin::PinArguments),
    /// Put a module, with its signature, into an OCI registry.
    #[command(after_help = push::EXAMPLES)]
    Push(push::PushArguments),
    /// Get a module, with its signature, out of an OCI registry.
    #[command(after_help = pull::EXAMPLES)]
    Pull(pull::PullArguments),
}

/// The folder of compiled code; the other settings come only from the configuration file.
#[derive(Clone, Debug, clap::Args)]
struct CacheArguments {
    /// Folder for compiled modules [default: the user's cache folder].
    #[arg(long, env = "PORTOLAN_CACHE_FOLDER", value_name = "FOLDER")]
    cache_folder: Option<PathBuf>,
}

impl CacheArguments {
    fn config(self, config_file: Option<&Path>) -> anyhow::Result<Config> {
        let settings = Settings {
            cache_folder: self.cache_folder,
            ..Settings::default()
        };
        Ok(Config::resolve(settings, config_file)?)
    }
}

/// The connection to a registry.
#[derive(Clone, Debug, clap::Args)]
struct ConnectionArguments {
    /// Use HTTP without TLS: others on the network can read credentials and modules.
    #[arg(long)]
    plain_http: bool,

    /// File of the certificate authorities (PEM) to trust in place of the system's [default: AWS_CA_BUNDLE,
    /// ca_bundle of the AWS profile, SSL_CERT_FILE].
    #[arg(long, env = "PORTOLAN_CA_BUNDLE", value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
}

impl ConnectionArguments {
    fn access(self, place: &ArtifactRef, mut config: Config) -> anyhow::Result<RegistryClient> {
        config.connection.ca_bundle = self.ca_bundle.or(config.connection.ca_bundle);
        let authorities =
            super::runtime()?.block_on(portolan_aws::ca_bundle(&config.connection))?;
        Ok(RegistryClient::to(
            place,
            self.plain_http,
            authorities.as_deref(),
        )?)
    }
}

/// The trusted public keys.
#[derive(Clone, Debug, clap::Args)]
struct TrustArguments {
    /// Trusted public key (PEM); repeat or separate by commas.
    #[arg(
        long = "key",
        visible_alias = "trusted-keys",
        env = "PORTOLAN_TRUSTED_KEYS",
        value_name = "FILE",
        value_delimiter = ','
    )]
    keys: Option<Vec<PathBuf>>,
}

impl TrustArguments {
    fn config(self, cache: CacheArguments, config_file: Option<&Path>) -> anyhow::Result<Config> {
        let settings = Settings {
            cache_folder: cache.cache_folder,
            trusted_keys: self.keys,
            ..Settings::default()
        };
        Ok(Config::resolve(settings, config_file)?)
    }
}

/// The folder without a leading `.`, so that messages show short paths.
fn plain(folder: &Path) -> &Path {
    folder.strip_prefix(".").unwrap_or(folder)
}

pub(super) fn run(arguments: MapperArguments, config_file: Option<&Path>) -> anyhow::Result<u8> {
    match arguments.command {
        MapperCommand::New(arguments) => new::run(arguments),
        MapperCommand::Build(arguments) => build::run(arguments, config_file),
        MapperCommand::Table(arguments) => table::run(arguments),
        MapperCommand::Test(arguments) => test::run(arguments, config_file),
        MapperCommand::Check(arguments) => check::run(arguments, config_file),
        MapperCommand::Inspect(arguments) => inspect::run(arguments, config_file),
        MapperCommand::Diff(arguments) => diff::run(arguments, config_file),
        MapperCommand::Coverage(arguments) => coverage::run(arguments, config_file),
        MapperCommand::Bench(arguments) => bench::run(arguments, config_file),
        MapperCommand::Run(arguments) => run::run(arguments, config_file),
        MapperCommand::Keygen(arguments) => keygen::run(&arguments),
        MapperCommand::Sign(arguments) => sign::run(arguments, config_file),
        MapperCommand::Verify(arguments) => verify::run(arguments, config_file),
        MapperCommand::Pin(arguments) => pin::run(arguments, config_file),
        MapperCommand::Push(arguments) => push::run(arguments, config_file),
        MapperCommand::Pull(arguments) => pull::run(arguments, config_file),
    }
}
