//! Calling modules with objects that lack a member, or have another value of it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use super::shape::{Change, Tree, Verdict};
use portolan_machine::text::without_positions;
use portolan_page::object::Shape;
use portolan_page::page::Page;
use portolan_sandbox::{Amender, Breaker, CallError, Engine, Mapped, Mapper, Row, isolated};

/// How long the trials with one object's pages may take: enough for hundreds of members, and a module that
/// hangs is not worth more.
const TIME: Duration = Duration::from_secs(60);
/// Trials that share a page, each with an object of its own. ECS describes a hundred at once.
const TOGETHER: usize = 100;

/// Who may read a member.
#[derive(Clone, Copy)]
pub(super) enum Reader<'m> {
    Mapping(&'m Mapper),
    /// It is given the records of the objects as they were, so that what the mapping reads is not laid to
    /// its charge.
    Overlay(&'m Amender),
}

impl<'m> Reader<'m> {
    /// Those of a mapper; the last one is the module that is looked at.
    pub(super) fn of(mapper: &'m Mapper) -> Vec<Self> {
        let overlays = mapper.amenders.iter().map(Self::Overlay).take(1);
        std::iter::once(Self::Mapping(mapper))
            .chain(overlays)
            .collect()
    }
}

/// What a reader makes of an object as it is.
struct Baseline {
    record: Option<Vec<u8>>,
    said: String,
}

/// One object with one change.
#[derive(Clone, Copy)]
struct Trial {
    node: usize,
    sample: usize,
    change: Change,
}

pub(super) struct Trials<'m> {
    engine: &'m Engine,
    mapper: &'m Mapper,
    origin: &'m Page,
    until: Instant,
    calls: u64,
}

/// Makes the body of a page out of what a tree keeps.
type Wrap<'a> = &'a dyn Fn(Vec<Value>) -> Value;

impl<'m> Trials<'m> {
    pub(super) fn new(engine: &'m Engine, mapper: &'m Mapper, origin: &'m Page) -> Self {
        Self {
            engine,
            mapper,
            origin,
            until: Instant::now() + TIME,
            calls: 0,
        }
    }

    pub(super) const fn calls(&self) -> u64 {
        self.calls
    }

    /// Finds out which members of the described objects a reader reads.
    pub(super) fn objects(&mut self, tree: &mut Tree, number: usize, reader: Reader<'_>) {
        match self.mapper.object.shape() {
            Shape::List(member) => self.run(
                tree,
                number,
                reader,
                TOGETHER,
                &|objects| json!({ member: objects }),
            ),
            Shape::Single(member) => self.run(
                tree,
                number,
                reader,
                1,
                &|objects| json!({ member: objects.into_iter().next() }),
            ),
        }
    }

    /// Finds out which members of the page itself, around one of its objects, a reader reads.
    pub(super) fn around(
        &mut self,
        tree: &mut Tree,
        objects: &Tree,
        number: usize,
        reader: Reader<'_>,
    ) {
        let Some(object) = objects.kept.first() else {
            return;
        };
        let (member, object) = match self.mapper.object.shape() {
            Shape::List(member) => (member, json!([object])),
            Shape::Single(member) => (member, object.clone()),
        };
        self.run(tree, number, reader, 1, &|bodies| {
            let mut body = bodies.into_iter().next().unwrap_or_default();
            body[member] = object.clone();
            body
        });
    }

    /// Tries members from the outside to the inside, until each is read or every sample was tried.
    fn run(
        &mut self,
        tree: &mut Tree,
        number: usize,
        reader: Reader<'_>,
        together: usize,
        wrap: Wrap<'_>,
    ) {
        let baselines = self.baselines(tree, reader, together, wrap);
        let mut open: Vec<(usize, usize)> = tried(tree, 0);
        while !open.is_empty() && Instant::now() < self.until {
            let each = (together / open.len()).max(1);
            let trials: Vec<Trial> = open
                .iter_mut()
                .flat_map(|(node, next)| {
                    let samples = &tree.nodes[*node].samples;
                    let end = (*next + each).min(2 * samples.len());
                    let range = std::mem::replace(next, end)..end;
                    range.map(|place| Trial {
                        node: *node,
                        sample: samples[place / 2],
                        change: [Change::Remove, Change::Alter][place % 2],
                    })
                })
                .collect();
            for trials in trials.chunks(together) {
                self.try_together(tree, number, reader, trials, &baselines, wrap);
            }
            let mut still = Vec::new();
            for (node, next) in open {
                tree.nodes[node].tried = tree.nodes[node].tried.max(next.div_ceil(2) as u64);
                if tree.nodes[node].verdicts[number] == Verdict::Read {
                    still.extend(tried(tree, node));
                } else if next == 2 * tree.nodes[node].samples.len() {
                    tree.nodes[node].verdicts[number] = Verdict::Unread;
                } else {
                    still.push((node, next));
                }
            }
            open = still;
        }
    }

