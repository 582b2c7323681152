//! Random changes of foreign input, through its readers. Each target has a corpus, a folder in `tests/fuzz`;
//! a new file is a new case.
//!
//! PORTOLAN_TEST_FUZZ_CASES is the number of changed texts per target, PORTOLAN_TEST_FUZZ_SEED their seed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::support::{figure, root};

/// Answers of mappings, through the memory of a module.
mod answer;
/// The configuration file, and the same settings as flags.
mod config;
/// The events in a page.
mod event;
/// JSON as a page has it, for a second reading of it.
mod json;
/// Manifests of modules.
mod manifest;
/// Random changes of a text.
mod mutate;
/// The scan of a page, and parts of pages.
mod page;
/// Merge patches of overlays.
mod patch;
/// Modules that give the answer of a test.
mod puppet;

/// Stands in the corpora in the place of a secret.
const CANARY: &str = "CANARY";

/// Checks a property on every file of the folders, and on `cases` changed texts unless a variable sets
/// another number. The property returns whether the input was accepted.
#[expect(clippy::print_stdout, reason = "figures for --nocapture")]
fn run(folders: &[&str], cases: u64, holds: impl Fn(&[u8]) -> anyhow::Result<bool>) {
    let files: Vec<PathBuf> = folders.iter().flat_map(|folder| files(folder)).collect();
    assert!(!files.is_empty(), "{folders:?} are empty");
    let texts = files.iter().map(|file| std::fs::read(file).unwrap());
    let corpus: Vec<Vec<u8>> = texts.collect();
    let (seed, cases) = (seed(), figure("PORTOLAN_TEST_FUZZ_CASES", cases));
    for (file, text) in files.iter().zip(&corpus) {
        checked(text, &file.display().to_string(), &holds);
    }
    let mut taken = 0;
    for case in 0..cases {
        let seed = seed.wrapping_add(case);
        let input = mutate::changed(&mut Rng::with_seed(seed), &corpus);
        let again = format!("PORTOLAN_TEST_FUZZ_SEED={seed} PORTOLAN_TEST_FUZZ_CASES=1");
        taken += u64::from(checked(&input, &again, &holds));
    }
    println!("{}: {taken} of {cases} texts were taken", folders[0]);
    // Texts that are only refused would show little.
    assert!(
        cases < 100 || taken > cases / 20,
        "{taken} of {cases} texts were taken"
    );
}

/// The first seed of the changes; each case has its own.
pub(crate) fn seed() -> u64 {
    figure("PORTOLAN_TEST_FUZZ_SEED", 1)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests").join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    // The meaning of a seed depends on this order.
    let mut paths: Vec<_> = paths.filter(|path| is_case(path)).collect();
    paths.sort();
    paths
}

fn is_case(path: &Path) -> bool {
    ["json", "toml"]
        .map(Some)
        .contains(&path.extension().and_then(|it| it.to_str()))
}

/// Whether the input was accepted. A failure reports the smallest failing input that it finds.
fn checked(input: &[u8], from: &str, holds: &impl Fn(&[u8]) -> anyhow::Result<bool>) -> bool {
    let outcome = catch_unwind(AssertUnwindSafe(|| holds(input)));
    let (problem, input) = match outcome {
        Ok(Ok(taken)) => return taken,
        Ok(Err(problem)) => {
            let fails = |input: &[u8]| {
                catch_unwind(AssertUnwindSafe(|| holds(input))).is_ok_and(|it| it.is_err())
            };
            (format!("{problem:#}"), mutate::shrunk(input, fails))
        }
        // The panic hook has reported each panic.
        Err(_) => ("it panics".to_owned(), input.to_owned()),
    };
    panic!("{problem}\n{from}\n{}", input.escape_ascii());
}
