//! The tools of languages other than Rust: found inside the folder, or set up there. Nothing is installed
//! anywhere else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::BuildError;

/// A program whose version a folder pins, and the way to have it.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: &'static str,
    /// Where the steps put it, seen from the folder.
    pub(crate) place: &'static str,
    /// The file of the folder that pins its version.
    pub(crate) pin: &'static str,
    /// Where a copy of that file tells which pin the steps have followed.
    pub(crate) followed: &'static str,
    /// The environment variable that names it elsewhere.
    pub(crate) variable: &'static str,
    /// Commands to run in the folder, each a program and its arguments.
    pub(crate) steps: &'static [&'static [&'static str]],
}

impl Tool {
    /// The program, after the steps if it is not there yet; these need the network.
    pub(crate) fn find(
        &self,
        dir: &Path,
        offline: bool,
        say: fn(&str),
    ) -> Result<PathBuf, BuildError> {
        if let Some(program) = std::env::var_os(self.variable) {
            // It is started in the folder, and named from here.
            return std::path::absolute(&program).map_err(|source| BuildError::RunTool {
                tool: self.name,
                program: program.into(),
                source,
            });
        }
        let program = dir.join(self.place);
        let is_there = program.is_file();
        if is_there && !self.has_other_pin(dir) {
            return Ok(program);
        }
        if offline {
            let reason = match is_there {
                true => format!("{} has changed since it was installed", self.pin),
                false => "it is not installed in this folder".to_owned(),
            };
            return Err(self.missing(dir, reason));
        }
        say(&format!(
            "installing {} inside {}, once",
            self.name,
            dir.display()
        ));
        for step in self.steps {
            self.step(dir, step)?;
        }
        if !program.is_file() {
            return Err(self.missing(dir, format!("there is no {}", self.place)));
        }
        // Without the copy the tool works as well; only a later change of the pin would not be seen.
        let _ = std::fs::copy(dir.join(self.pin), dir.join(self.followed));
        Ok(program)
    }

    /// Whether the tool was installed for another pin. One that was installed by hand has no copy of its pin.
    fn has_other_pin(&self, dir: &Path) -> bool {
        let read = |file| std::fs::read(dir.join(file));
        match (read(self.pin), read(self.followed)) {
            (Ok(pin), Ok(followed)) => pin != followed,
            _ => false,
        }
    }

    fn step(&self, dir: &Path, step: &[&str]) -> Result<(), BuildError> {
        let (program, arguments) = step.split_first().unwrap_or((&"", &[]));
        // What an earlier step has put into the folder; all else is looked for on PATH alone.
        let program = match program.contains('/') {
            true => dir.join(program),
            false => program.into(),
        };
        let output = Command::new(&program)
            .args(arguments)
            .current_dir(dir)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| {
                self.missing(dir, format!("{} does not run: {error}", program.display()))
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = format!("`{}` failed: {}", step.join(" "), said.trim());
        Err(self.missing(dir, reason))
    }

    fn missing(&self, dir: &Path, reason: String) -> BuildError {
        let steps: Vec<String> = self.steps.iter().map(|step| step.join(" ")).collect();
        BuildError::NoTool {
            tool: self.name,
            variable: self.variable,
            path: dir.to_owned(),
            reason,
            steps: steps.join("\n  "),
        }
    }

    /// Runs the program in the folder; what it says is shown only if it fails.
    pub(crate) fn run(
        &self,
        program: &Path,
        dir: &Path,
        arguments: &[&std::ffi::OsStr],
    ) -> Result<(), BuildError> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(dir)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| BuildError::RunTool {
                tool: self.name,
                program: program.to_owned(),
                source,
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said));
        Err(BuildError::Tool {
            tool: self.name,
            status: output.status,
            said: said.concat().trim().to_owned(),
        })
    }
}
