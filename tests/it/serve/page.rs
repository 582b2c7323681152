//! The page, as a browser without JavaScript sees it.

/// The walk of a person.
mod walk;

use std::path::PathBuf;
use std::process::Command;

use super::{Served, command, token};
use crate::support::run;

/// A browser: cookies, and no script.
struct Browser<'s> {
    served: &'s Served,
    jar: PathBuf,
}

/// An answer: the status, where it leads, its headers and its body.
struct Seen {
    status: u16,
    location: String,
    headers: String,
    body: String,
}

impl<'s> Browser<'s> {
    fn new(served: &'s Served, name: &str) -> Self {
        let jar = served.site.folder.path().join(format!("cookies-{name}"));
        Self { served, jar }
    }

    /// A browser that has logged in with a token.
    fn of(served: &'s Served, name: &str, token: &str) -> Self {
        let browser = Self::new(served, name);
        let seen = browser.post("/login", &[("token", token)]);
        assert_eq!((seen.status, seen.location.as_str()), (303, "/"), "{name}");
        browser
    }

    fn ask(&self, path: &str, more: &[&str]) -> Seen {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--include", "--max-time", "60"])
            .args(["--noproxy", "*", "--cookie-jar"])
            .arg(&self.jar)
            .arg("--cookie")
            .arg(&self.jar)
            .args(more)
            .arg(format!("{}{path}", self.served.url));
        let ended = run(&mut curl).with(0);
        let (headers, body) = ended.stdout.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = headers.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        Seen {
            status: headers[9..12].parse().unwrap(),
            location: header("location:"),
            headers: headers.to_owned(),
            body: body.to_owned(),
        }
    }

    fn get(&self, path: &str) -> Seen {
        self.ask(path, &[])
    }

    /// The body of a page that is there.
    #[track_caller]
    fn page(&self, path: &str) -> String {
        let seen = self.get(path);
        assert_eq!(seen.status, 200, "{path}: {} {}", seen.headers, seen.body);
        assert!(seen.body.len() < 150_000, "{path}: {}", seen.body.len());
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
        ] {
            assert!(seen.headers.contains(header), "{path}: {}", seen.headers);
        }
        for inline in [" style=", "<style", " onclick=", "<script>", "javascript:"] {
            assert!(!seen.body.contains(inline), "{path} has {inline}");
        }
        seen.body
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let fields: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let mut more = vec!["--request", "POST", "--data", ""];
        for field in &fields {
            more.extend(["--data-urlencode", field]);
        }
        self.ask(path, &more)
    }
}

/// The first address in a page that begins with a text.
#[track_caller]
fn link(body: &str, begin: &str) -> String {
    let from = body.find(&format!("\"{begin}"));
    let from = from.unwrap_or_else(|| panic!("no {begin} in {body}")) + 1;
    let text: String = body[from..].chars().take_while(|it| *it != '"').collect();
    text.replace("&#38;", "&").replace("&amp;", "&")
}

#[test]
fn a_session_ends_with_its_token_and_its_logout() {
    let served = Served::small();
    let text = token(&served.site, "ana", "viewer");
    let (one, two) = (
        Browser::of(&served, "one", &text),
        Browser::of(&served, "two", &text),
    );
    let cookie = std::fs::read_to_string(&one.jar).unwrap();
    let login = one.post("/login", &[("token", &text)]);
    assert!(
        login.headers.contains("HttpOnly; SameSite=Lax"),
        "{}",
        login.headers
    );
    assert_ne!(
        std::fs::read_to_string(&one.jar).unwrap(),
        cookie,
        "it is rotated"
    );
    // A copy of a cookie is as dead as the session.
    let copy = Browser::new(&served, "copy");
    std::fs::write(&copy.jar, cookie).unwrap();
    assert_eq!(copy.get("/").location, "/login?ended=yes");
    one.post("/logout", &[]);
    assert_eq!(one.get("/").status, 303);
    two.page("/");
    run(command(&served.site).args(["token", "revoke", "ana"])).with(0);
    let ended = two.get("/scans");
    assert_eq!(ended.location, "/login?to=/scans&ended=yes");
    assert!(two.page(&ended.location).contains("Your session has ended"));

    let secure = Browser::new(&served, "secure");
    let login = format!("token={}", served.token);
    let more = ["--data", &login, "--header", "X-Forwarded-Proto: https"];
    let seen = secure.ask("/login", &more);
    assert!(
        seen.headers.contains("__Host-portolan="),
        "{}",
        seen.headers
    );
    assert!(seen.headers.contains("; Secure"), "{}", seen.headers);
    // The page never leads to another host.
    for to in ["//evil.example", "https://evil.example/", "/\\evil.example"] {
        let fields = [("token", served.token.as_str()), ("to", to)];
        assert_eq!(secure.post("/login", &fields).location, "/", "{to}");
    }
}

