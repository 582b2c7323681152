//! The tools of languages other than Rust. A tool is found inside the module's folder or installed there, and
//! nowhere else.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::BuildError;

/// A program whose version a folder pins, and the steps that install it.
#[derive(Debug)]
pub(crate) struct Tool {
    /// The program's name in messages.
    pub(crate) name: &'static str,
    /// The path of the installed program, relative to the folder.
    pub(crate) place: &'static str,
    /// The file in the folder that pins its version.
    pub(crate) pin: &'static str,
    /// A copy of the pin file, as it was when the steps last ran.
    pub(crate) followed: &'static str,
    /// The environment variable that can name another copy of the program.
    pub(crate) variable: &'static str,
    /// The commands that install it in the folder, each a program and its arguments.
    pub(crate) steps: &'static [&'static [&'static str]],
}

impl Tool {
    /// Returns the program. If it is missing, the steps install it, which needs the network.
    pub(crate) fn find(
        &self,
        dir: &Path,
        offline: bool,
        say: fn(&str),
    ) -> Result<PathBuf, BuildError> {
        if let Some(program) = std::env::var_os(self.variable) {
            // The program runs in the folder, but its path is relative to the current one.
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
        // A failed copy is harmless: only a later change of the pin goes unnoticed.
        let _ = std::fs::copy(dir.join(self.pin), dir.join(self.followed));
        Ok(program)
    }

    /// Whether the tool was installed for another pin. A tool that was installed by hand has no copy of its
    /// pin.
    fn has_other_pin(&self, dir: &Path) -> bool {
        let read = |file| std::fs::read(dir.join(file));
        match (read(self.pin), read(self.followed)) {
            (Ok(pin), Ok(followed)) => pin != followed,
            _ => false,
        }
    }

    fn step(&self, dir: &Path, step: &[&str]) -> Result<(), BuildError> {
        let (program, arguments) = step.split_first().unwrap_or((&"", &[]));
        // A path names a program that an earlier step installed in the folder; a bare name is looked up on
        // PATH.
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

    /// Runs the program in the folder. Its output is shown only if it fails.
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
