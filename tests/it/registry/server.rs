use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::http;
use crate::support::{root, wait_until};

/// A registry for one test, stopped on drop.
pub(crate) struct Registry {
    /// Host and port of the registry.
    pub(crate) address: String,
    folder: tempfile::TempDir,
    passwords: Option<tempfile::TempDir>,
    child: Child,
}

impl Registry {
    /// Starts an open registry; `None` if it is not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::with("")
    }

    /// Starts a registry that is open only to `publisher` with the password `open-sesame`.
    pub(super) fn locked() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("htpasswd");
        let hash = "$2y$05$abcdefghijklmnopqrstuutXu9KzOt.1yBoZUeFWoT/914/JfszCO";
        std::fs::write(&file, format!("publisher:{hash}\n")).unwrap();
        let auth = format!(
            "auth: {{htpasswd: {{realm: test, path: {:?}}}}}\n",
            file.to_str().unwrap()
        );
        let mut registry = Self::with(&auth)?;
        registry.passwords = Some(folder);
        Some(registry)
    }

    fn with(more: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let address = format!("127.0.0.1:{port}");
        let data = folder.path().join("data");
        let configuration = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {:?}}}}}\nhttp: {{addr: {address:?}}}\n{more}",
            data.to_str().unwrap()
        );
        let file = folder.path().join("config.yml");
        std::fs::write(&file, configuration).unwrap();
        let child = Command::new(program())
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = child else {
            skip();
            return None;
        };
        let registry = Self {
            address,
            folder,
            passwords: None,
            child,
        };
        wait_until("the registry answers", || {
            std::net::TcpStream::connect(&registry.address).is_ok()
        });
        Some(registry)
    }

    /// A reference in this registry.
    pub(super) fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// The manifest of a tag or digest: its media type, its bytes, and its JSON.
    pub(super) fn manifest(&self, repository: &str, tag: &str) -> (String, Vec<u8>, Value) {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let answer = http::get(&self.address, &path, MANIFEST).with(200);
        let manifest = serde_json::from_slice(&answer.body).unwrap();
        (answer.header("content-type"), answer.body, manifest)
    }

    pub(super) fn blob(&self, repository: &str, digest: &Value) -> Vec<u8> {
        let path = format!("/v2/{repository}/blobs/{}", digest.as_str().unwrap());
        http::get(&self.address, &path, "*/*").with(200).body
    }

    /// Uploads a blob by plain HTTP, and returns its descriptor.
    pub(super) fn put_blob(&self, repository: &str, media_type: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes);
        let session = http::send(
            &self.address,
            "POST",
            &format!("/v2/{repository}/blobs/uploads/"),
            "*/*",
            &[],
        );
        let location = session.with(202).header("location");
        let (_, path) = location
            .split_once(&self.address)
            .unwrap_or(("", &location));
        let path = format!("{path}&digest={digest}");
        http::send(
            &self.address,
            "PUT",
            &path,
            "application/octet-stream",
            bytes,
        )
        .with(201);
        serde_json::json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// Uploads a manifest by plain HTTP.
    pub(super) fn put_manifest(&self, repository: &str, tag: &str, manifest: &Value) {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let body = manifest.to_string();
        http::send(&self.address, "PUT", &path, MANIFEST, body.as_bytes()).with(201);
    }

    /// Path of a blob in the registry's storage.
    pub(super) fn stored(&self, digest: &Value) -> PathBuf {
        let hex = digest.as_str().unwrap().strip_prefix("sha256:").unwrap();
        let blobs = "data/docker/registry/v2/blobs/sha256";
        self.folder
            .path()
            .join(format!("{blobs}/{}/{hex}/data", &hex[..2]))
    }
}

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

pub(super) fn sha256(bytes: &[u8]) -> String {
    let digits: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{digits}")
}

/// The program that `tests/setup.sh tests` unpacked, else the installed one.
fn program() -> PathBuf {
    let unpacked = root().join("target/docker-registry/usr/bin/docker-registry");
    if unpacked.is_file() {
        return unpacked;
    }
    "docker-registry".into()
}

fn skip() {
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    assert!(
        std::env::var_os("PORTOLAN_TEST_REGISTRY").is_none_or(|value| value != "required"),
        "docker-registry is required here, and there is none"
    );
    // Bypasses the test's output capture, so that the line is visible.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: {name}: there is no docker-registry; `tests/setup.sh tests` gets it on Debian"
    );
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
