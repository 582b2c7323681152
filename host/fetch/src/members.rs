//! Members of the objects of a page, for the few that fetching needs.

use std::collections::HashMap;

use serde_json::value::RawValue;

use portolan_page::Page;
use portolan_page::object::Shape;

/// The texts under a member of a page's objects.
pub(super) fn page_texts(page: &Page, member: &str) -> Vec<String> {
    objects(page)
        .iter()
        .filter_map(|members| text(members, member))
        .collect()
}

/// Whether the body has its objects in one list.
pub(super) fn is_list(page: &Page) -> bool {
    let Shape::List(list) = page.shape() else {
        return false;
    };
    let body: Result<HashMap<String, &RawValue>, _> = serde_json::from_slice(page.body());
    let list = body.ok().and_then(|body| body.get(list).copied());
    list.is_some_and(|list| list.get().starts_with('['))
}

/// The objects of a page as members. An object that cannot be read is left out; its mapper rejects it.
pub(super) fn objects(page: &Page) -> Vec<HashMap<String, &RawValue>> {
    let Shape::List(list) = page.shape() else {
        return Vec::new();
    };
    let body: HashMap<String, &RawValue> = serde_json::from_slice(page.body()).unwrap_or_default();
    let elements: Vec<&RawValue> = body
        .get(list)
        .and_then(|list| serde_json::from_str(list.get()).ok())
        .unwrap_or_default();
    let read = elements.iter().map(|each| serde_json::from_str(each.get()));
    read.filter_map(Result::ok).collect()
}

pub(super) fn text(members: &HashMap<String, &RawValue>, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}
