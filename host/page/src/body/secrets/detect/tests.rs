use super::*;

#[test]
fn every_expression_compiles_and_every_detector_has_one_name() {
    assert!(FORMATS.is_some());
    assert!(CREDENTIAL_NAME.is_some() && ABOUT_NAME.is_some() && AWS_NAME.is_some());
    let mut names: Vec<&str> = RULES.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn entropy_and_changes_tell_words_from_random_text() {
    assert!((entropy(b"aabb") - 1.0).abs() < 1e-9);
    assert!((entropy(b"abcdefgh") - 3.0).abs() < 1e-9);
    assert!(changes_percent(b"ThePaymentsServiceOfTheWholeCompany1") < 40);
    assert!(changes_percent(b"q7Zx2Lw9Kd3Vb8Rn5Tj1Hc6Mf4Ys0Pg2") > 60);
}

#[test]
fn words_with_signs_between_them_are_no_credential() {
    for words in [
        "prod/payments-db2",
        "v1.2.3",
        "X-Api-Key",
        "eu-west-1",
        "ops@example.com",
    ] {
        assert!(is_words(words.as_bytes()), "{words}");
    }
    for other in ["Summer2024", "aB3-xY9q", "p4ss-w0rd"] {
        assert!(!is_words(other.as_bytes()), "{other}");
    }
}
