//! The modules that registrations may name: the files of one folder, which only the process chooses.

use std::path::{Path, PathBuf};

use portolan_machine::text::printable;
use portolan_sandbox::{Kind, Surface};

/// Larger than any module that a sync takes.
const MODULE_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// The names that an error lists.
const NAMES_SHOWN: usize = 20;

/// The files of the modules that a registration names, by what they do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) overlays: Vec<PathBuf>,
    pub(crate) assessors: Vec<PathBuf>,
}

/// Finds modules by their names.
///
/// # Errors
/// The sentence about a name that is not admitted.
pub(crate) fn choose(folder: Option<&Path>, names: &[String]) -> Result<Chosen, String> {
    let mut chosen = Chosen::default();
    let Some(folder) = folder else {
        return match names {
            [] => Ok(chosen),
            _ => Err("modules: this service admits none; start it with --modules FOLDER".into()),
        };
    };
    for name in names {
        let file = is_name(name).then(|| folder.join(format!("{name}.wasm")));
        let file = file.filter(|file| file.is_file()).ok_or_else(|| {
            format!(
                "modules: `{}` is none of those that this service admits: {}",
                printable(name, 64),
                admitted(folder)
            )
        })?;
        match kind(&file) {
            Some(Kind::Overlay) => chosen.overlays.push(file),
            Some(Kind::Assessor) => chosen.assessors.push(file),
            Some(Kind::Mapping) => {
                return Err(format!(
                    "modules: `{name}` is a mapper, which the service takes for all registrations or none (`serve --mappers`); a registration names overlays and assessors"
                ));
            }
            None => return Err(format!("modules: `{name}` is not a module of Portolan")),
        }
    }
    Ok(chosen)
}

/// A name cannot lead out of the folder.
fn is_name(name: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
    (1..=64).contains(&name.len()) && name.chars().all(is_sign) && !name.starts_with('.')
}

fn kind(file: &Path) -> Option<Kind> {
    let is_small = |length| length <= MODULE_LIMIT_BYTES;
    let length = file.metadata().ok()?.len();
    let bytes = is_small(length).then(|| std::fs::read(file).ok())??;
    Surface::names(&bytes).ok()?.kind()
}

fn admitted(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            Some(
                entry
                    .file_name()
                    .to_str()?
                    .strip_suffix(".wasm")?
                    .to_owned(),
            )
        })
        .filter(|name| is_name(name))
        .collect();
    names.sort();
    names.truncate(NAMES_SHOWN);
    match names.is_empty() {
        true => "there are none".into(),
        false => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_admitted() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("odd.wasm"), "no module").expect("written");
        let choose = |name: &str| choose(Some(folder.path()), &[name.to_owned()]);
        for name in [
            "../odd",
            "/etc/passwd",
            "",
            ".odd",
            "odd.wasm",
            "x\u{1b}[0m",
        ] {
            let refused = choose(name).expect_err("refused");
            assert!(
                refused.ends_with("admits: odd") && !refused.contains('\u{1b}'),
                "{refused}"
            );
        }
        assert!(
            choose("odd")
                .expect_err("refused")
                .contains("is not a module")
        );
        let none = super::choose(None, &["odd".into()]).expect_err("refused");
        assert!(none.contains("--modules"), "{none}");
        assert_eq!(super::choose(None, &[]), Ok(Chosen::default()));
    }
}
