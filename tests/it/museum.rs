//! Released components that must load and give the same bytes for ever: one folder each in tests/museum, by
//! the version of their WIT.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use portolan_page::Page;
use portolan_sandbox::{
    CompiledCache, Engine, Kind, Limits, Mapped, MappedRecord, Module, ModuleSource, Overlay,
    Surface,
};
use portolan_workbench::pages;
use serde_json::json;
use wit_parser::{Resolve, WorldId};

use crate::support::{names_in, root};

fn museum() -> PathBuf {
    root().join("tests/museum")
}

/// Folders inside a folder.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let names = names_in(folder).into_iter();
    let paths = names.map(|name| folder.join(name));
    paths.filter(|path| path.is_dir()).collect()
}

#[test]
fn every_exhibit_gives_the_bytes_that_it_always_gave() {
    let engine = Engine::new(1, Limits::default()).unwrap();
    // The interpreters take long to compile.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mapper-cache");
    let cache = CompiledCache::open(&cache).unwrap();
    let mut seen = 0;
    for exhibit in folders(&museum())
        .iter()
        .flat_map(|release| folders(release))
    {
        let made = made(&engine, &cache, &exhibit);
        let file = exhibit.join("expected.txt");
        if std::env::var_os("BLESS").is_some() && !file.exists() {
            std::fs::write(&file, &made).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap();
        assert_eq!(made, expected, "{}", exhibit.display());
        assert!(
            made.contains("\trow\t"),
            "{} makes nothing",
            exhibit.display()
        );
        seen += 1;
    }
    assert!(seen >= 6, "the museum has lost exhibits");
}

/// The result of an exhibit's component for its pages, as text.
fn made(engine: &Engine, cache: &CompiledCache, exhibit: &Path) -> String {
    let bytes = std::fs::read(exhibit.join("module.wasm.zst")).unwrap();
    let bytes = zstd::decode_all(bytes.as_slice()).unwrap();
    let source = || ModuleSource::File(exhibit.to_owned());
    let surface = Surface::of(engine, Some(cache), &bytes).unwrap();
    let map: Box<dyn Fn(&Page) -> Mapped> = match surface.kind().unwrap() {
        Kind::Mapping => {
            let module = Module::load(engine, Some(cache), source(), &bytes).unwrap();
            Box::new(move |page| module.map(engine, page).unwrap())
        }
        Kind::Overlay => {
            let overlay = Overlay::load(engine, Some(cache), source(), &bytes).unwrap();
            Box::new(move |page| {
                let (payload, rows) = records(page);
                overlay.amend(engine, page, &payload, &rows).unwrap()
            })
        }
        Kind::Assessor => panic!("no release has assessors yet"),
    };
    let mut text = String::new();
    for (line, page) in pages::read_all(&exhibit.join("pages.jsonl"), &[]).unwrap() {
        write(&mut text, line, &map(&page));
    }
    text
}

/// A record for each object of a page. The records of a stock mapping would change with it.
fn records(page: &Page) -> (Vec<u8>, Vec<MappedRecord>) {
    let (mut payload, mut rows) = (Vec::new(), Vec::new());
    for source_index in page.described() {
        let start = payload.len();
        payload.extend(
            json!({"UID": format!("arn:{source_index}")})
                .to_string()
                .bytes(),
        );
        rows.push(MappedRecord {
            source_index,
            span: start..payload.len(),
        });
    }
    (payload, rows)
}

fn write(text: &mut String, line: u64, mapped: &Mapped) {
    for row in &mapped.rows {
        let record = std::str::from_utf8(&mapped.payload[row.span.clone()]).unwrap();
        writeln!(text, "{line}\trow\t{}\t{record}", row.source_index).unwrap();
    }
    for issue in &mapped.issues {
        writeln!(
            text,
            "{line}\tissue\t{:?}\t{:?}\t{}\t{}\t{}",
            issue.source_index, issue.severity, issue.code, issue.path, issue.message
        )
        .unwrap();
    }
}

#[test]
fn the_wit_is_compatible_with_every_release() {
    let current = std::fs::read_to_string(root().join("wit/mapper/mapper.wit")).unwrap();
    let releases = folders(&museum());
    assert!(!releases.is_empty());
    for release in releases {
        let released = std::fs::read_to_string(release.join("mapper.wit")).unwrap();
        for world in ["mapping-module", "overlay-module"] {
            if let Err(error) = compatible(&released, &current, world) {
                panic!(
                    "{world} is not compatible with {}: {error:#}",
                    release.display()
                );
            }
        }
    }
}

/// Checks that the same comparison finds a change that would break modules.
#[test]
fn a_breaking_change_of_the_wit_is_found() {
    let current = std::fs::read_to_string(root().join("wit/mapper/mapper.wit")).unwrap();
    for (from, to) in [
        (
            "        region: string,",
            "        region: string,\n        zone: string,",
        ),
        ("rejected,\n    }", "rejected,\n        fatal,\n    }"),
        ("export mapping;", "export mapping;\n    export overlay;"),
    ] {
        assert!(current.contains(from), "{from}");
        let changed = current.replace(from, to);
        assert!(
            compatible(&current, &changed, "mapping-module").is_err(),
            "{to}"
        );
    }
    let changed = current.replace(
        "import diagnostics;",
        "import diagnostics;\n    import clock;",
    ) + "interface clock { now: func() -> u64; }\n";
    compatible(&current, &changed, "mapping-module").unwrap();
}

/// Whether modules of a released world fit the host of a later one.
fn compatible(released: &str, current: &str, world: &str) -> anyhow::Result<()> {
    let mut resolve = Resolve::default();
    // One resolve holds a package only once; the check itself ignores versions.
    let (_, before) = released.split_once("package portolan:mapper@").unwrap();
    let (version, _) = before.split_once(';').unwrap();
    let released = released.replace(&format!("@{version};"), "@0.0.1;");
    let world_of = |resolve: &mut Resolve, name: &str, text: &str| -> anyhow::Result<WorldId> {
        let package = resolve.push_str(name, text)?;
        Ok(resolve.packages[package].worlds[world])
    };
    let old = world_of(&mut resolve, "released.wit", &released)?;
    let new = world_of(&mut resolve, "current.wit", current)?;
    wit_component::semver_check(resolve, old, new)
}
