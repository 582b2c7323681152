//! Imports between the files of a crate contain no circle. Between crates, cargo forbids circles;
//! ARCHITECTURE.md has their graph, which `contracts` prints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::root;

/// Names from the root of a crate: `["mapper", "set"]` for `mapper/set.rs`.
type Place = Vec<String>;

/// Imports from one file to another, each with a file and a path as evidence.
type Graph = BTreeMap<(String, String), String>;

/// The code of a crate by file, without comments and tests, and what each file imports under which name.
#[derive(Default)]
struct House {
    code: BTreeMap<Place, String>,
    imports: BTreeMap<Place, BTreeMap<String, Place>>,
}

impl House {
    fn read(source: &Path) -> Self {
        let mut house = Self::default();
        for name in ["lib.rs", "main.rs"] {
            if source.join(name).is_file() {
                house.add(Vec::new(), &source.join(name), source);
            }
        }
        for (place, code) in &house.code {
            let imports = house.imports.entry(place.clone()).or_default();
            for statement in code.split(';') {
                if let Some((_, tree)) = statement.rsplit_once("use ") {
                    expand(tree, &[], imports);
                }
            }
        }
        house
    }

    /// Adds a file and its modules in `folder`, but not the test modules.
    fn add(&mut self, place: Place, file: &Path, folder: &Path) {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("\nmod tests {").next().unwrap_or_default();
        let lines = code.lines().map(|line| line.split("//").next());
        let code = lines.flatten().collect::<Vec<_>>().join("\n");
        let code = code.replace("#[cfg(test)]\nmod ", "test ");
        for name in declared(&code) {
            let (inner, file) = (joined(&place, &name), format!("{name}.rs"));
            self.add(inner, &folder.join(file), &folder.join(name));
        }
        self.code.entry(place).or_default().push_str(&code);
    }

    /// The file that defines a path in `from`. Re-exports and imports are followed.
    fn definer(&self, from: &Place, path: &[String], depth: usize) -> Option<Place> {
        let (first, mut rest) = path.split_first().filter(|_| depth < 16)?;
        let mut at = from.clone();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => drop(at.pop()),
            name if self.code.contains_key(&joined(from, name)) => rest = path,
            name => {
                let import = self.imports[from].get(name);
                let behind = [import.filter(|it| **it != path[..1])?, rest].concat();
                return self.definer(from, &behind, depth + 1);
            }
        }
        while let Some((name, after)) = rest.split_first() {
            let inner = joined(&at, name);
            if name == "super" {
                at.pop();
            } else if self.code.contains_key(&inner) {
                at = inner;
            } else {
                let import = self.imports[&at].get(name).map(|it| [it, after].concat());
                let behind = import.and_then(|it| self.definer(&at, &it, depth + 1));
                return behind.or(Some(at));
            }
            rest = after;
        }
        Some(at)
    }

    /// Imports among the modules in `parent`. A module includes the files in its folder. Definitions in the
    /// file of `parent` itself are left out, because its parts may share them.
    fn graph(&self, parent: &[String]) -> Graph {
        let inner = |place: &Place| place.strip_prefix(parent)?.first().cloned();
        let mut graph = Graph::new();
        for (place, code) in &self.code {
            let is_sign = |each: char| !(each.is_alphanumeric() || each == '_' || each == ':');
            let paths = code.split(is_sign).filter(|path| path.contains("::"));
            let paths = paths.map(|path| path.split("::").map(str::to_owned).collect());
            for path in paths.chain(self.imports[place].values().cloned()) {
                let definer = self.definer(place, &path, 0);
                let step = inner(place).zip(definer.and_then(|definer| inner(&definer)));
                if let Some(step) = step.filter(|(from, to)| from != to) {
                    let how = format!("{}.rs imports {}", place.join("/"), path.join("::"));
                    graph.insert(step, how);
                }
            }
        }
        graph
    }
}

fn joined(place: &Place, name: &str) -> Place {
    [place.as_slice(), &[name.to_owned()]].concat()
}

/// The modules that lines like `pub mod name;` declare.
fn declared(code: &str) -> Vec<String> {
    let lines = code.lines().filter_map(|line| line.strip_suffix(';'));
    let modules = lines.filter_map(|line| line.split_once("mod "));
    let modules = modules.filter(|it| it.0.is_empty() || it.0.starts_with("pub"));
    modules.map(|(_, name)| name.to_owned()).collect()
}

