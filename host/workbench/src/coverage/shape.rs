//! The members that the objects of a recording have, as a tree of names without positions.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Member, ObjectCoverage};

/// Names of one object that are told apart; the largest object of ECS has about fifty. What has more is a
/// table of somebody's own keys.
const NAMES: usize = 64;
/// Members of a tree.
const MEMBERS: usize = 5_000;
/// Objects with which each member is tried: a tag that one object in fifty has is still found.
const SAMPLES: usize = 64;
/// Bytes of objects that are kept for trials.
const KEPT_BYTES: usize = 64 * 1024 * 1024;
/// What stands for all names beyond the first.
const OTHERS: &str = "*";

/// Whether a reader reads a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not known yet, or not tried because a member around it is unread.
    #[default]
    Open,
    Read,
    Unread,
}

/// A member.
#[derive(Debug, Default)]
pub(super) struct Node {
    name: String,
    parent: usize,
    pub(super) children: BTreeMap<String, usize>,
    is_list: bool,
    /// Objects that have it.
    objects: u64,
    /// The object that was counted last.
    counted: u64,
    /// Kept objects that have it, and not null or empty.
    pub(super) samples: Vec<usize>,
    /// By reader: the stock mapping and an overlay, or a mapping alone.
    pub(super) verdicts: [Verdict; 2],
    pub(super) tried: u64,
}

/// A tree of members, and the objects that it was made of.
pub(super) struct Tree {
    prefix: String,
    /// The first one is the object itself.
    pub(super) nodes: Vec<Node>,
    pub(super) kept: Vec<Value>,
    kept_bytes: usize,
    seen: u64,
}

impl Tree {
    pub(super) fn new(prefix: String) -> Self {
        Self {
            prefix,
            nodes: vec![Node::default()],
            kept: Vec::new(),
            kept_bytes: 0,
            seen: 0,
        }
    }

    /// Notes the members of one object, and keeps it if it is of use for trials.
    pub(super) fn look_at(&mut self, object: &Value) {
        self.seen += 1;
        let mut filled = Vec::new();
        self.walk(0, object, &mut filled);
        filled.retain(|node: &usize| self.nodes[*node].samples.len() < SAMPLES);
        let bytes = object.to_string().len();
        if filled.is_empty() || self.kept_bytes + bytes > KEPT_BYTES {
            return;
        }
        self.kept_bytes += bytes;
        for node in filled {
            self.nodes[node].samples.push(self.kept.len());
        }
        self.kept.push(object.clone());
    }

    fn walk(&mut self, at: usize, value: &Value, filled: &mut Vec<usize>) {
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    let child = self.child(at, name);
                    self.note(child, inner, filled);
                    self.walk(child, inner, filled);
                }
            }
            Value::Array(elements) => {
                self.nodes[at].is_list = true;
                for element in elements {
                    self.walk(at, element, filled);
                }
            }
            _ => {}
        }
    }

    fn child(&mut self, at: usize, name: &str) -> usize {
        let is_full = self.nodes[at].children.len() >= NAMES || self.nodes.len() >= MEMBERS;
        let name = match self.nodes[at].children.contains_key(name) || !is_full {
            true => name,
            false => OTHERS,
        };
        if let Some(child) = self.nodes[at].children.get(name) {
            return *child;
        }
        let child = self.nodes.len();
        self.nodes.push(Node {
            name: name.to_owned(),
            parent: at,
            ..Node::default()
        });
        self.nodes[at].children.insert(name.to_owned(), child);
        child
    }

    fn note(&mut self, node: usize, value: &Value, filled: &mut Vec<usize>) {
        let seen = self.seen;
        let noted = &mut self.nodes[node];
        if noted.counted != seen {
            noted.counted = seen;
            noted.objects += 1;
        }
        let is_empty = match value {
            Value::Null => true,
            Value::Array(elements) => elements.iter().all(Value::is_null),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        if !is_empty && !filled.contains(&node) {
            filled.push(node);
        }
    }

    /// The nodes from below the object itself down to this one.
    fn way(&self, node: usize) -> Vec<usize> {
        let mut way = Vec::new();
        let mut at = node;
        while at != 0 {
            way.push(at);
            at = self.nodes[at].parent;
        }
        way.reverse();
        way
    }

    fn path(&self, node: usize) -> String {
        let mut path = self.prefix.clone();
        let way = self.way(node);
        for (place, step) in way.iter().enumerate() {
            let Node { name, is_list, .. } = &self.nodes[*step];
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&portolan_machine::text::printable(name, 128));
            if *is_list && place + 1 < way.len() {
                path.push_str("[]");
            }
        }
        path
    }

    /// Changes a member of an object, wherever it stands in its lists.
    pub(super) fn change(&self, object: &mut Value, node: usize, change: Change) {
        self.change_below(object, 0, &self.way(node), change);
    }

    fn change_below(&self, value: &mut Value, at: usize, way: &[usize], change: Change) {
        let Some((next, rest)) = way.split_first() else {
            return;
        };
        match value {
            Value::Array(elements) => {
                for element in elements {
                    self.change_below(element, at, way, change);
                }
            }
            Value::Object(members) => {
                for name in self.names(members, at, *next) {
                    match members.get_mut(&name) {
                        Some(inner) if !rest.is_empty() => {
                            self.change_below(inner, *next, rest, change);
                        }
                        Some(inner) if change == Change::Alter => alter(inner),
                        _ => drop(members.shift_remove(&name)),
                    }
                }
            }
            _ => {}
        }
    }

    /// The names that a node stands for among the members of an object.
    fn names(&self, members: &Map<String, Value>, at: usize, node: usize) -> Vec<String> {
        let name = &self.nodes[node].name;
        if name != OTHERS {
            return vec![name.clone()];
        }
        let known = &self.nodes[at].children;
        let names = members.keys().filter(|name| !known.contains_key(*name));
        names.cloned().collect()
    }

    /// Adds what is known of every member to a report.
    pub(super) fn report(&self, readers: usize, found: &mut ObjectCoverage) {
        for child in self.nodes[0].children.values() {
            self.report_below(*child, readers, [false; 2], found);
        }
    }

    fn report_below(
        &self,
        at: usize,
        readers: usize,
        unread_above: [bool; 2],
        found: &mut ObjectCoverage,
    ) {
        let node = &self.nodes[at];
        if node.samples.is_empty() {
            return found.empty.push(self.member(at));
        }
        let is_unread =
            |reader: usize| unread_above[reader] || node.verdicts[reader] == Verdict::Unread;
        if (0..readers).all(is_unread) {
            return found.unread.push(self.member(at));
        }
        // The module is the last of the readers.
        let main = readers - 1;
        let inside_is_read = node.children.values().any(|child| {
            let child = &self.nodes[*child];
            child.verdicts[main] == Verdict::Read
        });
        if node.verdicts[main] == Verdict::Read && !inside_is_read {
            found.read.push(self.member(at));
        }
        let is_open =
            |reader: usize| !unread_above[reader] && node.verdicts[reader] == Verdict::Open;
        if (0..readers).any(is_open) {
            return found.undecided.push(self.member(at));
        }
        let unread = [is_unread(0), readers > 1 && is_unread(1)];
        for child in node.children.values() {
            self.report_below(*child, readers, unread, found);
        }
    }

    fn member(&self, node: usize) -> Member {
        Member {
            path: self.path(node),
            objects: self.nodes[node].objects,
            tried: self.nodes[node].tried,
            inside: self.inside(node),
        }
    }

    fn inside(&self, node: usize) -> u64 {
        let children = self.nodes[node].children.values();
        children.map(|child| 1 + self.inside(*child)).sum()
    }
}

