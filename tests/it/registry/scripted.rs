use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::server::{MANIFEST, sha256};

/// The answer of a proxy or a filter instead of a registry.
pub(super) const PAGE: &str = "<!DOCTYPE html><html><title>Blocked</title></html>";

/// A registry or proxy with the answers of a test, by method, path and number of the request; `None` gives no
/// answer at all.
pub(super) struct Scripted {
    pub(super) address: String,
    _runtime: tokio::runtime::Runtime,
}

impl Scripted {
    pub(super) fn start(
        answer: impl Fn(&Method, &str, u32) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = std::sync::Arc::new((answer, AtomicU32::new(0)));
        let service = Router::new().fallback(move |method: Method, uri: Uri| {
            let state = state.clone();
            async move {
                let number = state.1.fetch_add(1, Ordering::Relaxed);
                match state.0(&method, uri.path(), number) {
                    Some(response) => response,
                    None => std::future::pending().await,
                }
            }
        });
        runtime.spawn(async { axum::serve(listener, service).await });
        Self {
            address,
            _runtime: runtime,
        }
    }
}

/// The answer of an open registry with this one module to a pull.
pub(super) fn open(path: &str, module: &[u8]) -> Response {
    if path.contains("/blobs/") {
        return module.to_vec().into_response();
    }
    let part = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": sha256(bytes), "size": bytes.len()});
    let manifest = json!({
        "schemaVersion": 2,
        "config": part("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [part("application/wasm", module)],
    });
    ([(header::CONTENT_TYPE, MANIFEST)], manifest.to_string()).into_response()
}

/// A status with a header and a body.
pub(super) fn status(code: u16, name: &'static str, value: &str, body: &'static str) -> Response {
    let code = StatusCode::from_u16(code).unwrap();
    (code, [(name, value.to_owned())], body).into_response()
}
