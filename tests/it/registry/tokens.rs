use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::mapper;
use super::server::{MANIFEST, sha256};
use crate::support::{Ended, run};
use crate::trust::Shop;

const IDENTITY: &str = "never-to-be-seen";
const HELPER: &str = "docker-credential-case";

/// A registry with one module. It requires a token, and only [`IDENTITY`] gets one. A proxy answers paths
/// that begin with `page`.
#[derive(Clone)]
struct StandIn {
    address: String,
    module: Bytes,
    page: Option<&'static str>,
}

impl StandIn {
    /// Pulls its module, with this text as Docker's configuration (`REGISTRY` is the address), and this
    /// script as the helper `case`.
    fn pull(shop: &Shop, page: Option<&'static str>, config: &str, helper: Option<&str>) -> Ended {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let stand_in = Self {
            address: listener.local_addr().unwrap().to_string(),
            module: std::fs::read(shop.overlay()).unwrap().into(),
            page,
        };
        let address = stand_in.address.clone();
        let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
            stand_in.answer(uri.path(), &headers, &body)
        };
        let service = Router::new().fallback(answer);
        runtime.spawn(async { axum::serve(listener, service).await });

        std::fs::write(
            shop.path("config.json"),
            config.replace("REGISTRY", &address),
        )
        .unwrap();
        let script = shop.path(HELPER);
        let _ = std::fs::remove_file(&script);
        if let Some(does) = helper {
            std::fs::write(&script, format!("#!/bin/sh\ncat > asked\n{does}\n")).unwrap();
            std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", shop.site.folder.path().display());
        let mut pull = mapper(shop, &["pull", &format!("{address}/acme/owner:1")]);
        // A proxy without a server: a registry on this machine is reached without it.
        pull.env("HTTP_PROXY", "http://127.0.0.1:1")
            .env_remove("NO_PROXY");
        let ended = run(pull.env("PATH", path).env("PORTOLAN_LOG", "trace"));
        for said in [&ended.stdout, &ended.stderr] {
            assert!(!said.contains(IDENTITY), "{said}");
        }
        ended
    }

    fn answer(&self, path: &str, headers: &HeaderMap, body: &[u8]) -> Response {
        if self.page.is_some_and(|page| path.starts_with(page)) {
            return "\n<!DOCTYPE html><html><title>Blocked</title></html>".into_response();
        }
        if path == "/token" {
            return token(body);
        }
        if headers
            .get(header::AUTHORIZATION)
            .is_none_or(|value| value != "Bearer good")
        {
            let realm = format!(
                "Bearer realm=\"http://{}/token\",service=\"case\"",
                self.address
            );
            return (
                StatusCode::UNAUTHORIZED,
                [(header::WWW_AUTHENTICATE, realm)],
            )
                .into_response();
        }
        if path.contains("/blobs/") {
            return self.module.clone().into_response();
        }
        let part = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": sha256(bytes), "size": bytes.len()});
        let manifest = json!({
            "schemaVersion": 2,
            "config": part("application/vnd.oci.empty.v1+json", b"{}"),
            "layers": [part("application/wasm", &self.module)],
        });
        ([(header::CONTENT_TYPE, MANIFEST)], manifest.to_string()).into_response()
    }
}

fn token(body: &[u8]) -> Response {
    let form: HashMap<_, _> = form_urlencoded::parse(body).into_owned().collect();
    let wanted = [
        ("grant_type", "refresh_token"),
        ("service", "case"),
        ("scope", "repository:acme/owner:pull"),
        ("client_id", "portolan"),
        ("refresh_token", IDENTITY),
    ];
    let is_good = wanted
        .iter()
        .all(|(name, value)| form.get(*name).is_some_and(|has| has == value));
    let given = form.get("refresh_token");
    match is_good {
        true => r#"{"token":"good","access_token":"good"}"#.into_response(),
        false => (StatusCode::UNAUTHORIZED, format!("not {given:?}")).into_response(),
    }
}

#[test]
fn identity_tokens_are_exchanged() {
    let shop = Shop::new();
    let stored =
        format!(r#"{{"auths":{{"REGISTRY":{{"auth":"","identitytoken":"{IDENTITY}"}}}}}}"#);
    StandIn::pull(&shop, None, &stored, None).with(0);
    let helpers = r#"{"auths":{"REGISTRY":{}},"credHelpers":{"REGISTRY":"case"}}"#;
    let does = format!(r#"echo '{{"Username":"<token>","Secret":"{IDENTITY}"}}'"#);
    StandIn::pull(&shop, None, helpers, Some(&does)).with(0);
    let expired = stored.replace(IDENTITY, "of-old");
    let said = StandIn::pull(&shop, None, &expired, None).with(1).stderr;
    for part in ["status 401", "may have expired", "az acr login"] {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(!said.contains("of-old"), "{said}");
}

#[test]
fn a_helper_that_gives_nothing_is_named() {
    let shop = Shop::new();
    for (does, part) in [
        (None, "cannot be run"),
        (Some("echo never-to-be-seen >&2; exit 3"), "failed"),
        (
            Some("echo never-to-be-seen"),
            "does not answer with credentials",
        ),
        (Some("exit 0"), "answers nothing"),
    ] {
        let said = StandIn::pull(&shop, None, r#"{"credsStore":"case"}"#, does)
            .with(1)
            .stderr;
        let (_, said) = said.split_once("refuses to pull").unwrap();
        assert!(
            said.contains(HELPER) && said.contains(part),
            "no `{part}` in {said}"
        );
    }
    let does = Some("echo credentials not found in native keychain; exit 1");
    let said = StandIn::pull(&shop, None, r#"{"credsStore":"case"}"#, does)
        .with(1)
        .stderr;
    let part = "has none for this registry";
    assert!(said.contains(HELPER) && said.contains(part), "{said}");
}

#[test]
fn a_helper_that_does_not_read_is_heard() {
    let shop = Shop::new();
    // With a byte order mark and the line end of Windows.
    let answer = format!(r#"{{"Username":"<token>","Secret":"{IDENTITY}"}}"#);
    let does = format!("exec <&-; printf '\\357\\273\\277%s\\r\\n' '{answer}'");
    StandIn::pull(&shop, None, r#"{"credsStore":"case"}"#, Some(&does)).with(0);
}

#[test]
fn a_page_of_a_proxy_is_called_one() {
    let shop = Shop::new();
    let stored = format!(r#"{{"auths":{{"REGISTRY":{{"identitytoken":"{IDENTITY}"}}}}}}"#);
    for page in [
        "/",
        "/token",
        "/v2/acme/owner/manifests",
        "/v2/acme/owner/blobs",
    ] {
        let said = StandIn::pull(&shop, Some(page), &stored, None)
            .with(1)
            .stderr;
        assert!(said.contains("is a page of a proxy"), "{page}: {said}");
    }
    let said = StandIn::pull(&shop, Some("/"), "{}", None).with(1).stderr;
    assert!(said.contains("is a page of a proxy"), "{said}");
}
