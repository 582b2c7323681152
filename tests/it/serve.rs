//! The service, as a process, over HTTP, with curl.

/// The page in Chromium.
mod browser;
/// Stored credentials: checks, rotation, deletion, encryption at rest.
mod credentials;
/// Exports in every format, and the audit log as a file.
mod exports;
/// Kills and full disks.
mod faults;
/// Strangers, and clients that never finish.
mod hostile;
/// Filters, orders, counts and trends.
mod lists;
/// The page without JavaScript: the walk, sessions, roles.
mod page;
/// Modules by name, plans, and what the process keeps.
mod process;
/// What a scan that is killed, cancelled or incomplete leaves behind.
mod scans;
/// The walk of the seed, and what a registration may say.
mod walk;

use std::io::BufRead;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Site, portolan, run};
use portolan_tests::simulator::BASE_ACCESS_KEY;

/// A secret that must be found nowhere.
const CANARY: &str = "CanarySecretAccessKey/0123456789abcdefghij";
/// AWS's answers in these tests come from loopback; builds run beside them.
const PATIENCE: Duration = Duration::from_secs(90);

/// A data folder, and the service that runs in it.
struct Served {
    site: Site,
    process: Child,
    url: String,
    token: String,
}

/// `portolan COMMAND` with the settings of a service.
fn command(site: &Site) -> Command {
    let mut command = portolan();
    let modules = site.folder.path().join("modules");
    if modules.is_dir() {
        command.env("PORTOLAN_SERVE_MODULES", modules);
    }
    command
        .env("PORTOLAN_DATA", data(site))
        .env("PORTOLAN_QUOTAS", "none")
        .env("PORTOLAN_ENDPOINT_URL", site.simulator.url());
    command
}

fn data(site: &Site) -> std::path::PathBuf {
    site.folder.path().join("data")
}

/// Starts `portolan serve` on a free port, and returns it with its URL.
fn start(site: &Site) -> (Child, String) {
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(site.folder.path().join("log"))
        .unwrap();
    let mut process = command(site)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "trace"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufReader::new(process.stderr.take().unwrap()).lines();
    let mut url = String::new();
    let mut said = Vec::new();
    for line in lines.by_ref() {
        let line = line.unwrap();
        if let Some((_, rest)) = line.split_once("listening on ") {
            url = rest.trim().to_owned();
            break;
        }
        said.push(line);
    }
    assert!(!url.is_empty(), "the service did not start: {said:#?}");
    std::thread::spawn(move || {
        use std::io::Write;
        let mut log = log;
        for line in lines.map_while(Result::ok) {
            let _ = writeln!(log, "{line}");
        }
    });
    (process, url)
}

fn token(site: &Site, name: &str, role: &str) -> String {
    let made = run(command(site).args(["token", "create", name, "--role", role])).with(0);
    made.stdout.trim().to_owned()
}

impl Served {
    fn new(site: Site) -> Self {
        let token = token(&site, "admin", "admin");
        let (process, url) = start(&site);
        Self {
            site,
            process,
            url,
            token,
        }
    }

    fn small() -> Self {
        Self::new(Site::small())
    }

    /// A request with a token; the status and the body.
    fn ask_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--max-time",
            "60",
            "--noproxy",
            "*",
        ])
        .args(["--write-out", "\n%{http_code}", "--request", method])
        .arg("--header")
        .arg(format!("Authorization: Bearer {token}"));
        if let Some(body) = body {
            curl.args(["--header", "Content-Type: application/json", "--data"])
                .arg(body.to_string());
        }
        let ended = run(curl.arg(format!("{}{path}", self.url))).with(0);
        let (body, status) = ended.stdout.rsplit_once('\n').unwrap();
        let body = serde_json::from_str(body).unwrap_or_else(|_| json!(body));
        (status.parse().unwrap(), body)
    }

    /// A request that succeeds.
    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let mut answered = self.ask_as(&self.token, method, path, body);
        while answered.0 == 429 {
            std::thread::sleep(Duration::from_secs(1));
            answered = self.ask_as(&self.token, method, path, body);
        }
        let (status, answer) = answered;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {answer}"
        );
        answer
    }

    /// An answer that is no single JSON value, as text.
    #[track_caller]
    fn text(&self, path: &str) -> String {
        let file = self.site.folder.path().join("answer");
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--fail", "--noproxy", "*", "--output"])
            .arg(&file)
            .arg("--header")
            .arg(format!("Authorization: Bearer {}", self.token))
            .arg(format!("{}{path}", self.url));
        run(&mut curl).with(0);
        std::fs::read_to_string(&file).unwrap()
    }

    /// The rows of all pages of a list.
    fn all(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{joint}limit=97{after}"));
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else {
                return rows;
            };
            after = format!("&after={next}");
        }
    }

    /// The number of rows that a count of a filter has.
    fn counted(&self, path: &str) -> i64 {
        let counts = self.get(path)["counts"].as_array().unwrap().clone();
        counts.iter().map(|it| it["count"].as_i64().unwrap()).sum()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None)
    }

    /// A request that is refused; its sentence.
    #[track_caller]
    fn refused(&self, status: u16, method: &str, path: &str, body: Option<&Value>) -> String {
        let (answered, problem) = self.ask_as(&self.token, method, path, body);
        assert_eq!(answered, status, "{method} {path}: {problem}");
        assert_eq!(problem["status"], json!(status), "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// Stores the access key of the simulated world.
    fn credential(&self, name: &str) -> String {
        let body =
            json!({"credentialName": name, "accessKey": BASE_ACCESS_KEY, "accessSecret": CANARY});
        let stored = self.ask("POST", "/v1/aws/credentials", Some(&body));
        stored["credentialId"].as_str().unwrap().to_owned()
    }

    /// Registers us-east-1, and returns the id.
    fn register(&self, name: &str, credential: &str) -> String {
        let body = json!({"taskName": name, "secretUUID": credential, "region": "us-east-1"});
        let registered = self.ask("POST", "/v1/aws/ecs/tasks", Some(&body));
        registered["taskId"].as_str().unwrap().to_owned()
    }

    /// The newest scan of a registration, once it has ended.
    #[track_caller]
    fn ended(&self, task: &str) -> Value {
        let began = Instant::now();
        loop {
            let scans = self.get(&format!("/v1/scans?task={task}&limit=1"));
            let scan = scans["items"][0].clone();
            if scan["finishedAt"].is_string() {
                return scan;
            }
            assert!(began.elapsed() < PATIENCE, "the scan does not end: {scan}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Ends the process with a signal, and waits for it.
    fn end(&mut self, signal: &str) {
        let id = self.process.id().to_string();
        run(Command::new("kill").args([signal, &id])).with(0);
        self.process.wait().unwrap();
    }

    /// Starts it again in the same folder.
    fn restart(&mut self) {
        (self.process, self.url) = start(&self.site);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The files under a folder that contain a text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            if bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
