//! The files of `--export`, which appear when the assessment is done.

use std::fs::{self, File};
use std::io::{self, BufWriter, Stdout, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use portolan_assess::{Assessing, Finding, Record};
use portolan_export::{Export, Format};
use portolan_machine::aside;
use tempfile::NamedTempFile;

/// The prefix of files before they are renamed to their places.
pub(super) const PREFIX: &str = ".portolan-assess-";
/// The name of standard output.
const STDOUT: &str = "-";

/// A format, and the file that it is written to.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    format: Format,
    file: PathBuf,
}

impl Wish {
    fn is_stdout(&self) -> bool {
        self.file == Path::new(STDOUT)
    }

    /// The file that a link leads to, or the file itself.
    fn target(&self) -> PathBuf {
        fs::canonicalize(&self.file).unwrap_or_else(|_| self.file.clone())
    }

    /// The file with its folder in full; `None` for standard output, and without the folder.
    fn place(&self) -> Option<PathBuf> {
        let folder = self.file.parent().filter(|own| *own != Path::new(""));
        let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()?;
        (!self.is_stdout()).then(|| folder.join(self.file.file_name().unwrap_or_default()))
    }

    /// The name of the file, if it is in a folder.
    fn name_in(&self, folder: &Path) -> Option<String> {
        let place = self.place()?;
        let is_there = place.parent() == Some(fs::canonicalize(folder).ok()?.as_path());
        let name = place.file_name().filter(|_| is_there)?;
        Some(name.to_string_lossy().into_owned())
    }
}

/// Reads `ocsf=findings.ocsf.jsonl`.
fn wish(text: &str) -> Result<Wish, String> {
    let words = Format::ALL.map(Format::word);
    let known = |word: &str| Format::ALL.into_iter().find(|format| format.word() == word);
    let wish = text.split_once('=').and_then(|(word, file)| {
        let file = Some(PathBuf::from(file)).filter(|file| file.file_name().is_some())?;
        known(word).map(|format| Wish { format, file })
    });
    wish.ok_or_else(|| {
        format!(
            "give a format and a file, for example ocsf=findings.ocsf.jsonl; formats are {}",
            words.join(", ")
        )
    })
}

/// Reads the wishes, and checks that no file is written twice, and none that belongs to the sync. `is_taken` says
/// whether standard output has other lines.
pub(super) fn wishes(given: &[String], folder: &Path, is_taken: bool) -> Result<Vec<Wish>, String> {
    let wishes = given.iter().map(|text| wish(text));
    let wishes = wishes.collect::<Result<Vec<_>, _>>();
    let wishes = wishes.map_err(|reason| format!("--export: {reason}"))?;
    if is_taken && wishes.iter().any(Wish::is_stdout) {
        return Err("--export: standard output has the records; name a file".into());
    }
    check(&wishes, folder)?;
    Ok(wishes)
}

fn check(wishes: &[Wish], folder: &Path) -> Result<(), String> {
    for (place, wish) in wishes.iter().enumerate() {
        let shown = wish.file.display();
        let own = wish.place();
        let is_same =
            |other: &Wish| other.file == wish.file || own.is_some() && own == other.place();
        if wishes[..place].iter().any(is_same) {
            return Err(format!(
                "--export names {shown} twice; give each format its own file"
            ));
        }
        let name = wish.name_in(folder);
        if name.is_some_and(|name| !portolan_sink::is_export_name(&name)) {
            return Err(format!(
                "--export: {shown} has the name of a file of the sync or the assessment; choose another one"
            ));
        }
        if wish.file.is_dir() {
            return Err(format!("--export: {shown} is a folder; name a file in it"));
        }
    }
    Ok(())
}

/// Exports while findings come.
pub(super) struct Exports {
    all: Vec<(Wish, Export<BufWriter<Out>>)>,
    /// Names of exports that an earlier assessment of the same records left in the folder.
    earlier: Vec<String>,
}

enum Out {
    File(NamedTempFile),
    Stdout(Stdout),
    /// A device or a pipe: nothing can take its place.
    Device(File),
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::Device(device) => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stdout(stdout) => stdout.flush(),
            Self::Device(device) => device.flush(),
        }
    }
}

impl Exports {
    pub(super) fn create(
        wishes: &[Wish],
        assessing: &Assessing,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut all = Vec::with_capacity(wishes.len());
        for wish in wishes {
            let failed = || format!("cannot write {}", wish.file.display());
            let is_device = fs::metadata(&wish.file).is_ok_and(|about| !about.is_file());
            let out = match (wish.is_stdout(), is_device) {
                (true, _) => Out::Stdout(io::stdout()),
                (_, true) => Out::Device(
                    File::options()
                        .write(true)
                        .open(&wish.file)
                        .with_context(failed)?,
                ),
                _ => Out::File(aside::beside(&wish.target(), PREFIX).with_context(failed)?),
            };
            let out = BufWriter::with_capacity(256 * 1024, out);
            let export = Export::begin(wish.format, assessing, out).with_context(failed)?;
            all.push((wish.clone(), export));
        }
        let mut earlier = portolan_sink::exports_in(folder);
        earlier.retain(|name| folder.join(name).is_file());
        Ok(Self { all, earlier })
    }

    pub(super) fn write(&mut self, finding: &Finding, subject: &Record) -> anyhow::Result<()> {
        for (wish, export) in &mut self.all {
            let written = export.write(finding, subject);
            written.with_context(|| format!("cannot write {}", wish.file.display()))?;
        }
        Ok(())
    }

    /// Ends the exports. Files do not appear yet.
    pub(super) fn finish(self) -> anyhow::Result<Written> {
        let mut files = Vec::new();
        for (wish, export) in self.all {
            let failed = || format!("cannot write {}", wish.file.display());
            let out = export.finish().with_context(failed)?;
            let out = out.into_inner().map_err(io::IntoInnerError::into_error);
            if let Out::File(file) = out.with_context(failed)? {
                file.as_file().sync_data().with_context(failed)?;
                files.push((wish, file));
            }
        }
        Ok(Written {
            files,
            earlier: self.earlier,
        })
    }
}

/// Exports that are written, but have not appeared.
pub(super) struct Written {
    files: Vec<(Wish, NamedTempFile)>,
    earlier: Vec<String>,
}

impl Written {
    /// The names of all exports in a folder.
    pub(super) fn names_in(&self, folder: &Path) -> Vec<String> {
        let new = self
            .files
            .iter()
            .filter_map(|(wish, _)| wish.name_in(folder));
        let mut names: Vec<String> = self.earlier.iter().cloned().chain(new).collect();
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn appear(self) -> anyhow::Result<()> {
        for (wish, file) in self.files {
            let failed = || format!("cannot write {}", wish.file.display());
            file.persist(wish.target()).with_context(failed)?;
        }
        Ok(())
    }
}
