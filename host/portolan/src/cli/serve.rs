//! `portolan serve`, `portolan token` and `portolan key`.

use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::{Subcommand, ValueEnum};
use portolan_serve::{DataFolder, Listening, PROCESS_SETTINGS, Retention, Role, Start, TokenError};
use portolan_sync::config::{ConfigError, QuotaRules, Settings};
use secrecy::{ExposeSecret, SecretString};

use super::sync::{bear_file_size_limits, interrupt};
use super::{COMPLETE, FAILED, USAGE};
use crate::talk;

/// The variable of master keys. A flag would show them to every user of the machine.
const MASTER_KEY: &str = "PORTOLAN_MASTER_KEY";
/// The settings that name the credentials of the host.
const HOST_SETTINGS: [&str; 4] = [
    "profile",
    "access-key-id",
    "secret-access-key-file",
    "session-token-file",
];

/// What scans take of the table `[assess]`. They keep all results, and the API filters, mutes and exports.
const ASSESS_SETTINGS: [&str; 4] = [
    "assessors",
    "trusted-registries",
    "required-tags",
    "revisions",
];

pub(super) const SERVE_EXAMPLES: &str = "Examples:
  Start, and make a token beside it:
    portolan serve --data /var/lib/portolan
    portolan token create me --role admin --data /var/lib/portolan
  Store AWS credentials, and register a Region with the credentialId of the answer:
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' localhost:8620/v1/aws/credentials \\
      -d '{\"credentialName\":\"prod\",\"accessKey\":\"AKIA…\",\"accessSecret\":\"…\"}'
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' localhost:8620/v1/aws/ecs/tasks \\
      -d '{\"taskName\":\"prod\",\"secretUUID\":\"…\",\"region\":\"us-east-1\"}'
  What is wrong there?
    curl -H \"Authorization: Bearer $TOKEN\" 'localhost:8620/v1/findings?result=FAIL&severity=critical,high'";

#[derive(Debug, clap::Args)]
pub(super) struct ServeArguments {
    /// Folder of the service's store, its master keys and its scans; made if it does not exist.
    #[arg(long, value_name = "FOLDER", env = "PORTOLAN_DATA")]
    data: Option<PathBuf>,

    /// Start the simulator that lies beside the program, register its world, and print a token: something to look
    /// at. Without --data, everything is gone at the end.
    #[arg(long)]
    demo: bool,

    /// Address to listen on. There is no TLS: put a proxy in front of it before others may reach it.
    #[arg(
        long,
        env = "PORTOLAN_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8620"
    )]
    listen: SocketAddr,

    /// Scans that run at once, 1 to 64.
    #[arg(long, env = "PORTOLAN_PARALLEL_SCANS", value_name = "COUNT", default_value = "2", value_parser = clap::value_parser!(u16).range(1..=64))]
    parallel_scans: u16,

    /// Folder of the overlays and assessors (NAME.wasm) that registrations may name in `modules`.
    #[arg(long, env = "PORTOLAN_SERVE_MODULES", value_name = "FOLDER")]
    modules: Option<PathBuf>,

    /// How long to keep stopped tasks and other objects that are gone.
    #[arg(long, env = "PORTOLAN_RETAIN_STOPPED_TASKS", value_name = "TIME", default_value = "10d", value_parser = time)]
    retain_stopped_tasks: Duration,

    /// How long to keep scans, and findings of objects that are gone.
    #[arg(long, env = "PORTOLAN_RETAIN_SCANS", value_name = "TIME", default_value = "90d", value_parser = time)]
    retain_scans: Duration,

    /// How long to keep entries of the audit log.
    #[arg(long, env = "PORTOLAN_RETAIN_AUDIT", value_name = "TIME", default_value = "365d", value_parser = time)]
    retain_audit: Duration,

    /// Let stored credentials that have roles and no keys use the credentials of this host.
    #[arg(long)]
    allow_host_credentials: bool,

    #[command(flatten)]
    settings: Settings,
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "it is a number and m, h or d, for example 90d".to_owned();
    portolan_serve::duration(text).ok_or_else(wrong)
}

