//! A second reader of bodies, with serde_json and as plain as the rules, against the scanner.

use anyhow::{Context, ensure};
use bytes::Bytes;
use portolan_page::object::{Object, Shape};
use portolan_page::{Origin, Page, Wanted};

use super::CANARY;
use super::event::{is_credential, unfolded};
use super::json::{Json, decoded};

#[test]
fn pages_are_read_as_the_rules_say() {
    super::run(&["fuzz/page", "pages/aws-examples"], 1_500, |raw| {
        let json = Json::read(raw).ok();
        let json = json.filter(|json| matches!(json, Json::Object(_)));
        let mut taken = false;
        for object in Object::ALL {
            taken |= is_read(object, raw, json.as_ref())?;
        }
        Ok(taken)
    });
}

/// Paths of members, some of which the corpus has.
const PATHS: [&str; 5] = [
    "taskArn",
    "containers.image",
    "environment.name",
    "overrides.containerOverrides.environment",
    "family",
];

fn page(object: Object, raw: &[u8]) -> anyhow::Result<Page> {
    let origin = Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    };
    let raw = Bytes::copy_from_slice(raw);
    let page = Page::read(object, origin.clone(), raw.clone());
    let both = Page::read_with_values(object, origin, raw);
    match (&page, &both) {
        (Ok(page), Ok(both)) => ensure!(page.body() == both.body(), "values change the page"),
        (Err(page), Err(both)) => ensure!(page == both, "{page} with values is {both}"),
        _ => anyhow::bail!("it is a page only with or only without values"),
    }
    both.map_err(anyhow::Error::new)
}

/// Whether a body is a page. If the body is JSON, the page has to match `json`.
fn is_read(object: Object, raw: &[u8], json: Option<&Json>) -> anyhow::Result<bool> {
    let page = match page(object, raw) {
        Ok(page) => page,
        Err(error) => {
            let is_refused = json.is_none_or(|json| before_scan(object, json).is_none());
            ensure!(is_refused, "a JSON object is refused: {error}");
            ensure!(!error.to_string().contains(CANARY), "{error}");
            return Ok(false);
        }
    };
    let again = self::page(object, page.body())?;
    ensure!(again.body() == page.body(), "more is withheld of a page");
    is_same(&page, &again)?;
    if !page.text().contains(CANARY) {
        ensure!(!format!("{page:?}").contains(CANARY), "a page shows values");
    }
    parts_are_pages(&page)?;
    let Some(json) = json else { return Ok(true) };
    let json = &before_scan(object, json).context("it had to be refused")?;
    let body = Json::read(page.body())?;
    ensure!(
        body == withheld(json, Inside::Plain, true),
        "withheld otherwise"
    );
    let whole = Json::read(page.body_with_values())?;
    // No grant is for values of events.
    let withholds = object == Object::EcsAuditEvent;
    ensure!(
        whole == withheld(json, Inside::Plain, withholds),
        "withheld otherwise, with values"
    );
    has_places(&page, &body)?;
    let kept = Json::read(&page.body_with(&Wanted::at_paths(PATHS)))?;
    ensure!(kept == wanted(&body, object), "other members are left out");
    Ok(true)
}

/// The JSON that is scanned; `None` if it is refused before.
fn before_scan(object: Object, json: &Json) -> Option<Json> {
    match object {
        Object::EcsAuditEvent => unfolded(json),
        _ => Some(json.clone()),
    }
}

/// The position of the plain reader.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Plain,
    Options,
    Variables,
    Variable,
    Withheld,
}

/// The remaining part of a body: see the head of `page/scan.rs`.
fn withheld(json: &Json, inside: Inside, withholds_values: bool) -> Json {
    let go = |json: &Json, inside| withheld(json, inside, withholds_values);
    let is_blank = matches!(
        inside,
        Inside::Variables | Inside::Variable | Inside::Withheld
    );
    match json {
        Json::Scalar(_) if is_blank => json.hollow(),
        Json::Scalar(_) => json.clone(),
        Json::List(elements) => {
            let elements = elements.iter().map(|each| match (inside, each) {
                (Inside::Variables, Json::Object(_)) => go(each, Inside::Variable),
                _ if is_blank => go(each, Inside::Withheld),
                _ => go(each, Inside::Plain),
            });
            Json::List(elements.collect())
        }
        Json::Object(members) => {
            let members = members.iter().map(|(written, value)| {
                let name = decoded(written);
                let is = |word: &str| name.as_deref() == Some(word);
                let is_environment = name
                    .as_ref()
                    .is_some_and(|it| it.eq_ignore_ascii_case("environment"));
                let is_options = ["options", "driverOpts", "dockerLabels", "labels"]
                    .into_iter()
                    .any(is);
                let inside = match (inside, value) {
                    (Inside::Variable, Json::Scalar(text))
                        if is("name") && text.starts_with('"') =>
                    {
                        Inside::Plain
                    }
                    _ if is_blank => Inside::Withheld,
                    (Inside::Options, _) if is_credential(name.as_deref()) => Inside::Withheld,
                    (_, Json::List(_)) if is_environment && withholds_values => Inside::Variables,
                    _ if is_environment && withholds_values => Inside::Withheld,
                    (_, Json::Object(_)) if is_options => Inside::Options,
                    _ => Inside::Plain,
                };
                (written.clone(), go(value, inside))
            });
            Json::Object(members.collect())
        }
    }
}