// Long, because one service is asked for all buttons.
#[test]
fn each_request_of_each_button_needs_its_role_and_its_origin() {
    let served = Served::small();
    let credential = served.credential("keys");
    let task = served.register("it", &credential);
    let scan = served.ended(&task)["scanId"].as_str().unwrap().to_owned();
    let finding = served.get("/v1/findings?result=FAIL&limit=1")["items"][0]["id"].clone();
    let finding = finding.as_str().unwrap();
    let operators = [
        format!("/findings/{finding}/mute"),
        format!("/scans/{scan}/cancel"),
        "/registrations/new".to_owned(),
        format!("/registrations/{task}/scan"),
        format!("/registrations/{task}/pause"),
        format!("/registrations/{task}/resume"),
        format!("/registrations/{task}/delete"),
        "/mutes/no-such-mute/revoke".to_owned(),
    ];
    let admins = [
        "/credentials/new".to_owned(),
        format!("/credentials/{credential}/delete"),
        "/tokens".to_owned(),
        "/tokens/no-such-token/revoke".to_owned(),
    ];
    let of = |role: &str| Browser::of(&served, role, &token(&served.site, role, role));
    let (viewer, operator) = (of("viewer"), of("operator"));
    let stranger = Browser::new(&served, "stranger");
    for path in operators.iter().chain(&admins) {
        assert!(
            stranger.post(path, &[]).location.starts_with("/login"),
            "{path}"
        );
        assert_eq!(viewer.post(path, &[]).status, 403, "{path}");
        for foreign in [
            "Origin: https://evil.example",
            "Sec-Fetch-Site: cross-site",
            "Origin: null",
        ] {
            let forged = operator.ask(path, &["--data", "", "--header", foreign]);
            assert_eq!(forged.status, 403, "{path} {foreign}");
        }
    }
    for path in &admins {
        assert_eq!(operator.post(path, &[]).status, 403, "{path}");
    }
    for path in ["/tokens", "/audit", "/credentials/new"] {
        assert_eq!(operator.get(path).status, 403, "{path}");
        assert_eq!(viewer.get(path).status, 403, "{path}");
    }
    assert_eq!(viewer.get("/registrations/new").status, 403);
    for path in ["/", "/scans", "/mutes", &format!("/findings/{finding}")] {
        let main = viewer.page(path);
        let main = main.split("<main").nth(1).unwrap();
        assert!(
            !main.contains("method=\"post\""),
            "{path} offers a viewer something"
        );
    }
    let origin = format!("Origin: {}", served.url);
    let own = [
        "--data",
        "",
        "--header",
        origin.as_str(),
        "--header",
        "Sec-Fetch-Site: same-origin",
    ];
    let paused = operator.ask(&format!("/registrations/{task}/pause"), &own);
    assert_eq!(paused.location, "/scans");
    let resumed = operator.post(&format!("/registrations/{task}/resume"), &[]);
    assert_eq!(resumed.location, "/scans");
    // The log tells who was refused what.
    let audit = served.get("/v1/audit?limit=200").to_string();
    assert!(audit.contains("request.refused"));
}

// Long, because the terminal is told apart from a log, and its link used twice.
#[test]
fn a_terminal_is_shown_a_link_that_logs_in_once() {
    let served = Served::small();
    let log = std::fs::read_to_string(served.site.folder.path().join("log"));
    assert!(
        !log.unwrap_or_default().contains("/login?link="),
        "a log keeps no link"
    );
    // `script` is a terminal around a program; without it there is nothing to try.
    let folder = tempfile::tempdir().unwrap();
    let program = crate::support::program("portolan");
    let line = format!(
        "{} serve --data {} --listen 127.0.0.1:0",
        program.display(),
        folder.path().join("data").display()
    );
    let spawned = Command::new("script")
        .args(["--quiet", "--flush", "--return", "--command", &line])
        .arg(folder.path().join("said"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn();
    let Ok(mut process) = spawned else {
        // Bypasses the capture of output, so that the line is visible.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"SKIPPED: a terminal for the login link: there is no `script`\n",
        );
        return;
    };
    let said = || std::fs::read_to_string(folder.path().join("said")).unwrap_or_default();
    crate::support::wait_until("a link", || said().contains("/login?link="));
    let said = said();
    let at = said.find("http://127").unwrap();
    let address: String = said[at..]
        .chars()
        .take_while(|it| !it.is_whitespace())
        .collect();
    let link: String = said[said.find("/login?link=").unwrap()..]
        .chars()
        .take_while(|it| !it.is_whitespace())
        .collect();
    let ask = || {
        let out = [
            "--silent",
            "--output",
            "/dev/null",
            "--noproxy",
            "*",
            "--write-out",
            "%{http_code} %{redirect_url}",
        ];
        let asked = run(Command::new("curl")
            .args(out)
            .arg(format!("{address}{link}")))
        .with(0);
        asked.stdout
    };
    assert_eq!(ask(), format!("303 {address}/"));
    assert_eq!(ask(), "200 ", "it works once");
    let _ = process.kill();
    let _ = process.wait();
}
