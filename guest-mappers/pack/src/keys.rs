//! The keys of an attribute that go together.

use crate::format::Attribute;

/// Refuses an attribute with no source, or with more than one.
pub(crate) fn one_source(given: &Attribute) -> Result<(), String> {
    let sources = [
        ("from", given.from.is_some()),
        ("page", given.page.is_some()),
        ("tag", given.tag.is_some()),
        ("context", given.context.is_some()),
        ("value", given.value.is_some()),
        ("format", given.format.is_some()),
        ("remove", given.remove == Some(true)),
    ];
    let mut named = sources.iter().filter(|(_, is_there)| *is_there);
    match (named.next(), named.next()) {
        (Some(_), None) => Ok(()),
        (Some((one, _)), Some((other, _))) => {
            Err(format!("it has both `{one}` and `{other}`; choose one"))
        }
        (None, _) => Err(
            "it has no source; give one of from, page, tag, context, value, format, remove"
                .to_owned(),
        ),
    }
}

/// Refuses keys that have no effect beside others.
pub(crate) fn useless(given: &Attribute) -> Result<(), String> {
    let keys = [
        ("fallback", given.fallback.is_some()),
        ("default", given.default.is_some()),
        ("after", given.after.is_some()),
        ("equals", given.equals.is_some()),
        ("lookup", given.lookup.is_some()),
        ("type", given.type_.is_some()),
    ];
    let (source, useless) = match given {
        Attribute {
            remove: Some(true), ..
        } => ("remove", &keys[..]),
        Attribute { value: Some(_), .. } => ("value", &keys[..3]),
        Attribute {
            context: Some(_), ..
        } => ("context", &keys[..1]),
        _ => return Ok(()),
    };
    match useless.iter().find(|(_, is_there)| *is_there) {
        Some((key, _)) => Err(format!(
            "`{key}` has no effect beside `{source}`; leave it out"
        )),
        None => Ok(()),
    }
}

/// Refuses what a stock table lacks, or what only a stock table may have.
pub(crate) fn of_stock(given: &Attribute, is_stock: bool) -> Result<(), String> {
    match (is_stock, &given.description, given.required) {
        (true, None, _) => Err("an attribute of a stock table needs a `description`".to_owned()),
        (false, _, Some(_)) => Err("`required` is for stock tables; leave it out".to_owned()),
        _ => Ok(()),
    }
}
