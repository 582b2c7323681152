//! The only module that reads `AWS_…` variables. The SDK sees only checked values, because it panics on some
//! and misreads others.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use aws_types::os_shim_internal::Env;
use base64::Engine;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::profiles::Profiles;
use super::settings::{Connection, ConnectionError};
use super::value::checked;
use portolan_machine::proxies::Proxies;

/// A bundle of all public authorities has 150 certificates.
const CERTIFICATE_LIMIT: usize = 10_000;
/// A bundle of all public authorities has a quarter of a megabyte.
const BUNDLE_LIMIT_BYTES: u64 = 8 * 1024 * 1024;

/// The checked environment variables and AWS profiles.
#[derive(Debug)]
pub(super) struct Environment {
    variables: HashMap<String, String>,
    pub(super) profiles: Profiles,
    pub(super) proxies: Proxies,
    /// The selected profile; `None` for the default one.
    profile: Option<String>,
}

/// The variables that the SDK reads for the APIs used here, and those that this module reads.
#[rustfmt::skip]
const READ: [&str; 40] = [
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ECS", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_ACCOUNT",
    "AWS_ENDPOINT_URL_ORGANIZATIONS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_SIGNIN", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "AWS_LOGIN_CACHE_DIRECTORY", "AWS_SDK_UA_APP_ID",
    "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_AUTH_SCHEME_PREFERENCE", "AWS_SIGV4A_SIGNING_REGION_SET",
];

/// The variable that names the token file for a container's credentials endpoint.
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

impl Environment {
    /// Reads the variables of the process and the files that they name.
    ///
    /// # Errors
    /// Fails if a value cannot be used, or if a profile file cannot be read.
    pub(super) async fn read(connection: &Connection) -> Result<Self, ConnectionError> {
        let variables: Vec<_> = std::env::vars_os().collect();
        Self::of(variables, connection.profile.as_deref()).await
    }

    pub(super) async fn of(
        given: Vec<(OsString, OsString)>,
        profile: Option<&str>,
    ) -> Result<Self, ConnectionError> {
        let mut variables = HashMap::new();
        for (name, value) in given {
            let Ok(name) = name.into_string() else {
                continue;
            };
            let is_of_aws = READ.contains(&name.as_str());
            // Variables for other services' endpoints and for other programs are ignored.
            if name.starts_with("AWS_") && !is_of_aws {
                continue;
            }
            let value = match value.into_string() {
                Ok(value) if is_of_aws => {
                    checked(&name, &value).map_err(|reason| wrong(&name, reason))?
                }
                Err(_) if is_of_aws => return Err(wrong(&name, "its value is not UTF-8".into())),
                other => other.ok(),
            };
            if let Some(value) = value {
                variables.insert(name, value);
            }
        }
        let profiles = Profiles::read(|name| variables.get(name).map(String::as_str)).await?;
        let profile = profile
            .or_else(|| variables.get("AWS_PROFILE").map(String::as_str))
            .or_else(|| variables.get("AWS_DEFAULT_PROFILE").map(String::as_str))
            .map(str::to_owned);
        let proxies = Proxies::read(|name| variables.get(name).map(String::as_str));
        let environment = Self {
            proxies: proxies.map_err(|(name, problem)| wrong(name, problem))?,
            variables,
            profiles,
            profile,
        };
        environment.profiles.check(environment.profile())?;
        Ok(environment)
    }