/// What is done to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is taken away.
    Remove,
    /// It and everything inside gets another value of the same type: what a mapping takes for the same as
    /// absent, such as `false`, shows only so.
    Alter,
}

fn alter(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(yes) => *yes = !*yes,
        Value::Number(number) => {
            let next = match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => whole.wrapping_add(1).into(),
                (None, Some(real)) => (real + 1.0).into(),
                (None, None) => Value::from(1),
            };
            *value = next;
        }
        Value::String(text) => text.push('x'),
        Value::Array(elements) => elements.iter_mut().for_each(alter),
        Value::Object(members) => members.values_mut().for_each(alter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tree(objects: &[Value]) -> Tree {
        let mut tree = Tree::new("tasks[]".into());
        for object in objects {
            tree.look_at(object);
        }
        tree
    }

    fn find(tree: &Tree, path: &str) -> usize {
        (1..tree.nodes.len())
            .find(|node| tree.path(*node) == path)
            .unwrap_or_else(|| panic!("no {path}"))
    }

    #[test]
    fn members_are_counted_once_for_each_object() {
        let tree = tree(&[
            json!({"containers": [{"name": "a"}, {"name": "b"}, null], "tags": []}),
            json!({"containers": null}),
        ]);
        let name = tree.member(find(&tree, "tasks[].containers[].name"));
        assert_eq!((name.objects, name.inside), (1, 0));
        let containers = tree.member(find(&tree, "tasks[].containers"));
        assert_eq!((containers.objects, containers.inside), (2, 1));
        assert_eq!(tree.nodes[find(&tree, "tasks[].tags")].samples, [0; 0]);
        assert_eq!(tree.nodes[find(&tree, "tasks[].containers")].samples, [0]);
    }

    #[test]
    fn a_member_is_changed_in_every_element() {
        let object = json!({"c": [{"n": "a", "x": [1, true]}, {"n": "b"}], "n": "stays"});
        let tree = tree(std::slice::from_ref(&object));
        let changed = |path, change| {
            let mut object = object.clone();
            tree.change(&mut object, find(&tree, path), change);
            object
        };
        assert_eq!(
            changed("tasks[].c[].n", Change::Remove),
            json!({"c": [{"x": [1, true]}, {}], "n": "stays"})
        );
        assert_eq!(
            changed("tasks[].c", Change::Alter),
            json!({"c": [{"n": "ax", "x": [2, false]}, {"n": "bx"}], "n": "stays"})
        );
    }

    #[test]
    fn a_table_of_keys_is_not_told_apart_for_ever() {
        let objects: Vec<Value> = (0..1000)
            .map(|number| json!({"labels": {format!("k{number:04}"): "v"}}))
            .collect();
        let tree = tree(&objects);
        let others = find(&tree, "tasks[].labels.*");
        assert_eq!(tree.nodes.len(), 1 + 1 + NAMES + 1);
        assert_eq!(tree.member(others).objects, 1000 - NAMES as u64);
        let mut object = json!({"labels": {"k0000": "v", "k0999": "v"}});
        tree.change(&mut object, others, Change::Remove);
        assert_eq!(object, json!({"labels": {"k0000": "v"}}));
    }
}
