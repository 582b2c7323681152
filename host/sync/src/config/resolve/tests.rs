use super::*;

fn error(settings: Settings) -> String {
    Config::resolve(settings, None)
        .expect_err("refused")
        .to_string()
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let config = Config::resolve(Settings::default(), None).expect("valid");
    assert_eq!(
        config.connection.session_duration,
        Duration::from_secs(3600)
    );
    assert_eq!(
        (
            config.fetching.page_size,
            config.fetching.parallel_requests,
            config.fetching.maximum_retries
        ),
        (100, 8, 10)
    );
    assert_eq!(config.fetching.quota_share, Some(0.9));
    assert_eq!(config.fetching.objects, Object::defaults());
}

#[test]
fn errors_name_the_setting_and_the_way_out() {
    let settings = Settings {
        session_duration: Some(60),
        ..Settings::default()
    };
    assert_eq!(
        error(settings),
        "session-duration: 60 is out of range; it takes 900 to 43200 seconds"
    );
    let settings = Settings {
        assume_role_arn: Some(vec!["arn:aws:iam::1:user/x".into()]),
        ..Settings::default()
    };
    assert!(error(settings).contains("arn:aws:iam::123456789012:role/Name"));
    let settings = Settings {
        regions: Some(vec!["US East".into()]),
        ..Settings::default()
    };
    assert!(error(settings).contains("did you mean us-east-"));
    for share in [0.0, 1.5, f64::NAN] {
        let settings = Settings {
            quota_share: Some(share),
            ..Settings::default()
        };
        assert!(error(settings).contains("it takes 0.05 to 1"));
    }
}

#[test]
fn an_empty_cache_folder_is_the_default() {
    let settings = Settings {
        cache_folder: Some(PathBuf::new()),
        ..Settings::default()
    };
    let config = Config::resolve(settings, None).expect("valid");
    assert_eq!(config.mapping.cache_folder, default_cache_folder());
}

#[test]
fn quotas_can_be_switched_off() {
    let settings = Settings {
        quotas: Some(QuotaRules::None),
        ..Settings::default()
    };
    let config = Config::resolve(settings, None).expect("valid");
    assert_eq!(config.fetching.quota_share, None);
}

#[test]
fn fips_is_refused_where_there_is_none() {
    let fips = |regions: &[&str], endpoint_url: Option<&str>| Settings {
        use_fips_endpoint: Some(true),
        regions: Some(regions.iter().map(|region| (*region).to_owned()).collect()),
        endpoint_url: endpoint_url.map(str::to_owned),
        ..Settings::default()
    };
    assert!(Config::resolve(fips(&["us-gov-west-1"], None), None).is_ok());
    assert!(error(fips(&["eu-west-1"], None)).contains("no FIPS endpoint in eu-west-1"));
    assert!(error(fips(&["us-east-1"], Some("http://localhost"))).contains("exclude each other"));
}

#[test]
fn a_flag_wins_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("portolan.toml");
    std::fs::write(&path, "page-size = 10\nparallel-requests = 2").expect("written");
    let settings = Settings {
        page_size: Some(20),
        ..Settings::default()
    };
    let config = Config::resolve(settings, Some(&path)).expect("valid");
    assert_eq!(
        (config.fetching.page_size, config.fetching.parallel_requests),
        (20, 2)
    );
}
