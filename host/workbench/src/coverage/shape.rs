//! The members of a recording's objects, as a tree of names without positions, and the modules that ask for
//! them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ObjectCoverage, PageMember};
use portolan_machine::text::printable;
use portolan_page::object::Shape;
use portolan_sandbox::Manifest;

/// Distinct names of one object, besides those that a module asks for. The largest object of ECS has about
/// fifty names; an object with more is a table with keys of the user's own.
const NAMES: usize = 64;
/// Largest number of members of a tree, besides those that a module asks for.
const MEMBERS: usize = 5_000;
/// Stands for all names beyond the limit.
const OTHERS: &str = "*";

/// The parts of a value that a module asks for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Everything,
    /// The members at these paths.
    Paths(Vec<String>),
}

impl Asked {
    /// The parts of an object that a module asks for.
    pub(super) fn of(manifest: &Manifest) -> Self {
        let reads = manifest.reads.as_ref();
        let paths = reads.and_then(|reads| reads.members.clone());
        paths.map_or(Self::Everything, Self::Paths)
    }

    /// The parts around the object. AWS puts the tags of a task definition beside it, and they count as its
    /// member; a manifest cannot ask for any other member there.
    pub(super) fn around(&self, shape: Shape) -> Self {
        let Self::Paths(paths) = self else {
            return Self::Everything;
        };
        let is_told = |path: &&String| matches!(shape, Shape::Single(_)) && first(path) == "tags";
        Self::Paths(paths.iter().filter(is_told).cloned().collect())
    }

    /// The parts of a member.
    fn member(&self, name: &str) -> Self {
        let Self::Paths(paths) = self else {
            return Self::Everything;
        };
        let mut inside = Vec::new();
        for path in paths.iter().filter(|path| first(path) == name) {
            match path.split_once('.') {
                Some((_, rest)) => inside.push(rest.to_owned()),
                None => return Self::Everything,
            }
        }
        Self::Paths(inside)
    }

    fn names(&self, name: &str) -> bool {
        matches!(self, Self::Paths(paths) if paths.iter().any(|path| first(path) == name))
    }

    const fn is_nothing(&self) -> bool {
        matches!(self, Self::Paths(paths) if paths.is_empty())
    }
}

/// The first name of a path.
fn first(path: &str) -> &str {
    path.split_once('.').map_or(path, |(first, _)| first)
}

/// The members of the objects so far.
pub(super) struct Tree {
    prefix: String,
    object: Node,
    /// Number of objects so far.
    seen: u64,
    /// Number of members that may still be added.
    room: usize,
}

impl Tree {
    /// A tree without objects. `asked` has the parts that each module asks for; the module in question comes
    /// last.
    pub(super) fn new(prefix: String, asked: Vec<Asked>) -> Self {
        Self {
            prefix,
            object: Node::new(asked),
            seen: 0,
            room: MEMBERS,
        }
    }

    /// Adds the members of one object.
    pub(super) fn look_at(&mut self, object: &Value) {
        self.seen += 1;
        self.object.walk(object, self.seen, &mut self.room);
    }

    /// Adds every member to a report.
    pub(super) fn report(&self, found: &mut ObjectCoverage) {
        self.object.report_inside(&self.prefix, found);
    }
}

/// A member, or the object itself.
struct Node {
    asked: Vec<Asked>,
    children: BTreeMap<String, Node>,
    is_list: bool,
    /// Whether some object has a value here that is neither null nor empty.
    is_filled: bool,
    /// Number of objects that have it.
    objects: u64,
    /// Number of the last counted object.
    counted: u64,
}

impl Node {
    const fn new(asked: Vec<Asked>) -> Self {
        Self {
            asked,
            children: BTreeMap::new(),
            is_list: false,
            is_filled: false,
            objects: 0,
            counted: 0,
        }
    }

    fn walk(&mut self, value: &Value, number: u64, room: &mut usize) {
        match value {
            Value::Object(members) => {
                for (name, inner) in members {
                    let child = self.child(name, room);
                    child.note(inner, number);
                    child.walk(inner, number, room);
                }
            }
            Value::Array(elements) => {
                self.is_list = true;
                for element in elements {
                    self.walk(element, number, room);
                }
            }
            _ => {}
        }
    }

    fn child(&mut self, name: &str, room: &mut usize) -> &mut Self {
        let is_told_apart = self.children.contains_key(name)
            || self.children.len() < NAMES && *room > 0
            || self.asked.iter().any(|asked| asked.names(name));
        let name = if is_told_apart { name } else { OTHERS };
        self.children.entry(name.to_owned()).or_insert_with(|| {
            *room = room.saturating_sub(1);
            Self::new(self.asked.iter().map(|asked| asked.member(name)).collect())
        })
    }