/// The places for objects in a body.
fn places(body: &Json, object: Object) -> Vec<&Json> {
    let (Shape::List(member) | Shape::Single(member)) = object.shape();
    let is_list = matches!(object.shape(), Shape::List(_));
    let values = body.all(member).flat_map(|value| match value {
        Json::List(elements) if is_list => elements.iter().collect(),
        other => vec![other],
    });
    values.collect()
}

/// Checks a page's objects, their ARNs, and its failures.
fn has_places(page: &Page, body: &Json) -> anyhow::Result<()> {
    let places = places(body, page.object);
    ensure!(page.len() == places.len(), "{} places", page.len());
    for (index, place) in places.iter().enumerate() {
        ensure!(page.has(index) != place.is_null(), "object {index}");
        let arn = place.all(page.object.arn_member()).next_back();
        ensure!(
            page.arn(index) == arn.and_then(Json::text),
            "the ARN of object {index}"
        );
        if let Shape::List(member) = page.object.shape() {
            let part = Json::read(page.part(index..index + 1).body())?;
            let expected = vec![(format!("\"{member}\""), Json::List(vec![(*place).clone()]))];
            ensure!(
                part == Json::Object(expected),
                "object {index} stands elsewhere"
            );
        }
    }
    let (Shape::List(member) | Shape::Single(member)) = page.object.shape();
    let has_member = body
        .all(member)
        .next_back()
        .is_some_and(|value| !value.is_null());
    ensure!(page.has_member() == has_member, "the member of objects");
    let null = Json::Scalar("null".into());
    let failures = body.all("failures").next_back().unwrap_or(&null);
    ensure!(Json::read(page.failures())? == *failures, "the failures");
    Ok(())
}

/// The rest of a body from which only [`PATHS`] are wanted.
fn wanted(body: &Json, object: Object) -> Json {
    let (Shape::List(member) | Shape::Single(member)) = object.shape();
    let is_single = matches!(object.shape(), Shape::Single(_));
    let members = body.members().iter().filter_map(|(written, value)| {
        let is = |word: &str| decoded(written).is_some_and(|it| it == word);
        // None of the paths names tags, which count as a member of the object beside them.
        let is_left_out = is_single && written == "\"tags\"";
        let value = match is(member) {
            true => of_paths(value, &PATHS),
            false => value.clone(),
        };
        (!is_left_out).then(|| (written.clone(), value))
    });
    Json::Object(members.collect())
}

fn of_paths(json: &Json, paths: &[&str]) -> Json {
    match json {
        Json::Scalar(_) => json.clone(),
        Json::List(elements) => {
            Json::List(elements.iter().map(|each| of_paths(each, paths)).collect())
        }
        Json::Object(members) => {
            let kept = members.iter().filter_map(|(written, value)| {
                let name = written.trim_matches('"');
                let below = paths.iter().filter_map(|path| path.strip_prefix(name));
                let below: Vec<&str> = below.collect();
                // With escapes, or without any letter, it may be any name.
                if name.is_empty() || name.contains('\\') || below.contains(&"") {
                    return Some((written.clone(), value.clone()));
                }
                let below: Vec<&str> = below
                    .iter()
                    .filter_map(|path| path.strip_prefix('.'))
                    .collect();
                (!below.is_empty()).then(|| (written.clone(), of_paths(value, &below)))
            });
            Json::Object(kept.collect())
        }
    }
}

/// Checks that two pages are equal, however they were made.
fn is_same(left: &Page, right: &Page) -> anyhow::Result<()> {
    ensure!(left.text() == right.text(), "bodies differ");
    ensure!(left.described().eq(right.described()), "objects differ");
    for index in left.described() {
        ensure!(left.arn(index) == right.arn(index), "ARNs differ");
    }
    ensure!(left.failures() == right.failures(), "failures differ");
    let wanted = Wanted::at_paths(PATHS);
    ensure!(
        left.body_with(&wanted) == right.body_with(&wanted),
        "members differ"
    );
    Ok(())
}

fn parts_are_pages(page: &Page) -> anyhow::Result<()> {
    let Shape::List(_) = page.object.shape() else {
        return Ok(());
    };
    let (half, end) = (page.len() / 2, page.len());
    for range in [0..0, 0..half, half..end, 0..end] {
        let part = page.part(range.clone());
        is_same(&part, &self::page(page.object, part.body())?)?;
        ensure!(
            part.len() == range.len(),
            "{range:?} has {} places",
            part.len()
        );
        for index in 0..part.len() {
            ensure!(
                part.arn(index) == page.arn(range.start + index),
                "ARNs of {range:?}"
            );
        }
        let inner = part.len() / 2..part.len();
        let direct = range.start + inner.start..range.end;
        is_same(&part.part(inner), &page.part(direct))?;
    }
    let odd = page.only(|index| index % 2 == 1);
    is_same(&odd, &self::page(page.object, odd.body())?)?;
    let expected = page.described().filter(|index| index % 2 == 1);
    ensure!(odd.described().eq(expected), "other objects are kept");
    Ok(())
}