    fn baselines(
        &mut self,
        tree: &Tree,
        reader: Reader<'_>,
        together: usize,
        wrap: Wrap<'_>,
    ) -> Vec<Baseline> {
        let mut baselines = Vec::with_capacity(tree.kept.len());
        for kept in tree.kept.chunks(together) {
            let Some(page) = self.page(wrap(kept.to_vec())) else {
                let nothing = || Baseline {
                    record: None,
                    said: String::new(),
                };
                baselines.extend(kept.iter().map(|_| nothing()));
                continue;
            };
            let mapped = self.map(self.mapper, &page).unwrap_or_default();
            let mut records: Vec<Option<Vec<u8>>> = vec![None; kept.len()];
            for row in &mapped.rows {
                if let Some(record) = records.get_mut(row.source_index) {
                    *record = Some(mapped.payload[row.span.clone()].to_vec());
                }
            }
            let given: Vec<Option<&[u8]>> = records.iter().map(Option::as_deref).collect();
            let said = self.ask(reader, &page, &given);
            let both = records.into_iter().zip(said);
            baselines.extend(both.map(|(record, said)| Baseline { record, said }));
        }
        baselines
    }

    /// Makes some trials with one call, and those that show something once more alone: a module that
    /// refuses a page for one object must not seem to read everything.
    fn try_together(
        &mut self,
        tree: &mut Tree,
        number: usize,
        reader: Reader<'_>,
        trials: &[Trial],
        baselines: &[Baseline],
        wrap: Wrap<'_>,
    ) {
        let shows = self.shows(tree, reader, trials, baselines, wrap);
        for (trial, shows) in trials.iter().zip(shows) {
            let is_known = tree.nodes[trial.node].verdicts[number] == Verdict::Read;
            if !shows || is_known {
                continue;
            }
            let alone = std::slice::from_ref(trial);
            if trials.len() == 1 || self.shows(tree, reader, alone, baselines, wrap) == [true] {
                tree.nodes[trial.node].verdicts[number] = Verdict::Read;
            }
        }
    }

    /// For each trial, whether the reader said anything else than before.
    fn shows(
        &mut self,
        tree: &Tree,
        reader: Reader<'_>,
        trials: &[Trial],
        baselines: &[Baseline],
        wrap: Wrap<'_>,
    ) -> Vec<bool> {
        let changed = |trial: &Trial| {
            let mut object = tree.kept[trial.sample].clone();
            tree.change(&mut object, trial.node, trial.change);
            object
        };
        let Some(page) = self.page(wrap(trials.iter().map(changed).collect())) else {
            return vec![false; trials.len()];
        };
        let before = |trial: &Trial| &baselines[trial.sample];
        let records: Vec<Option<&[u8]>> = trials
            .iter()
            .map(|trial| before(trial).record.as_deref())
            .collect();
        let said = self.ask(reader, &page, &records);
        let both = trials.iter().zip(said);
        both.map(|(trial, said)| before(trial).said != said)
            .collect()
    }

    /// What a reader says about each object of a page, as text that can be compared.
    fn ask(&mut self, reader: Reader<'_>, page: &Page, records: &[Option<&[u8]>]) -> Vec<String> {
        let answer = match reader {
            Reader::Mapping(mapper) => self.map(mapper, page),
            Reader::Overlay(amender) => {
                self.calls += 1;
                let (payload, rows) = joined(page, records);
                amender.overlay.amend(self.engine, page, &payload, &rows)
            }
        };
        said(answer, records.len())
    }

    fn map(&mut self, mapper: &Mapper, page: &Page) -> Result<Mapped, CallError> {
        self.calls += 1;
        let module = &mapper.module;
        let call = |part: &Page, _| module.map(self.engine, part);
        isolated(module.component.name(), &Breaker::default(), page, &call)
            .map(|outcome| outcome.mapped)
    }

    fn page(&self, body: Value) -> Option<Page> {
        let body = Bytes::from(body.to_string());
        Page::read(self.mapper.object, self.origin.origin.clone(), body).ok()
    }
}

/// The members inside a node that can be tried, none of it yet.
fn tried(tree: &Tree, node: usize) -> Vec<(usize, usize)> {
    let children = tree.nodes[node].children.values().copied();
    children
        .filter(|child| !tree.nodes[*child].samples.is_empty())
        .map(|child| (child, 0))
        .collect()
}

/// Records in one payload, for the objects that a page has.
fn joined(page: &Page, records: &[Option<&[u8]>]) -> (Vec<u8>, Vec<Row>) {
    let mut payload = Vec::new();
    let mut rows = Vec::new();
    for (source_index, record) in records.iter().enumerate() {
        let Some(record) = record.filter(|_| page.has(source_index)) else {
            continue;
        };
        let start = payload.len();
        payload.extend_from_slice(record);
        rows.push(Row {
            source_index,
            span: start..payload.len(),
        });
    }
    (payload, rows)
}

fn said(answer: Result<Mapped, CallError>, objects: usize) -> Vec<String> {
    let mapped = match answer {
        Ok(mapped) => mapped,
        Err(error) => return vec![error.code().to_owned(); objects],
    };
    let mut said = vec![String::new(); objects];
    for row in &mapped.rows {
        if let Some(said) = said.get_mut(row.source_index) {
            said.push_str(&String::from_utf8_lossy(&mapped.payload[row.span.clone()]));
        }
    }
    for issue in &mapped.issues {
        let text = without_positions(&format!(
            "\n{:?} {} {} {}",
            issue.severity, issue.code, issue.path, issue.message
        ));
        match issue.source_index {
            Some(index) => {
                if let Some(said) = said.get_mut(index) {
                    said.push_str(&text);
                }
            }
            None => said.iter_mut().for_each(|said| said.push_str(&text)),
        }
    }
    said
}