    fn note(&mut self, value: &Value, number: u64) {
        if self.counted != number {
            self.counted = number;
            self.objects += 1;
        }
        self.is_filled |= match value {
            Value::Null => false,
            Value::Array(elements) => !elements.iter().all(Value::is_null),
            Value::Object(members) => !members.is_empty(),
            _ => true,
        };
    }

    fn report_inside(&self, path: &str, found: &mut ObjectCoverage) {
        for (name, child) in &self.children {
            let name = printable(name, 128);
            let path = match path {
                "" => name,
                _ => format!("{path}.{name}"),
            };
            let verdict = if !child.is_filled {
                &mut found.empty
            } else if child.asked.iter().all(Asked::is_nothing) {
                &mut found.unread
            } else if child.is_read() {
                &mut found.read
            } else {
                let path = if child.is_list { path + "[]" } else { path };
                child.report_inside(&path, found);
                continue;
            };
            verdict.push(PageMember {
                path,
                objects: child.objects,
                inside: child.inside(),
            });
        }
    }

    /// Whether the module in question asks for all of this member. A module that asks only for inner members
    /// also gets a value without any.
    fn is_read(&self) -> bool {
        self.asked.last().is_some_and(|asked| match asked {
            Asked::Everything => true,
            Asked::Paths(paths) => !paths.is_empty() && self.children.is_empty(),
        })
    }

    /// Number of members inside.
    fn inside(&self) -> u64 {
        let children = self.children.values();
        children.map(|child| 1 + child.inside()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The report about members of tasks, if modules ask for these paths.
    fn report(asked: &[&[&str]], objects: &[Value]) -> ObjectCoverage {
        let paths =
            |paths: &&[&str]| Asked::Paths(paths.iter().copied().map(str::to_owned).collect());
        let mut tree = Tree::new("tasks[]".into(), asked.iter().map(paths).collect());
        for object in objects {
            tree.look_at(object);
        }
        let mut found = ObjectCoverage::default();
        tree.report(&mut found);
        found
    }

    fn told(members: &[PageMember]) -> Vec<(&str, u64, u64)> {
        let members = members.iter();
        members
            .map(|member| (member.path.as_str(), member.objects, member.inside))
            .collect()
    }

    #[test]
    fn members_are_counted_once_for_each_object() {
        let found = report(
            &[&["containers.name", "gone"]],
            &[
                json!({"containers": [{"name": "a"}, {"name": "b", "x": {"y": 1}}, null], "tags": []}),
                json!({"containers": null, "x": {"gone": 1}}),
            ],
        );
        assert_eq!(told(&found.read), [("tasks[].containers[].name", 1, 0)]);
        assert_eq!(
            told(&found.unread),
            [("tasks[].containers[].x", 1, 1), ("tasks[].x", 1, 1)]
        );
        assert_eq!(told(&found.empty), [("tasks[].tags", 1, 0)]);
    }

    #[test]
    fn a_path_names_a_member_with_what_is_inside_and_no_name_with_a_point() {
        let object = json!({"a": {"b": {"c": 1, "d": 1}, "b.c": 1}, "e": "no object"});
        let found = report(&[&["a.b", "e.f"]], std::slice::from_ref(&object));
        assert_eq!(
            told(&found.read),
            [("tasks[].a.b", 1, 2), ("tasks[].e", 1, 0)]
        );
        assert_eq!(told(&found.unread), [("tasks[].a.b.c", 1, 0)]);
        let found = report(&[&["a.b.c"], &["e"]], &[object]);
        assert_eq!(told(&found.read), [("tasks[].e", 1, 0)]);
        assert_eq!(
            told(&found.unread),
            [("tasks[].a.b.d", 1, 0), ("tasks[].a.b.c", 1, 0)]
        );
    }

    #[test]
    fn tags_beside_a_task_definition_are_asked_for_as_its_own_and_nothing_else_there() {
        let asked = Asked::Paths(vec!["family".into(), "tags.key".into()]);
        let beside = asked.around(Shape::Single("taskDefinition"));
        assert!(beside.names("tags") && !beside.names("family"));
        assert!(asked.around(Shape::List("tasks")).is_nothing());
    }

    #[test]
    fn a_table_of_keys_is_not_told_apart_for_ever_but_for_what_is_asked_for() {
        let objects: Vec<Value> = (0..1000)
            .map(|number| json!({"labels": {format!("k{number:04}"): "v"}}))
            .collect();
        let found = report(&[&["labels.k0999"]], &objects);
        assert_eq!(told(&found.read), [("tasks[].labels.k0999", 1, 0)]);
        let unread = told(&found.unread);
        assert_eq!(unread.len(), 1 + NAMES);
        assert!(unread.contains(&("tasks[].labels.*", 999 - NAMES as u64, 0)));
    }
}
