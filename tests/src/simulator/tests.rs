use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::testing::authorization;
use super::*;

fn connect(simulator: &Simulator) -> TcpStream {
    let address = simulator.url().trim_start_matches("http://");
    TcpStream::connect(address).expect("the simulator listens")
}

/// Sends a ListTasks call; `connection` is `close` or `keep-alive`.
fn send(stream: &mut TcpStream, connection: &str) {
    let request = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\
         X-Amz-Target: AmazonEC2ContainerServiceV20141113.ListTasks\r\n\
         Authorization: {}\r\nContent-Length: 2\r\n\r\n{{}}",
        authorization(BASE_ACCESS_KEY, "us-east-1")
    );
    stream
        .write_all(request.as_bytes())
        .expect("the request is sent");
}

/// Everything received until the connection ends, and whether it ended in order.
fn exchange(simulator: &Simulator) -> (String, bool) {
    let mut stream = connect(simulator);
    send(&mut stream, "close");
    let mut answer = Vec::new();
    let orderly = stream.read_to_end(&mut answer).is_ok();
    (String::from_utf8_lossy(&answer).into_owned(), orderly)
}

fn with_fault(fault: Fault) -> (String, bool) {
    let mut rules = Rules::default();
    rules.faults.push(FaultRule::next("ListTasks", fault, 1));
    let simulator = Simulator::start(World::small(1), rules).expect("a simulator");
    let outcome = exchange(&simulator);
    let (next, orderly) = exchange(&simulator);
    assert!(
        orderly && next.starts_with("HTTP/1.1 200 OK"),
        "the next call works: {next}"
    );
    outcome
}

/// The body of an answer, and the length in its header.
fn body(answer: &str) -> (&str, usize) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let header = head
        .lines()
        .find_map(|it| it.strip_prefix("content-length: "));
    (
        body,
        header
            .and_then(|it| it.parse().ok())
            .expect("a content-length"),
    )
}

#[test]
fn a_connection_serves_several_calls_and_every_answer_has_a_request_id() {
    let simulator = Simulator::start(World::small(1), Rules::default()).expect("a simulator");
    let mut stream = connect(&simulator);
    send(&mut stream, "keep-alive");
    send(&mut stream, "close");
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("two answers");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
    assert_eq!(answers.matches("x-amzn-requestid: ").count(), 2);
    assert_eq!(simulator.counts().first().map(|it| it.calls), Some(2));
}

#[test]
fn a_reset_connection_gives_no_answer() {
    assert_eq!(with_fault(Fault::ConnectionReset).0, "");
}

#[test]
fn a_truncated_body_is_shorter_than_its_header_says() {
    let (answer, _) = with_fault(Fault::TruncatedBody);
    let (body, claimed) = body(&answer);
    assert!(
        !body.is_empty() && body.len() < claimed,
        "{} of {claimed}",
        body.len()
    );
}

#[test]
fn cut_json_has_the_length_that_its_header_says() {
    let (answer, orderly) = with_fault(Fault::CutJson);
    let (body, claimed) = body(&answer);
    assert_eq!((body.len(), orderly), (claimed, true));
    assert!(serde_json::from_str::<serde_json::Value>(body).is_err());
}

#[test]
fn html_and_empty_objects_come_with_status_200() {
    let (answer, _) = with_fault(Fault::Html);
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.contains("text/html"),
        "{answer}"
    );
    let (answer, _) = with_fault(Fault::EmptyObject);
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("\r\n\r\n{}"),
        "{answer}"
    );
}

#[test]
fn slow_bodies_and_latency_take_their_time() {
    let pause = Duration::from_millis(150);
    let mut rules = Rules::default();
    rules
        .faults
        .push(FaultRule::next("ListTasks", Fault::SlowBody(pause), 1));
    let simulator = Simulator::start(World::small(1), rules).expect("a simulator");
    for latency in [Duration::ZERO, pause] {
        simulator.change_rules(|rules| rules.latency = latency);
        let started_at = Instant::now();
        let (answer, _) = exchange(&simulator);
        assert!(started_at.elapsed() >= pause, "{:?}", started_at.elapsed());
        let (body, claimed) = body(&answer);
        assert_eq!(body.len(), claimed);
    }
}

#[test]
fn its_own_pages_show_calls_and_truth() {
    let simulator = Simulator::start(World::small(1), Rules::default()).expect("a simulator");
    exchange(&simulator);
    let ask = |method: &str, page: &str| {
        let mut stream = connect(&simulator);
        let request = format!(
            "{method} /_simulator/{page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        );
        stream
            .write_all(request.as_bytes())
            .expect("the request is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        serde_json::from_str(body).unwrap_or(serde_json::Value::Null)
    };
    assert_eq!(ask("GET", "counts")[0]["items"], 20);
    assert_eq!(ask("GET", "requests")[0]["operation"], "ListTasks");
    assert_eq!(ask("GET", "truth")[0]["running_tasks"], 40);
    ask("POST", "reset");
    assert_eq!(ask("GET", "counts"), serde_json::json!([]));
}

#[test]
fn its_clock_is_moved_while_it_runs() {
    let simulator = Simulator::start(World::small(1), Rules::default()).expect("a simulator");
    let before = simulator.time();
    // Three days and three hours.
    simulator.change_rules(|rules| rules.clock_offset_seconds = 270_000);
    assert!((270_000..270_060).contains(&(simulator.time() - before)));
    let date = || clock::http_date(clock::now(270_000));
    let (earliest, (answer, _), latest) = (date(), exchange(&simulator), date());
    let header = answer.lines().find_map(|it| it.strip_prefix("date: "));
    let header = header.expect("a date");
    assert!(
        [&earliest[..16], &latest[..16]].contains(&&header[..16]),
        "{header}"
    );
    let window = before..=before + 86_400;
    let here = (SINGLE_ACCOUNT, "us-east-1");
    let a_day = simulator.events(here, "RunTask", window.clone()).len();
    assert!((71..=73).contains(&a_day), "{a_day}");
    assert_eq!(simulator.events(("1", "eu-west-1"), "RunTask", window), []);
}

#[test]
fn a_dropped_simulator_is_gone() {
    let simulator = Simulator::start(World::small(1), Rules::default()).expect("a simulator");
    let address = simulator.url().trim_start_matches("http://").to_owned();
    drop(simulator);
    let deadline = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < deadline, "{address} still answers");
        std::thread::sleep(Duration::from_millis(5));
    }
}
