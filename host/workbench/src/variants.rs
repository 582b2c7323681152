//! Makes damaged pages out of recorded ones. The module's result shows whether one bad object costs more than
//! itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use portolan_page::Page;
use portolan_page::object::Shape;

/// A damaged page.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The damage, for example `tasks[].createdAt is null`.
    pub name: String,
    /// Body of the page.
    pub body: Vec<u8>,
    /// Position of the damaged object. `None` if the page itself is damaged; a module may refuse it.
    pub damaged: Option<usize>,
    /// Position of an undamaged object.
    pub sound: Option<usize>,
}

/// A step from a value into it.
#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Element(usize),
}

/// Damages a page once for each damage that has not been tried before: each member of each object absent,
/// null and of other types, objects that end early, and the same for the members of the page itself.
///
/// `sound` is an object of the page that gives a record, and has to do so in every variant. `seen` holds
/// paths without positions, so that a hundred tasks of one shape cost no more than one.
#[must_use]
pub fn of(page: &Page, sound: Option<usize>, seen: &mut BTreeSet<String>) -> Vec<Variant> {
    let Ok(body) = serde_json::from_slice::<Value>(page.body()) else {
        return Vec::new();
    };
    let mut variants = Vec::new();
    let (Shape::List(member) | Shape::Single(member)) = page.shape();
    for index in page.described() {
        let is_list = matches!(page.shape(), Shape::List(_));
        let (prefix, object) = match is_list {
            true => (format!("{member}[]"), &body[member][index]),
            false => (member.to_owned(), &body[member]),
        };
        let sound = sound.filter(|sound| is_list && *sound != index);
        let place = |object: Option<Value>| match is_list {
            true => {
                let sound = sound.map(|sound| body[member][sound].clone());
                let objects: Vec<Value> = object.into_iter().chain(sound).collect();
                json!({member: objects, "failures": []})
            }
            false => {
                let mut body = body.clone();
                body[member] = object.unwrap_or(Value::Null);
                body
            }
        };
        for (name, damaged) in damages(object, &prefix, seen) {
            variants.push(Variant {
                name,
                body: place(Some(damaged)).to_string().into_bytes(),
                damaged: Some(0),
                sound: sound.map(|_| 1),
            });
        }
    }
    for (name, damaged) in damages(&shallow(&body), "", seen) {
        variants.push(Variant {
            name,
            body: damaged.to_string().into_bytes(),
            damaged: None,
            sound: None,
        });
    }
    variants
}

/// A page with empty members, because the damages inside them have been made one by one.
fn shallow(body: &Value) -> Value {
    let members = body.as_object().into_iter().flatten();
    let empty = |value: &Value| match value {
        Value::Array(_) => json!([]),
        Value::Object(_) => json!({}),
        other => other.clone(),
    };
    Value::Object(
        members
            .map(|(name, value)| (name.clone(), empty(value)))
            .collect(),
    )
}

/// Copies of the value, each damaged in one place, with the name of the damage.
fn damages(value: &Value, prefix: &str, seen: &mut BTreeSet<String>) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    walk(value, prefix.to_owned(), &mut Vec::new(), &mut places);
    let mut damages = Vec::new();
    for (path, steps) in places {
        if path.is_empty() || !seen.insert(path.clone()) {
            continue;
        }
        let here = follow(value, &steps);
        if let Some(Step::Member(name)) = steps.last() {
            let mut without = value.clone();
            if let Some(members) = parent_object(&mut without, &steps) {
                members.shift_remove(name);
                damages.push((format!("{path} is absent"), without));
            }
        }
        for wrong in wrong(here) {
            let name = format!("{path} is {wrong}");
            damages.push((name, replaced(value, &steps, wrong)));
        }
        if let Some(members) = here.as_object() {
            for length in 1..members.len() {
                let cut: Map<String, Value> = members
                    .iter()
                    .take(length)
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                let name = format!("{path} ends after {length} members");
                damages.push((name, replaced(value, &steps, Value::Object(cut))));
            }
        }
    }
    damages
}

/// Null, and values of types other than the present one.
fn wrong(here: &Value) -> Vec<Value> {
    let others = match here {
        Value::String(_) => vec![json!(7), json!({})],
        Value::Number(_) => vec![json!("text"), json!(-1e300), json!([])],
        Value::Bool(_) => vec![json!("text"), json!(0)],
        Value::Array(_) => vec![json!({}), json!("text"), json!([null]), json!([7])],
        Value::Object(_) => vec![json!([]), json!("text"), json!(true)],
        Value::Null => vec![json!(7), json!("text"), json!([])],
    };
    std::iter::once(Value::Null).chain(others).collect()
}

/// Every place inside a value. Of a list only the first element counts, because the others have its shape.
fn walk(value: &Value, path: String, steps: &mut Vec<Step>, places: &mut Vec<(String, Vec<Step>)>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let path = match path.is_empty() {
                    true => name.clone(),
                    false => format!("{path}.{name}"),
                };
                steps.push(Step::Member(name.clone()));
                walk(inner, path, steps, places);
                steps.pop();
            }
        }
        Value::Array(elements) => {
            if let Some(first) = elements.first() {
                steps.push(Step::Element(0));
                walk(first, format!("{path}[]"), steps, places);
                steps.pop();
            }
        }
        _ => {}
    }
    places.push((path, steps.clone()));
}

fn follow<'a>(value: &'a Value, steps: &[Step]) -> &'a Value {
    steps.iter().fold(value, |value, step| match step {
        Step::Member(name) => &value[name],
        Step::Element(index) => &value[index],
    })
}

fn parent_object<'a>(value: &'a mut Value, steps: &[Step]) -> Option<&'a mut Map<String, Value>> {
    let (_, before) = steps.split_last()?;
    before
        .iter()
        .fold(value, |value, step| match step {
            Step::Member(name) => &mut value[name],
            Step::Element(index) => &mut value[index],
        })
        .as_object_mut()
}

fn replaced(value: &Value, steps: &[Step], by: Value) -> Value {
    let mut value = value.clone();
    let place = steps.iter().fold(&mut value, |value, step| match step {
        Step::Member(name) => &mut value[name],
        Step::Element(index) => &mut value[index],
    });
    *place = by;
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use portolan_page::Origin;
    use portolan_page::object::Object;

    fn page(body: &'static str) -> Page {
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: "2026-11-21T01:32:00.123Z".into(),
        };
        Page::read(Object::EcsTask, origin, body.as_bytes().into()).expect("a page")
    }

    #[test]
    fn every_member_is_damaged_once_and_the_sound_object_stays() {
        let page = page(r#"{"tasks":[{"taskArn":"a","tags":[{"key":"k"}]},{"taskArn":"b"}]}"#);
        let mut seen = BTreeSet::new();
        let variants = of(&page, Some(1), &mut seen);
        let find = |name: &str| {
            let found = variants.iter().find(|variant| variant.name == name);
            std::str::from_utf8(&found.unwrap_or_else(|| panic!("no {name}")).body).expect("text")
        };
        assert_eq!(
            find("tasks[].tags[].key is absent"),
            r#"{"tasks":[{"taskArn":"a","tags":[{}]},{"taskArn":"b"}],"failures":[]}"#
        );
        assert_eq!(
            find("tasks[].taskArn is 7"),
            r#"{"tasks":[{"taskArn":7,"tags":[{"key":"k"}]},{"taskArn":"b"}],"failures":[]}"#
        );
        assert_eq!(find("tasks is absent"), "{}");
        let names: BTreeSet<&str> = variants.iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names.len(), variants.len());
        assert_eq!(of(&page, Some(1), &mut seen).len(), 0);
    }
}