#[derive(Debug, clap::Args)]
pub(super) struct Data {
    /// Folder of the service's store, its master keys and its scans; made if it does not exist.
    #[arg(long, value_name = "FOLDER", env = "PORTOLAN_DATA")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token, and print it alone on standard output. It is shown once.
    Create {
        /// Name of the token in lists and in the audit log.
        name: String,
        /// What the token permits.
        #[arg(long, value_enum)]
        role: TokenRole,
        /// How long it is valid: a number and m, h or d, for example 90d; without end if it is not given.
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        data: Data,
    },
    /// List tokens, without their text.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Revoke a token; it is refused at once.
    Revoke {
        /// Name or id of the token.
        name: String,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum TokenRole {
    /// Reads inventory, findings and scans.
    Viewer,
    /// Also registers, scans and mutes.
    Operator,
    /// Also manages credentials and tokens, and reads the audit log.
    Admin,
}

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a new master key, and encrypt the keys of all stored credentials with it. A running service goes on.
    ///
    /// Where PORTOLAN_MASTER_KEY holds the keys, its first one is the new one.
    Rotate {
        #[command(flatten)]
        data: Data,
    },
}

fn master_key() -> Result<Option<SecretString>, ConfigError> {
    let text = portolan_machine::text::variable(MASTER_KEY);
    let text = text.map_err(|reason| ConfigError::Environment {
        name: MASTER_KEY.to_owned(),
        reason: reason.to_owned(),
    })?;
    Ok(text.map(SecretString::from))
}

/// Refuses settings that belong to registrations, and flags that cannot be used.
fn check(settings: &Settings, arguments: &ServeArguments) -> Result<(), String> {
    let folder = arguments.modules.as_ref().filter(|it| !it.is_dir());
    if let Some(folder) = folder {
        return Err(format!("--modules: {} is not a folder", folder.display()));
    }
    if arguments.data.is_none() && !arguments.demo {
        return Err(
            "--data: name the folder of the service; it is made if it does not exist".into(),
        );
    }
    let given = serde_json::to_value(settings).unwrap_or_default();
    let assess = given["assess"].as_object();
    for name in assess.into_iter().flat_map(|given| given.keys()) {
        if !ASSESS_SETTINGS.contains(&name.as_str()) {
            return Err(format!(
                "assess.{name}: the service has no use for it; of this table it takes {}",
                ASSESS_SETTINGS.join(", ")
            ));
        }
    }
    let names = given.as_object().into_iter().flat_map(|given| given.keys());
    for name in names.map(String::as_str) {
        if HOST_SETTINGS.contains(&name) && !arguments.allow_host_credentials {
            return Err(format!(
                "{name}: this service does not use the credentials of its host; add --allow-host-credentials, or store credentials in it"
            ));
        }
        if !PROCESS_SETTINGS.contains(&name) && !HOST_SETTINGS.contains(&name) {
            return Err(format!(
                "{name}: this belongs to a registration, not to the service; POST /v1/aws/ecs/tasks takes it"
            ));
        }
    }
    Ok(())
}

/// Long, because it passes on every flag.
pub(super) fn serve(
    mut arguments: ServeArguments,
    config_file: Option<&Path>,
) -> anyhow::Result<u8> {
    let settings = std::mem::take(&mut arguments.settings);
    let mut settings = settings.with_file(config_file)?;
    if let Err(reason) = check(&settings, &arguments) {
        talk::error(&reason);
        return Ok(USAGE);
    }
    let simulator = arguments.demo.then(Simulator::start).transpose()?;
    if let Some(simulator) = &simulator {
        settings.endpoint_url = Some(simulator.url.clone());
        settings.quotas = Some(QuotaRules::None);
    }
    // A setting that cannot be used is told now, not by the first scan.
    portolan_sync::config::Config::resolve(settings.clone(), None)?;
    let (data, _temporary) = match arguments.data {
        Some(data) => (data, None),
        None => {
            let folder = tempfile::tempdir()?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    let start = Start {
        folder: DataFolder::for_service(&data)?,
        listen: arguments.listen,
        settings,
        allows_host_credentials: arguments.allow_host_credentials,
        modules: arguments.modules,
        retention: Retention {
            gone_objects: arguments.retain_stopped_tasks,
            scans: arguments.retain_scans,
            audit: arguments.retain_audit,
        },
        parallel_scans: arguments.parallel_scans.into(),
        master_key: master_key()?,
    };
    let runtime = super::runtime()?;
    let ended = runtime.block_on(async {
        bear_file_size_limits();
        let listening = portolan_serve::start(start).await?;
        if simulator.is_some() {
            listening.register_demo().await?;
            let folder = DataFolder::beside_service(&data)?;
            let life = portolan_serve::duration("1d");
            let name = format!("demo-{}", std::process::id());
            let token = portolan_serve::create_token(&folder, &name, Role::Admin, life).await?;
            talk::data(&format!("{}\n", token.expose_secret()))?;
        }
        if let Some(address) = listening.address() {
            talk::say(&format!("listening on http://{address}"));
            say_link(&listening, address);
            if !address.ip().is_loopback() {
                talk::say("there is no TLS: whoever can read this network can read tokens and secrets, unless a proxy is in front");
            }
        }
        listening.run(interrupt()).await;
        Ok(COMPLETE)
    });
    // An assessment that was under way has lost nothing; its thread need not end first.
    runtime.shutdown_background();
    ended
}

/// Says how to log in. A log would keep the link for others, so that it is for terminals.
fn say_link(listening: &Listening, address: SocketAddr) {
    if std::io::stderr().is_terminal()
        && let Some(link) = listening.login_link()
    {
        talk::say(&format!(
            "this link logs in once, as admin, within 15 minutes: http://{address}{link}"
        ));
    }
}

/// The simulator of the demo, which ends with this value.
struct Simulator {
    process: std::process::Child,
    url: String,
}

impl Simulator {
    fn start() -> anyhow::Result<Self> {
        let program = std::env::current_exe()?.with_file_name("ecs-simulator");
        let started = std::process::Command::new(&program)
            .args(["--world", "demo", "--until-stdin-closes"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn();
        let mut process = started.with_context(|| {
            format!(
                "the demo needs the simulator {}; a clone builds it beside the program: cargo build --release --workspace",
                program.display()
            )
        })?;
        let mut url = String::new();
        if let Some(said) = process.stdout.take() {
            std::io::BufReader::new(said).read_line(&mut url)?;
        }
        Ok(Self {
            process,
            url: url.trim().to_owned(),
        })
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(super) fn token(command: TokenCommand) -> anyhow::Result<u8> {
    let runtime = super::runtime()?;
    match command {
        TokenCommand::Create {
            name,
            role,
            expires,
            data,
        } => {
            let life = expires.as_deref().map(portolan_serve::duration);
            if matches!(life, Some(None)) {
                talk::error("--expires: it is a number and m, h or d, for example 90d");
                return Ok(USAGE);
            }
            let folder = DataFolder::beside_service(&data.data)?;
            let role = match role {
                TokenRole::Viewer => Role::Viewer,
                TokenRole::Operator => Role::Operator,
                TokenRole::Admin => Role::Admin,
            };
            let made = portolan_serve::create_token(&folder, &name, role, life.flatten());
            match runtime.block_on(made) {
                Ok(token) => talk::data(&format!("{}\n", token.expose_secret()))?,
                Err(error @ TokenError::Taken(_)) => {
                    talk::error(&error.to_string());
                    return Ok(USAGE);
                }
                Err(error) => return Err(error.into()),
            }
        }
        TokenCommand::List { data } => {
            let folder = DataFolder::beside_service(&data.data)?;
            talk::data(&runtime.block_on(portolan_serve::list_tokens(&folder))?)?;
        }
        TokenCommand::Revoke { name, data } => {
            let folder = DataFolder::beside_service(&data.data)?;
            if !runtime.block_on(portolan_serve::revoke_token(&folder, &name))? {
                talk::error("there is no valid token with this name or id");
                return Ok(FAILED);
            }
        }
    }
    Ok(COMPLETE)
}

pub(super) fn key(command: KeyCommand) -> anyhow::Result<u8> {
    let KeyCommand::Rotate { data } = command;
    let folder = DataFolder::beside_service(&data.data)?;
    let rotated = portolan_serve::rotate_key(&folder, master_key()?);
    let id = super::runtime()?.block_on(rotated)?;
    talk::say(&format!(
        "the current master key is {id}; the file keeps the earlier ones, so back it up together with the store"
    ));
    Ok(COMPLETE)
}
