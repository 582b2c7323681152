//! Recorded pages of each object, and the records that the templates make of them.

use portolan_page::object::Object;
use portolan_sandbox::Kind;

// `templates/<word>.sample.jsonl` by word (see host/workbench/build.rs): pages, records of the mapping and records of the
// overlay, with an empty line between them.
include!(concat!(env!("OUT_DIR"), "/samples.rs"));

/// Recorded pages, and the records that the template of a kind makes of them.
pub(super) fn of(object: Object, kind: Kind) -> (&'static str, &'static str) {
    let mut samples = SAMPLES.iter();
    let sample = samples.find(|(word, _)| *word == object.word());
    let text = match kind {
        // The template of an assessor reads what every record may have.
        Kind::Assessor => include_str!("../templates/assessor/sample.jsonl"),
        _ => sample.map_or("", |(_, text)| text),
    };
    let mut parts = text.split("\n\n");
    let [pages, mapping, overlay] = [(); 3].map(|()| parts.next().unwrap_or_default());
    match kind {
        Kind::Mapping | Kind::Assessor => (pages, mapping),
        Kind::Overlay => (pages, overlay),
    }
}
