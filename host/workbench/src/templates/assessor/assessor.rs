//! Judges `{{object}}` records.

use portolan_mapper_sdk::{
    Assessing, BatchContext, Control, ControlSeverity, Element, IgnoredAny, Rejection, Text,
    Verdict, Verdicts, export_assessor,
};
use serde::Deserialize;

/// The attributes that the assessor reads of each subject. A record may lack any but UID.
#[derive(Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Subject<'a> {
    #[serde(borrow)]
    uid: Text<'a>,
    #[serde(rename = "{{attribute}}")]
    wanted: Option<IgnoredAny>,
}

/// The records that go with a subject: a field for each name of `WITH`.
#[derive(Deserialize)]
pub struct Related {}

/// The assessor.
pub struct ThisModule;

export_assessor!(ThisModule);

impl Assessing for ThisModule {
    const SUBJECT: &'static str = "{{object}}";
    const CONTROLS: &'static [Control] = &[Control {
        id: "ACME.1",
        title: "The object has {{attribute}}",
        question: "Does the object have {{attribute}}?",
        condition: "The record has no {{attribute}}.",
        severity: ControlSeverity::Low,
        remediation: "Give the object {{attribute}}.",
        ..Control::NEW
    }];

    type Subject<'a> = Subject<'a>;
    type Related<'a> = Related;

    fn assess<'s, 'a: 's>(
        element: &'s Element<Subject<'a>, Related>,
        _context: &'s BatchContext,
        verdicts: &mut Verdicts,
    ) -> Result<(), Rejection> {
        let subject = element.subject();
        let uid: &str = &subject.uid;
        verdicts.push(match subject.wanted {
            Some(_) => Verdict::pass("ACME.1"),
            None => Verdict::fail("ACME.1")
                .because(format!("{uid} has no {{attribute}}."))
                .evidence(uid, "{{attribute}}"),
        });
        Ok(())
    }
}