    fn profile(&self) -> &str {
        self.profile.as_deref().unwrap_or("default")
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The Region from the variables or the profile.
    pub(super) fn region(&self) -> Option<&str> {
        self.variable("AWS_REGION")
            .or_else(|| self.variable("AWS_DEFAULT_REGION"))
            .or_else(|| self.profiles.value(self.profile(), "region"))
    }

    /// The variables that the SDK reads instead of the process's environment.
    pub(super) fn variables(&self) -> Env {
        let mut variables = self.variables.clone();
        // The SDK accepts fewer characters in a profile's name than the AWS CLI does.
        variables.insert("AWS_PROFILE".into(), Profiles::alias(self.profile()));
        // Token files end with a line break, which a header cannot hold.
        let file = self.variable(TOKEN_FILE).map(std::fs::read_to_string);
        if let Some(Ok(token)) = file
            && let Ok(Some(token)) = checked("AWS_CONTAINER_AUTHORIZATION_TOKEN", &token)
        {
            variables.remove(TOKEN_FILE);
            variables.insert("AWS_CONTAINER_AUTHORIZATION_TOKEN".into(), token);
        }
        Env::from(variables)
    }

    /// The certificate authorities, in PEM, that replace the system's; `None` if no setting names a bundle.
    ///
    /// # Errors
    /// Fails if the file cannot be read or does not hold a certificate.
    pub(super) fn ca_bundle(
        &self,
        connection: &Connection,
    ) -> Result<Option<Vec<u8>>, ConnectionError> {
        let profile = format!("ca_bundle of the AWS profile {}", self.profile());
        let of_profile = self.profiles.value(self.profile(), "ca_bundle");
        let places = [
            ("ca-bundle", connection.ca_bundle.clone()),
            (
                "AWS_CA_BUNDLE",
                self.variable("AWS_CA_BUNDLE").map(PathBuf::from),
            ),
            (profile.as_str(), of_profile.map(PathBuf::from)),
            (
                "SSL_CERT_FILE",
                self.variable("SSL_CERT_FILE").map(PathBuf::from),
            ),
        ];
        let named = places.into_iter().find_map(|(name, path)| {
            let path = path.filter(|path| !path.as_os_str().is_empty())?;
            Some((name.to_owned(), self.profiles.expand(&path)))
        });
        let Some((name, path)) = named else {
            return Ok(None);
        };
        read_bundle(&path)
            .map(Some)
            .map_err(|reason| wrong(&name, format!("the file {} cannot be used: {reason}; name a file of certificate authorities in PEM form", path.display())))
    }

    /// The reason that the selected profile cannot be used, if it is in neither file.
    pub(super) fn missing_profile(&self) -> Option<String> {
        let name = self.profile.as_deref()?;
        self.profiles.missing(name)
    }

    /// Whether the profile's credentials come from a program of the user.
    pub(super) fn runs_a_program(&self) -> bool {
        let mut sources = self.profiles.sources(self.profile()).into_iter();
        sources.any(|source| self.profiles.value(source, "credential_process").is_some())
    }

    /// Whether the credentials come from STS: for a role of a profile, or for a token.
    pub(super) fn assumes_a_role(&self) -> bool {
        let mut sources = self.profiles.sources(self.profile()).into_iter();
        sources.any(|source| self.profiles.value(source, "role_arn").is_some())
            || self.variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
    }

    /// The message for credentials that the SDK did not find, because of `reason`.
    pub(super) fn credentials_problem(&self, reason: &str) -> String {
        // The standard error of a program may hold a secret.
        let reason = reason.split("Stderr:").next().unwrap_or_default().trim();
        if let Some(problem) = self.incomplete() {
            return problem;
        }
        let profile = self.profile();
        if let Some(problem) = self.profiles.credentials_problem(profile, reason) {
            return problem;
        }
        let of_instance = [
            (
                "AssumeRoleUnauthorizedAccess",
                "the role of this instance cannot be assumed by EC2; correct the trust policy of the role",
            ),
            (
                "unexpected token '<'",
                "the address of the credentials service answered with an HTML page or other text; check AWS_CONTAINER_CREDENTIALS_FULL_URI and the network",
            ),
        ];
        if reason.contains("AccessDenied") && self.assumes_a_role() {
            return format!(
                "the role cannot be assumed: {reason}; check the trust policy of the role, and whether the caller may assume it"
            );
        }
        if let Some((_, problem)) = of_instance.iter().find(|(words, _)| reason.contains(words)) {
            return (*problem).to_owned();
        }
        if let Some(name) = self
            .profile
            .as_deref()
            .filter(|name| !self.profiles.has_credentials(name))
        {
            return format!(
                "the AWS profile `{}` holds no credentials; add them with `aws configure --profile`, or name another profile",
                portolan_machine::text::printable(name, 64)
            );
        }
        let is_nothing = ["no credentials found", "not loaded", "IMDS"];
        if is_nothing.iter().any(|words| reason.contains(words)) {
            return "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with --profile, or give keys as settings (`portolan sync --help`)".into();
        }
        format!(
            "the credentials cannot be loaded: {reason}; check variables and profile with `aws sts get-caller-identity`"
        )
    }

    /// The message for a variable whose counterpart is not set, or whose file cannot be read.
    fn incomplete(&self) -> Option<String> {
        let profile = self.profile();
        let has = |name| self.variable(name).is_some();
        match (has("AWS_ACCESS_KEY_ID"), has("AWS_SECRET_ACCESS_KEY")) {
            (true, false) => return Some("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not; set both, or none to use a profile".into()),
            (false, true) => return Some("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not; set both, or none to use a profile".into()),
            _ => {}
        }
        if has("AWS_WEB_IDENTITY_TOKEN_FILE") && !has("AWS_ROLE_ARN") {
            return Some(
                "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not; set both, or none"
                    .into(),
            );
        }
        let token_file = [
            (TOKEN_FILE, self.variable(TOKEN_FILE)),
            (
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                self.variable("AWS_WEB_IDENTITY_TOKEN_FILE"),
            ),
            (
                "web_identity_token_file of the AWS profile",
                self.profiles.value(profile, "web_identity_token_file"),
            ),
        ];
        for (name, file) in token_file {
            if let Some(Err(error)) = file.map(std::fs::read) {
                let file = file.unwrap_or_default();
                return Some(format!(
                    "the token file {file} cannot be read ({error}); {name} names it: check the path, or whether the token is mounted"
                ));
            }
        }
        None
    }
}

fn read_bundle(path: &Path) -> Result<Vec<u8>, String> {
    let length_bytes = std::fs::metadata(path)
        .map_err(|error| error.to_string())?
        .len();
    if length_bytes > BUNDLE_LIMIT_BYTES {
        return Err(format!(
            "it has {length_bytes} bytes, more than {BUNDLE_LIMIT_BYTES}"
        ));
    }
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    // The SDK panics on a certificate that it cannot use, and company bundles hold such certificates.
    let mut roots = rustls::RootCertStore::empty();
    let (mut usable, mut unusable) = (String::new(), 0);
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&pem);
    for certificate in CertificateDer::pem_slice_iter(pem).take(CERTIFICATE_LIMIT) {
        let Ok(certificate) = certificate else {
            unusable += 1;
            continue;
        };
        let text = base64::engine::general_purpose::STANDARD.encode(&certificate);
        match roots.add(certificate) {
            Ok(()) => usable.push_str(&format!(
                "-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
            )),
            Err(_) => unusable += 1,
        }
    }
    if usable.is_empty() {
        return Err("it holds no usable certificate".into());
    }
    if unusable > 0 {
        tracing::warn!(
            "{}: certificates that cannot be used are left out: {unusable}",
            path.display()
        );
    }
    Ok(usable.into_bytes())
}

fn wrong(name: &str, reason: String) -> ConnectionError {
    ConnectionError::Environment {
        name: portolan_machine::text::printable(name, 64),
        reason,
    }
}
