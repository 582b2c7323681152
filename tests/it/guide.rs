//! Runs the commands of the author's guide and the documents in order, in an empty folder, as a reader would,
//! and compares their output with the shown one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use portolan_tests::simulator::{Rules, World};

use crate::languages::missing;
use crate::registry::Registry;
use crate::support::{Site, program, root};

/// A block of commands and the output below it.
#[derive(Debug, Default)]
struct Block {
    /// The tool that the block needs: a language, `registry`, or nothing.
    needs: String,
    commands: String,
    shown: Option<String>,
}

/// The blocks marked `sh`, each with the `text` block that directly follows it.
fn blocks(guide: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = guide.lines();
    let mut is_after_commands = false;
    while let Some(line) = lines.next() {
        let Some(mark) = line.strip_prefix("```") else {
            is_after_commands &= line.is_empty();
            continue;
        };
        let inside: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let inside = inside.join("\n");
        if let Some(needs) = mark.strip_prefix("sh") {
            blocks.push(Block {
                needs: needs.trim().to_owned(),
                commands: inside,
                shown: None,
            });
            is_after_commands = true;
            continue;
        }
        if is_after_commands && mark == "text" {
            blocks.last_mut().unwrap().shown = Some(inside);
        }
        is_after_commands = false;
    }
    blocks
}

/// Path of a language's tool in the set-up, and the variable that names it.
fn tool(language: &str) -> (&'static str, &'static str) {
    match language {
        "python" => (
            "PORTOLAN_COMPONENTIZE_PY",
            "target/venv-languages/bin/componentize-py",
        ),
        "javascript" => (
            "PORTOLAN_COMPONENTIZE_QJS",
            "target/node-languages/componentize-qjs",
        ),
        other => panic!("the guide has commands for `{other}`"),
    }
}

#[test]
fn the_guide_does_what_it_says() {
    does_what_it_says("guest-mappers/README.md");
}

/// Each document runs in an empty folder; a new file is a new case.
#[test]
fn the_documents_do_what_they_say() {
    let mut documents = 0;
    for entry in std::fs::read_dir(root().join("host/docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            does_what_it_says(&format!("host/docs/{name}"));
            documents += 1;
        }
    }
    assert!(documents > 8, "{documents} documents");
}

/// The world that the blocks of a document name, else a small one.
fn site_for(needs: &str) -> Site {
    match needs {
        "demo" => Site::new(World::demo(1), Rules::default()),
        "organization" => crate::fleet::fleet(3),
        _ => Site::small(),
    }
}

/// The service that a document may start: on a free port, and not left running if a block fails.
struct Background {
    address: String,
    id: PathBuf,
}

impl Background {
    fn new(folder: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            address: listener.local_addr().unwrap().to_string(),
            id: folder.join("serve.pid"),
        }
    }

    fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Ok(id) = std::fs::read_to_string(&self.id) {
            let _ = Command::new("kill").arg(id.trim()).output();
        }
    }
}

/// Runs the commands of a document, block by block. The shell keeps its folder.
fn does_what_it_says(document: &str) {
    let guide = std::fs::read_to_string(root().join(document)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut place = folder.path().to_owned();
    let mut sites: BTreeMap<String, Site> = BTreeMap::new();
    let service = Background::new(folder.path());
    for block in blocks(&guide) {
        let site = sites.entry(block.needs.clone());
        let site = site.or_insert_with(|| site_for(&block.needs));
        let mut shell = site.command("");
        let registry;
        match block.needs.as_str() {
            "" | "demo" | "organization" => {}
            // Regions are a matter of registrations.
            "serve" => {
                shell.env_remove("PORTOLAN_REGIONS");
                shell.env("PORTOLAN_LISTEN", service.address());
            }
            "registry" => {
                let Some(started) = Registry::start() else {
                    continue;
                };
                registry = started;
                shell.env("REGISTRY", &registry.address);
            }
            language => {
                let (variable, file) = tool(language);
                let file = root().join(file);
                if !file.is_file() {
                    missing(language, &file);
                    continue;
                }
                shell.env(variable, file);
            }
        }
        let commands = block.commands.replace("localhost:8620", service.address());
        let (output, now) = run(&mut shell, &commands, &place, folder.path());
        place = now.into();
        if let Some(shown) = &block.shown {
            assert!(
                fits(&lines(shown), &lines(&output)),
                "{document}: after\n{}\nit shows\n{shown}\nand this came:\n{output}",
                block.commands
            );
        }
    }
}

/// Runs commands in a shell that stops at the first failure. Returns their output and the last folder of the
/// shell.
fn run(like: &mut Command, commands: &str, place: &Path, folder: &Path) -> (String, String) {
    let told = folder.join(".place");
    let script = format!("set -e\nexec 2>&1\n{commands}\npwd > \"$GUIDE_PLACE\"\n");
    let portolan = program("portolan");
    let mut path = vec![portolan.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let mut shell = Command::new("bash");
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell
        .args(["-c", &script])
        .current_dir(place)
        .env("GUIDE_PLACE", &told)
        .env("PATH", std::env::join_paths(path).unwrap())
        // The code of the stock mappers is compiled already, and nothing is downloaded.
        .env("CARGO_TARGET_DIR", root().join("target"))
        .env("CARGO_NET_OFFLINE", "true")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "this failed:\n{commands}\nand said:\n{said}"
    );
    (
        said,
        std::fs::read_to_string(told).unwrap().trim().to_owned(),
    )
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

/// Whether output matches the shown text; `…` alone stands for any lines, inside a line for any text.
fn fits(shown: &[&str], output: &[&str]) -> bool {
    match (shown.split_first(), output.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => {
            (0..=output.len()).any(|skipped| fits(rest, &output[skipped..]))
        }
        (Some((first, rest)), Some((line, more))) => line_fits(first, line) && fits(rest, more),
        _ => false,
    }
}

fn line_fits(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(found) => rest = &rest[found + part.len()..],
            None => return false,
        }
    }
    true
}

#[test]
fn output_is_compared_line_by_line() {
    let fits = |shown: &str, output: &str| fits(&lines(shown), &lines(output));
    assert!(fits("a\n…\nb … d", "a\nx\ny\nb c d"));
    assert!(fits("…\nlast", "last"));
    assert!(!fits("a\nb", "a\nc"));
    assert!(!fits("a", "a\nb"));
    assert!(!fits("b … d", "b c e"));
}
