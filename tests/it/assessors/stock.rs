use super::*;
use ControlResult::{Fail, NotApplicable, Pass};

fn provider(name: &str, region: &str, others: Value) -> Value {
    let mut subject = json!({"UID": format!("arn:{name}"), "NAME": name, "REGION": region});
    let others = others.as_object().unwrap().clone();
    subject.as_object_mut().unwrap().extend(others);
    subject
}

#[test]
fn capacity_providers_are_judged_by_their_kind() {
    let engine = engine();
    let assessor = stock(&engine, "portolan-controls-capacity-provider");
    let managed = |others: Value| {
        let mut others = others;
        others["TYPE"] = json!("MANAGED_INSTANCES");
        others
    };
    let (here, gov) = ("eu-west-1", "us-gov-west-1");
    let subjects = [
        provider("FARGATE", here, json!({"TYPE": "FARGATE"})),
        provider("bare", here, json!({"AUTO_SCALING_GROUP_ARN": "arn:g"})),
        provider(
            "off",
            here,
            json!({"TYPE": "EC2_AUTOSCALING", "MANAGED_TERMINATION_PROTECTION": "DISABLED"}),
        ),
        provider(
            "on",
            here,
            json!({"TYPE": "EC2_AUTOSCALING", "MANAGED_TERMINATION_PROTECTION": "ENABLED"}),
        ),
        Value::Null,
        provider("plain", here, managed(json!({}))),
        provider("fips", here, managed(json!({"FIPS_ENABLED": true}))),
        provider("gov", gov, managed(json!({}))),
        provider("gov-off", gov, managed(json!({"FIPS_ENABLED": false}))),
    ];
    let judged = assessor.judge(&engine, &batch(Object::EcsCapacityProvider, &subjects));
    assert_eq!(judged.failure, None);
    let termination: Vec<_> = results(&judged, "CP.1")
        .into_iter()
        .map(|each| each.1)
        .collect();
    let none = [NotApplicable; 4];
    assert_eq!(termination[..4], [NotApplicable, Fail, Fail, Pass]);
    assert_eq!(termination[4..], none);
    let fips: Vec<_> = results(&judged, "CP.2")
        .into_iter()
        .map(|each| each.1)
        .collect();
    assert_eq!(fips[..4], none);
    assert_eq!(fips[4..], [NotApplicable, Pass, Pass, Fail]);
    let verdict = |place: usize, control: usize| &judged.subjects[place].1.verdicts[control];
    assert_eq!(
        verdict(1, 0).reasons,
        ["Managed termination protection of bare is not set."]
    );
    assert_eq!(verdict(2, 0).evidence[0].uid, "arn:off");
    assert_eq!(
        verdict(2, 0).evidence[0].attribute,
        "MANAGED_TERMINATION_PROTECTION"
    );
    let words: Vec<_> = (0..8)
        .map(|place| verdict(place, 1).verdict.as_deref())
        .collect();
    assert_eq!(words[..4], [None; 4]);
    let [off, on] = [Some("MANAGED_OFF"), Some("MANAGED_ON")];
    assert_eq!(words[4..], [off, on, on, off]);
}

#[test]
fn a_stock_assessor_reads_what_its_manifest_names() {
    let engine = engine();
    let assessor = stock(&engine, "portolan-controls-capacity-provider");
    let manifest = &assessor.component.manifest;
    let read = manifest.attributes_of(None).unwrap();
    for attribute in ["UID", "NAME", "TYPE", "REGION", "FIPS_ENABLED"] {
        assert!(read.contains(attribute), "{attribute}");
    }
    assert!(!read.contains("TAGS"));
    let subject = provider("a", "eu-west-1", json!({"TAGS": {"secret": "x"}}));
    let page = batch(Object::EcsCapacityProvider, &[subject]);
    let given = String::from_utf8(assessor.component.body(&page).into_owned()).unwrap();
    assert!(
        !given.contains("secret") && given.contains("\"UID\":\"arn:a\""),
        "{given}"
    );
    assert_eq!(assessor.component.wit, "portolan:assessor@0.1.0");
}
