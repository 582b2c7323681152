use std::time::{Duration, Instant};

use axum::http::Method;
use axum::response::IntoResponse;

use super::mapper;
use super::scripted::{PAGE, Scripted, open, status};
use crate::support::run;
use crate::trust::Shop;

const SECRET: &str = "never-to-be-seen";

#[track_caller]
fn told(said: &str, parts: &[&str]) {
    for part in parts {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
    assert!(!said.contains(SECRET), "{said}");
}

/// The messages of a pull of `acme/owner:1` with this exit status.
#[track_caller]
fn pulled(shop: &Shop, registry: &Scripted, exit: i32) -> String {
    let reference = format!("{}/acme/owner:1", registry.address);
    run(&mut mapper(shop, &["pull", &reference]))
        .with(exit)
        .stderr
}

#[test]
fn a_registry_that_stays_silent_is_given_up() {
    let registry = Scripted::start(|_, _, _| None);
    let began = Instant::now();
    let said = pulled(&Shop::new(), &registry, 1);
    assert!(began.elapsed() < Duration::from_secs(30));
    told(
        &said,
        &[
            &format!("the registry {} is silent for 3 s", registry.address),
            "nothing came for 20 seconds, waiting for its first answer",
        ],
    );
}

#[test]
fn a_registry_without_time_is_asked_again() {
    let shop = Shop::new();
    let module = std::fs::read(shop.overlay()).unwrap();
    let registry = Scripted::start(move |_, path, number| {
        Some(match number {
            1 => status(503, "retry-after", "1", ""),
            2 => status(429, "x-none", "", PAGE),
            _ => open(path, &module),
        })
    });
    let said = pulled(&shop, &registry, 0);
    told(&said, &["status 503", "asking again in 1 s", "status 429"]);
}

#[test]
fn a_registry_that_wants_a_long_pause_is_told_at_once() {
    for (code, parts) in [
        (429, ["too many requests", "docker login"]),
        (503, ["is down or overloaded", "status 503"]),
    ] {
        let registry =
            Scripted::start(move |_, _, _| Some(status(code, "retry-after", "60", PAGE)));
        let said = pulled(&Shop::new(), &registry, 1);
        told(&said, &parts);
        told(&said, &["could not pull", "try again in 60 seconds"]);
        assert!(!said.contains("login portal"), "{said}");
    }
}

#[test]
fn tokens_are_trimmed_and_checked() {
    let shop = Shop::new();
    let module = std::fs::read(shop.overlay()).unwrap();
    for (token, exit, part) in [
        (r#"{"token":"\n good \r\n"}"#, 0, "pulled"),
        (
            r#"{"token":"never-to-be-seen\nb"}"#,
            1,
            "token of its token service 127.0.0.1 cannot be used",
        ),
        (r#"{"token":" "}"#, 1, "has no token in it"),
    ] {
        let module = module.clone();
        let tokens = Scripted::start(move |_, _, _| Some(token.into_response()));
        let realm = format!("Bearer realm=\"http://{}/token\"", tokens.address);
        let registry = Scripted::start(move |_, path, _| {
            Some(match path {
                "/v2/" => status(401, "www-authenticate", &realm, ""),
                _ => open(path, &module),
            })
        });
        let said = pulled(&shop, &registry, exit);
        told(&said, &[part]);
    }
}

#[test]
fn a_push_to_a_page_or_to_nowhere_is_told() {
    let shop = Shop::new();
    shop.overlay();
    for (code, location, body, part) in [
        (200, "/", PAGE, "is a page of a proxy, a filter or a login"),
        (200, "/", "hello", "status 200 OK: hello"),
        (202, "http://[", "", "does not name a place to upload to"),
        (202, "data:x", "", "does not name a place to upload to"),
    ] {
        let registry = Scripted::start(move |method, _, _| {
            Some(match *method {
                Method::POST => status(code, "location", location, body),
                _ => status(404, "x-none", "", ""),
            })
        });
        let reference = format!("{}/acme/owner:1", registry.address);
        let mut push = mapper(&shop, &["push", "overlays/owner.wasm", &reference]);
        told(&run(&mut push).with(1).stderr, &[part]);
    }
}

/// Pulls through this proxy from a registry on another machine.
fn through(proxy: &str) -> String {
    let reference = "registry.invalid/acme/owner:1";
    let shop = Shop::new();
    let mut pull = mapper(&shop, &["pull", reference, "--plain-http"]);
    let said = run(pull.env("HTTP_PROXY", proxy).env_remove("http_proxy"))
        .with(1)
        .stderr;
    told(
        &said,
        &["registry registry.invalid", "registry.invalid/acme/owner:1"],
    );
    said
}

#[test]
fn a_proxy_that_wants_a_password_says_so() {
    let proxy = Scripted::start(|_, _, _| Some(status(407, "proxy-authenticate", "Basic", PAGE)));
    let address = &proxy.address;
    told(
        &through(&format!("http://{address}")),
        &[
            "status 407",
            &format!("the proxy that HTTP_PROXY names ({address})"),
            "write them into HTTP_PROXY, as http://USER:PASSWORD@HOST:PORT",
        ],
    );
    told(
        &through(&format!("http://user:{SECRET}@{address}")),
        &["it refuses the user name and password in HTTP_PROXY"],
    );
}

#[test]
fn a_proxy_that_is_not_there_is_named_without_its_password() {
    let said = through(&format!("http://user:{SECRET}@127.0.0.1:1"));
    told(
        &said,
        &[
            "refused",
            "is the proxy that HTTP_PROXY names (127.0.0.1:1) right",
        ],
    );
    assert!(
        !said.contains("does this network need HTTPS_PROXY"),
        "{said}"
    );
}

#[test]
fn a_reference_that_is_none_is_a_usage_error() {
    let shop = Shop::new();
    for (reference, part) in [
        ("https://ghcr.io/acme/owner:1", "drop `https://`"),
        (
            "ghcr.io/ACME/Owner:1",
            "lower case letters only, here ghcr.io/acme/owner",
        ),
        (
            "ghcr.io/acme/owner@sha256:0f",
            "`sha256:` and 64 hexadecimal digits",
        ),
    ] {
        let said = run(&mut mapper(&shop, &["pull", reference])).with(2).stderr;
        told(&said, &[part, reference]);
    }
}
