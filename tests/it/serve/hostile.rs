//! Requests of strangers, and of clients that never finish. schemathesis, which tests/setup.sh installs, draws requests
//! from the API's own description; without it, its test says that it was skipped.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::json;

use super::{Served, token};
use crate::support::{figure, root, run};

/// Bytes on a connection of their own, and what comes back until the service closes it.
fn raw(served: &Served, request: &[u8]) -> String {
    let mut stream = connect(served);
    // The service may answer and close before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn connect(served: &Served) -> TcpStream {
    let stream = TcpStream::connect(served.url.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream
}

fn status(answer: &str) -> u16 {
    let word = answer.split(' ').nth(1);
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

/// Statuses of 4xx; 0 is a connection that was closed without an answer.
fn is_refused(status: u16) -> bool {
    status == 0 || (400..500).contains(&status)
}

#[test]
fn no_token_that_is_nearly_right_gets_in() {
    let served = Served::small();
    let valid = served.token.clone();
    let mut random = Rng::with_seed(figure("PORTOLAN_TEST_FUZZ_SEED", 1));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..figure("PORTOLAN_TEST_FUZZ_CASES", 300).min(3000) {
        let mut bytes = valid.clone().into_bytes();
        let at = random.usize(..bytes.len());
        match random.u8(..6) {
            0 => bytes.truncate(at),
            1 => bytes[at] ^= 1 << random.u8(..5),
            2 => bytes.insert(at, random.u8(33..127)),
            3 => bytes.extend(std::iter::repeat_n(b'0', random.usize(1..9000))),
            4 => bytes = std::iter::repeat_with(|| random.u8(..)).take(at).collect(),
            _ => bytes.make_ascii_uppercase(),
        }
        if bytes == valid.as_bytes() || bytes.trim_ascii() == valid.as_bytes() {
            continue;
        }
        bytes.retain(|byte| !b"\r\n".contains(byte));
        let scheme = random
            .choice(["Bearer ", "bearer  ", "Basic ", "", "Bearer\t"])
            .unwrap();
        let mut request =
            b"GET /v1/findings HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: "
                .to_vec();
        request.extend(scheme.as_bytes());
        request.extend(&bytes);
        request.extend(b"\r\n\r\n");
        let answered = status(&raw(&served, &request));
        assert!(
            is_refused(answered),
            "{answered} {}",
            String::from_utf8_lossy(&request)
        );
        seen.insert(answered);
    }
    assert!(seen.contains(&401) && seen.contains(&429), "{seen:?}");
    // Whoever has a valid token at this address still gets in.
    served.get("/v1/findings");
}

#[test]
fn odd_paths_and_bodies_are_refused_and_never_a_bug() {
    let served = Served::small();
    let mut random = Rng::with_seed(figure("PORTOLAN_TEST_FUZZ_SEED", 1));
    let pieces = [
        "v1",
        "findings",
        "..",
        "%2e%2e",
        "%00",
        "%ff",
        "{id}",
        "aws",
        "ecs",
        "tasks",
        "export",
        "counts",
        "?",
        "&",
        "=",
        "after",
        "limit",
        "e30",
        "%",
        "'",
        "a,b",
        "\u{fc}",
        "//",
        "openapi.json",
    ];
    let authorization = format!("Authorization: Bearer {}\r\n", served.token);
    for case in 0..figure("PORTOLAN_TEST_FUZZ_CASES", 300).min(3000) {
        let number = random.usize(1..7);
        let path: Vec<&str> = (0..number)
            .map(|_| *random.choice(&pieces).unwrap())
            .collect();
        let path = path.join(random.choice(["/", ""]).unwrap());
        let method = random
            .choice(["GET", "POST", "PATCH", "DELETE", "PUT", "BREW"])
            .unwrap();
        let request = format!(
            "{method} /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{authorization}\r\n"
        );
        let answered = status(&raw(&served, request.as_bytes()));
        assert!(answered < 500, "{answered} {method} /{path}");
        // The limit of requests is for another test.
        if case % 40 == 39 {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

#[test]
fn large_and_garbled_requests_are_refused() {
    let served = Served::small();
    let authorization = format!("Authorization: Bearer {}\r\n", served.token);
    let long = "x".repeat(300 * 1024);
    let body = json!({"credentialName": long, "accessKey": "A", "accessSecret": "s"}).to_string();
    let head = format!(
        "POST /v1/aws/credentials HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n{authorization}Content-Length: {}\r\n\r\n",
        body.len()
    );
    let answered = raw(&served, format!("{head}{body}").as_bytes());
    assert!([0, 413].contains(&status(&answered)), "{answered}");
    for head in [
        format!("GET /v1/{long} HTTP/1.1\r\nHost: a\r\n{authorization}\r\n"),
        format!(
            "GET /v1/findings HTTP/1.1\r\nHost: a\r\nX-Long: {long}{long}\r\n{authorization}\r\n"
        ),
        "\u{0}\u{1}\u{2}\r\n\r\n".into(),
    ] {
        let answered = status(&raw(&served, head.as_bytes()));
        assert!(
            is_refused(answered),
            "{answered} {}",
            &head[..60.min(head.len())]
        );
    }
    served.get("/v1/findings");
}

#[test]
fn clients_that_never_finish_keep_nobody_waiting() {
    let served = Served::small();
    let head = format!(
        "POST /v1/mutes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\n",
        served.token
    );
    let began = Instant::now();
    let mut slow: Vec<TcpStream> = (0..200).map(|_| connect(&served)).collect();
    for (place, stream) in slow.iter_mut().enumerate() {
        let sent = match place % 3 {
            0 => "GET /v1/findings HT",
            1 => head.as_str(),
            _ => "",
        };
        stream.write_all(sent.as_bytes()).unwrap();
    }
    // A body that never comes.
    let mut bodiless = connect(&served);
    let rest = "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"control\":";
    bodiless
        .write_all(format!("{head}{rest}").as_bytes())
        .unwrap();
    let asked = Instant::now();
    served.get("/v1/findings");
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    for stream in &mut slow {
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answered = status(&String::from_utf8_lossy(&answer));
        assert!(is_refused(answered), "{answered}");
    }
    assert!(
        began.elapsed() < Duration::from_secs(28),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn the_api_does_what_its_description_says() {
    let tool = root().join("target/tools-serve/bin/schemathesis");
    if !root().join("target/tools-serve/requirements.txt").is_file() {
        let why = format!("{} is not there; run `make setup`", tool.display());
        let is_required =
            std::env::var_os("PORTOLAN_TEST_SERVE").is_some_and(|it| it == "required");
        assert!(!is_required, "{why}");
        // Bypasses the test's output capture, so that the line is visible.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: requests from the API's description: {why}"
        );
        return;
    }
    let served = Served::small();
    let task = served.register("it", &served.credential("keys"));
    served.ended(&task);
    // Its requests revoke tokens that they find.
    let own = token(&served.site, "schemathesis", "admin");
    let examples = figure("PORTOLAN_TEST_SERVE_EXAMPLES", 3).to_string();
    let mut command = Command::new(tool);
    command
        .args(["run", &format!("{}/openapi.json", served.url), "--no-color"])
        .args(["--header", &format!("Authorization: Bearer {own}")])
        .args(["--phases", "examples,coverage,fuzzing", "--rate-limit", "45/s"])
        .args(["--max-examples", &examples, "--seed", "1", "--generation-database", "none"])
        .args(["--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"])
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(served.site.folder.path());
    let ended = run(&mut command);
    assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    served.get("/v1/findings");
}
