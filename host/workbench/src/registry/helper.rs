//! Docker's credential helpers: programs that read a registry's name from standard input and print the
//! credentials for it. They may hang, fail, or not read their input.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::patience::WORD_AFTER;

/// Some helpers ask a person or a distant server.
const LIMIT: Duration = Duration::from_secs(30);
/// Far larger than any answer.
const ANSWER_LIMIT_BYTES: u64 = 1024 * 1024;
/// The agreed output of a helper without credentials for a registry.
const NOTHING_STORED: &str = "credentials not found";

/// The answer of a helper.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Debug, PartialEq))]
#[serde(rename_all = "PascalCase")]
pub(super) struct Stored {
    pub(super) username: String,
    pub(super) secret: String,
}

/// Asks a helper. The result is `None` if it has no credentials for the registry.
///
/// # Errors
/// The helper's fault, as the end of a sentence. Its own text may hold a secret, so the error does not repeat
/// it.
pub(super) fn ask(program: &str, server: &str) -> Result<Option<Stored>, String> {
    let mut command = Command::new(program);
    command.arg("get");
    ask_within(command, program, server, WORD_AFTER, LIMIT)
}

fn ask_within(
    mut command: Command,
    name: &str,
    server: &str,
    word_after: Duration,
    limit: Duration,
) -> Result<Option<Stored>, String> {
    let end = Instant::now() + limit;
    let spawned = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        ErrorKind::NotFound => "cannot be run (is it installed, and on the PATH?)".to_owned(),
        _ => format!("cannot be run: {error}"),
    })?;
    let given = child
        .stdin
        .take()
        .map_or(Ok(()), |mut input| input.write_all(server.as_bytes()));
    // A helper for a single registry may answer without reading its input.
    if let Err(error) = given
        && error.kind() != ErrorKind::BrokenPipe
    {
        stop(&mut child);
        return Err(format!("does not take the registry's name: {error}"));
    }
    let (sender, receiver) = sync_channel(1);
    let output = child.stdout.take();
    // A child of the helper may hold its output open for ever; then this thread ends with the process.
    std::thread::spawn(move || {
        let mut answer = Vec::new();
        let read = output.map_or(Ok(0), |output| {
            output.take(ANSWER_LIMIT_BYTES + 1).read_to_end(&mut answer)
        });
        let _ = sender.send(read.map(|_| answer));
    });
    let mut answer = receiver.recv_timeout(word_after);
    if matches!(answer, Err(RecvTimeoutError::Timeout)) {
        tracing::warn!(
            "waiting for the credential helper `{name}`, at most {} s; does it ask for something?",
            limit.as_secs()
        );
        answer = receiver.recv_timeout(end.saturating_duration_since(Instant::now()));
    }
    let late = || {
        format!(
            "has not answered after {} seconds (run it by hand with `get` to see why)",
            limit.as_secs()
        )
    };
    let status = answer.is_ok().then(|| ended(&mut child, end)).flatten();
    let (Ok(answer), Some(status)) = (answer, status) else {
        stop(&mut child);
        return Err(late());
    };
    let answer = answer.map_err(|error| format!("gives an answer that cannot be read: {error}"))?;
    understand(&answer, status)
}

/// Waits for the end of a program that has closed its output.
fn ended(child: &mut Child, end: Instant) -> Option<ExitStatus> {
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stop(child: &mut Child) {
    // A program that has ended by itself is not there to kill.
    let _ = child.kill();
    let _ = child.wait();
}

fn understand(answer: &[u8], status: ExitStatus) -> Result<Option<Stored>, String> {
    let text = portolan_machine::text::read_all(answer, ANSWER_LIMIT_BYTES);
    let has_nothing = |text: &String| text.contains(NOTHING_STORED);
    if text.as_ref().is_ok_and(has_nothing) {
        return Ok(None);
    }
    if !status.success() {
        return Err(format!(
            "failed with {status} (run it by hand with `get` to see why)"
        ));
    }
    let text = text.map_err(|error| format!("gives an answer that cannot be read: {error}"))?;
    if text.trim().is_empty() {
        return Err("answers nothing (run it by hand with `get` to see why)".to_owned());
    }
    let stored: Stored =
        serde_json::from_str(&text).map_err(|_| "does not answer with credentials".to_owned())?;
    let is_none = stored.username.is_empty() && stored.secret.is_empty();
    Ok((!is_none).then_some(stored))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn asked(does: &str) -> Result<Option<Stored>, String> {
        let mut command = Command::new("sh");
        command.args(["-c", does]);
        let (word, limit) = (Duration::from_millis(100), Duration::from_secs(2));
        ask_within(command, "docker-credential-case", "ghcr.io", word, limit)
    }

    #[test]
    fn one_that_hangs_is_ended() {
        for does in ["sleep 60", "sleep 60 & exit 0", "exec >&-; sleep 60"] {
            let began = Instant::now();
            let error = asked(does).expect_err(does);
            assert!(
                error.contains("has not answered after 2 seconds"),
                "{error}"
            );
            assert!(began.elapsed() < Duration::from_secs(20), "{does}");
        }
    }

    #[test]
    fn one_that_does_not_read_is_heard() {
        let answer = r#"printf '\357\273\277{"Username":"u","Secret":"p"}\r\n'"#;
        for does in [
            answer,
            &format!("exec <&-; {answer}"),
            &format!("cat >/dev/null; {answer}"),
        ] {
            let stored = asked(does).expect(does).expect(does);
            assert_eq!((&*stored.username, &*stored.secret), ("u", "p"));
        }
    }

    #[test]
    fn each_way_to_give_nothing_has_its_words() {
        for does in [
            "echo credentials not found in native keychain; exit 1",
            r#"echo '{"Username":"","Secret":""}'"#,
        ] {
            assert_eq!(asked(does), Ok(None), "{does}");
        }
        for (does, reason) in [
            ("echo s3cr3t; exit 3", "failed with exit status: 3"),
            ("exit 0", "answers nothing"),
            ("echo s3cr3t", "does not answer with credentials"),
            (r"printf '\377\376{\000'", "it is UTF-16"),
        ] {
            let error = asked(does).expect_err(does);
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("s3cr3t"), "{error}");
        }
        let (word, limit) = (Duration::from_secs(1), Duration::from_secs(1));
        let missing = Command::new("/nowhere/docker-credential-case");
        let error = ask_within(missing, "case", "ghcr.io", word, limit).expect_err("missing");
        assert!(error.contains("is it installed"), "{error}");
    }
}
