//! Serves a simulated Amazon ECS on 127.0.0.1 until it is stopped.

use std::io::{Read, Write};
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use portolan_tests::simulator::{Fault, FaultRule, Rules, Simulator, Throttling, World};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Preset {
    /// Few of everything in one account and Region.
    Small,
    /// Two accounts behind roles, two Regions each, one vanishing cluster.
    Demo,
    /// 50 clusters, 2,000 services, 20,000 tasks, 5,000 revisions.
    Reference,
    /// 100 clusters, 10,000 services, 1,000,000 tasks, 500,000 revisions.
    Vast,
}

/// Serves a simulated Amazon ECS, STS included, and prints its URL once it listens.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port on 127.0.0.1; 0 takes any free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Accounts, Regions and objects of the world
    #[arg(long, value_enum, default_value = "demo")]
    world: Preset,
    /// Equal seeds make equal worlds and equal faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Least latency of every answer, in milliseconds
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Throttle as AWS does, per account, Region and group of actions
    #[arg(long)]
    buckets: bool,
    /// Share of every bucket's refill that other clients take, 0.0 to 1.0
    #[arg(long, default_value_t = 0.0, value_parser = share, requires = "buckets")]
    other_clients_share: f64,
    /// Share of calls, 0.0 to 1.0, answered with 500 InternalFailure
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    internal_failure_rate: f64,
    /// Share of calls answered with ThrottlingException
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    throttling_rate: f64,
    /// Share of calls whose connection is closed without an answer
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    reset_rate: f64,
    /// Share of calls whose body ends before its content-length
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    truncated_rate: f64,
    /// Share of calls answered with JSON that breaks off
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    cut_json_rate: f64,
    /// Share of calls answered with an HTML page and status 200
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    html_rate: f64,
    /// Share of calls answered with `{}`
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    empty_object_rate: f64,
    /// Share of List calls answered with an empty page and a token
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    empty_page_rate: f64,
    /// Number of calls after which a task stops or starts
    #[arg(long)]
    calls_per_change: Option<u64>,
    /// Number of calls after which a service or revision comes or goes
    #[arg(long)]
    calls_per_deployment: Option<u64>,
    /// Seconds that AWS's clock is ahead of this machine's; negative if it is behind
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    clock_offset_seconds: i64,
    /// Share of tagged revisions that the tagging API does not know yet
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    tag_lag: f64,
    /// Stop when standard input is closed
    #[arg(long)]
    until_stdin_closes: bool,
}

/// A number from 0.0 to 1.0.
fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number from 0.0 to 1.0".to_owned()),
    }
}

impl Arguments {
    fn world(&self) -> World {
        match self.world {
            Preset::Small => World::small(self.seed),
            Preset::Demo => World::demo(self.seed),
            Preset::Reference => World::reference(self.seed),
            Preset::Vast => World::vast(self.seed),
        }
    }

    fn rules(&self) -> Rules {
        let rates = [
            (Fault::InternalFailure, self.internal_failure_rate),
            (Fault::Throttling, self.throttling_rate),
            (Fault::ConnectionReset, self.reset_rate),
            (Fault::TruncatedBody, self.truncated_rate),
            (Fault::CutJson, self.cut_json_rate),
            (Fault::Html, self.html_rate),
            (Fault::EmptyObject, self.empty_object_rate),
            (Fault::EmptyPage, self.empty_page_rate),
        ];
        let faults = rates.into_iter().filter(|(_, rate)| *rate > 0.0);
        Rules {
            latency: Duration::from_millis(self.latency_ms),
            faults: faults
                .map(|(fault, rate)| FaultRule::rate(fault, rate))
                .collect(),
            throttling: self.buckets.then_some(Throttling {
                other_clients_share: self.other_clients_share,
            }),
            calls_per_change: self.calls_per_change,
            calls_per_deployment: self.calls_per_deployment,
            clock_offset_seconds: self.clock_offset_seconds,
            tag_lag: self.tag_lag,
            ..Rules::default()
        }
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let simulator = Simulator::start_on(arguments.port, arguments.world(), arguments.rules())?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", simulator.url()).context("cannot print the URL")?;
    stdout.flush().context("cannot print the URL")?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let stop = runtime.block_on(stop(arguments.until_stdin_closes));
    // The thread that waits for standard input may still be running.
    runtime.shutdown_background();
    stop
}

/// Waits for SIGTERM, Ctrl-C or, if requested, the end of standard input.
async fn stop(until_stdin_closes: bool) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let (closed, stdin_closed) = tokio::sync::oneshot::channel();
    if until_stdin_closes {
        std::thread::spawn(move || {
            let mut ignored = [0; 1024];
            while matches!(std::io::stdin().read(&mut ignored), Ok(1..)) {}
            closed.send(())
        });
    }
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.context("cannot wait for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
        _ = stdin_closed, if until_stdin_closes => Ok(()),
    }
}