/// The imports of a tree such as `a::{b, c::{self, D as E}}`, by name.
fn expand(tree: &str, before: &[String], imports: &mut BTreeMap<String, Place>) {
    let (head, inner) = tree.split_once('{').unwrap_or((tree, ""));
    let (head, alias) = head.split_once(" as ").unwrap_or((head, ""));
    let names = head.split("::").map(str::trim);
    let mut path = before.to_vec();
    path.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
    if inner.is_empty() {
        path.pop_if(|last| last == "self");
        let name = Some(alias.trim().to_owned()).filter(|alias| !alias.is_empty());
        if let Some(name) = name.or_else(|| path.last().cloned()) {
            imports.insert(name, path);
        }
        return;
    }
    let mut depth = 0;
    let parts = inner.split(|each| {
        depth += i32::from(each == '{') - i32::from(each == '}');
        depth < 0 || each == ',' && depth == 0
    });
    let parts: Vec<&str> = parts.collect();
    parts.iter().for_each(|part| expand(part, &path, imports));
}

/// The steps of all circles.
fn circles(graph: &Graph) -> Vec<&String> {
    let leads_to = |from: &String, to: &String| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            let steps = graph.keys().filter(|(from, _)| from == next);
            open.extend(steps.map(|(_, to)| to).filter(|to| seen.insert(*to)));
        }
        seen.contains(to)
    };
    let steps = graph.iter().filter(|((from, to), _)| leads_to(to, from));
    steps.map(|(_, how)| how).collect()
}

#[test]
fn no_imports_go_in_a_circle() {
    let mut sources = Vec::new();
    for folder in ["host", "guest-mappers", "guest-assessors"] {
        let crates = std::fs::read_dir(root().join(folder)).unwrap();
        sources.extend(crates.map(|each| each.unwrap().path().join("src")));
    }
    sources.retain(|source| source.join("lib.rs").is_file() || source.join("main.rs").is_file());
    assert!(sources.len() > 15, "{sources:?}");
    let (mut found, mut imports) = (Vec::new(), 0);
    for house in sources.iter().map(|source| House::read(source)) {
        let places = house.code.keys();
        let parents = places.flat_map(|place| (0..place.len()).map(|end| &place[..end]));
        for parent in parents.collect::<BTreeSet<_>>() {
            let graph = house.graph(parent);
            imports += graph.len();
            found.extend(circles(&graph).into_iter().cloned());
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(imports > 300, "{imports} imports were found");
    let step = |from: &str, to: &str| ((from.to_owned(), to.to_owned()), String::new());
    let ring = [("a", "b"), ("b", "c"), ("c", "b")].map(|(from, to)| step(from, to));
    assert_eq!(circles(&ring.into()).len(), 2);
}

/// A file is read at one sitting, and a function at one glance. A longer function has its reason in the
/// comment above.
#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for folder in ["host", "guest-mappers", "guest-assessors", "tests"] {
        let mut open = vec![root().join(folder)];
        while let Some(path) = open.pop() {
            if path.is_dir() && !path.ends_with("target") && !path.ends_with("templates") {
                let entries = std::fs::read_dir(&path).unwrap();
                open.extend(entries.map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let shown = path.strip_prefix(root()).unwrap().display().to_string();
                long.extend(too_long(&text).map(|what| format!("{shown}: {what}")));
            }
        }
    }
    assert!(long.is_empty(), "{long:#?}");
    let lines = "    let a = 1;\n".repeat(FUNCTION_LIMIT);
    let named = |comment: &str| too_long(&format!("{comment}fn a() {{\n{lines}}}\n")).count();
    assert_eq!(
        [named(""), named("/// Long, because it is a test.\n")],
        [1, 0]
    );
}

const FILE_LIMIT: usize = 400;
const FUNCTION_LIMIT: usize = 60;

/// The functions of a file that are too long without a reason, and the file itself.
fn too_long(text: &str) -> impl Iterator<Item = String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    if lines.len() > FILE_LIMIT {
        found.push(format!("{} lines", lines.len()));
    }
    let is_function = |line: &str| {
        let line = line.trim_start();
        let begins = ["fn ", "pub", "const ", "async ", "unsafe "];
        begins.iter().any(|word| line.starts_with(word)) && line.contains("fn ")
    };
    for (start, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_function(line))
    {
        let body = lines[start..]
            .iter()
            .find(|line| line.ends_with(['{', ';', '}']));
        let indent = &line[..line.len() - line.trim_start().len()];
        let end = format!("{indent}}}");
        let end = lines[start..].iter().position(|line| *line == end);
        // A declaration has no body, and a function of one line is short.
        let length = end.filter(|_| body.is_some_and(|line| line.ends_with('{')));
        let length = length.map_or(0, |end| end + 1);
        let mut above = lines[..start].iter().rev();
        let comment = above
            .by_ref()
            .take_while(|line| line.trim_start().starts_with(['/', '#']));
        let says_why = comment
            .into_iter()
            .any(|line| line.contains("Long, because"));
        if length > FUNCTION_LIMIT && !says_why {
            found.push(format!("{}: {length} lines", line.trim()));
        }
    }
    found.into_iter()
}
