//! References: registry, repository, and tag or digest.

use oci_client::Reference;

use super::RegistryError;
use portolan_machine::text::printable;

/// A place in a registry, for example `ghcr.io/acme/acme-tags:0.1.0`.
#[derive(Clone, Debug)]
pub struct ArtifactRef {
    pub(super) reference: Reference,
}

impl ArtifactRef {
    /// Reads a reference to push to. Without a tag, the module's version is the tag.
    ///
    /// # Errors
    /// If it has no registry, or has a digest, which only the registry can give.
    pub fn to_push(given: &str, version: &str) -> Result<Self, RegistryError> {
        let given = given.trim();
        let (place, is_exact) = Self::parse(given)?;
        if place.reference.digest().is_some() {
            return Err(refused(
                given,
                "a digest follows from what is pushed; leave it out",
            ));
        }
        if is_exact {
            return Ok(place);
        }
        // A tag cannot hold the plus of a version's build; registries have agreed on this character.
        let tag = version.replace('+', "_");
        let (tagged, _) = Self::parse(&format!("{given}:{tag}")).map_err(|_| {
            refused(
                given,
                "it has no tag, and the module's version cannot be one; add a tag, for example :1.0.0",
            )
        })?;
        Ok(tagged)
    }

    /// Reads a reference to pull.
    ///
    /// # Errors
    /// If it has no registry, or neither tag nor digest.
    pub fn to_pull(given: &str) -> Result<Self, RegistryError> {
        let given = given.trim();
        let (place, is_exact) = Self::parse(given)?;
        if is_exact {
            return Ok(place);
        }
        Err(refused(
            given,
            "it has neither tag nor digest; add one, for example :1.0.0 or @sha256:…",
        ))
    }

    /// A reference, and whether it has its own tag or digest.
    fn parse(given: &str) -> Result<(Self, bool), RegistryError> {
        if let Some((scheme, _)) = given.split_once("://") {
            let more = match scheme {
                "http" => "; --plain-http is for a registry without TLS",
                _ => "",
            };
            return Err(refused(
                given,
                &format!(
                    "a reference is not a URL; drop `{}://`{more}",
                    printable(scheme, 32)
                ),
            ));
        }
        let (registry, rest) = given.split_once('/').unwrap_or_default();
        if registry != "localhost" && !registry.contains(['.', ':']) {
            return Err(refused(
                given,
                "it has to begin with the registry, for example ghcr.io/acme/acme-tags:1.0.0",
            ));
        }
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (rest, None),
        };
        let name = match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => name,
            _ => name,
        };
        if name.contains(|character: char| character.is_uppercase()) {
            let lower = printable(&name.to_lowercase(), 128);
            return Err(refused(
                given,
                &format!("a repository has lower case letters only, here {registry}/{lower}"),
            ));
        }
        if let Some(digest) = digest {
            check_digest(digest).map_err(|reason| refused(given, reason))?;
        }
        let reference = Reference::try_from(given).map_err(|error| {
            refused(
                given,
                &format!("{error}; one looks like ghcr.io/acme/acme-tags:1.0.0"),
            )
        })?;
        let name = given.rsplit('/').next().unwrap_or_default();
        let is_exact = name.contains([':', '@']);
        Ok((Self { reference }, is_exact))
    }

    /// The digest, else the tag.
    pub(super) fn exact(&self) -> &str {
        let reference = &self.reference;
        let exact = reference.digest().or(reference.tag());
        exact.unwrap_or("latest")
    }

    /// Host and port of the registry.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.reference.registry()
    }

    /// The default name of the module's file.
    #[must_use]
    pub fn file_name(&self) -> String {
        let repository = self.reference.repository();
        let name = repository.rsplit('/').next().unwrap_or(repository);
        format!("{name}.wasm")
    }

    /// Whether the registry is on this machine, where no network can be listened to.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.registry().split(':').next().unwrap_or_default();
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl std::fmt::Display for ArtifactRef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.reference.fmt(formatter)
    }
}

fn check_digest(digest: &str) -> Result<(), &'static str> {
    let is_other = digest.split_once(':').is_some_and(|(algorithm, _)| {
        ["sha384", "sha512", "blake3", "md5", "sha1"].contains(&algorithm)
    });
    if is_other {
        return Err("only digests by SHA-256 are supported");
    }
    let is_digit = |digit: char| digit.is_ascii_digit() || ('a'..='f').contains(&digit);
    let digits = digest.strip_prefix("sha256:");
    match digits.is_some_and(|digits| digits.len() == 64 && digits.chars().all(is_digit)) {
        true => Ok(()),
        false => Err(
            "its digest is not whole: one is `sha256:` and 64 hexadecimal digits, in lower case",
        ),
    }
}

fn refused(given: &str, reason: &str) -> RegistryError {
    RegistryError::Reference {
        given: printable(given, 256),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(given: &str) -> String {
        ArtifactRef::to_push(given, "1.2.0+linux")
            .map_or_else(|error| error.to_string(), |place| place.to_string())
    }

    #[test]
    fn the_version_is_the_tag_where_there_is_none() {
        assert_eq!(pushed("ghcr.io/acme/tags"), "ghcr.io/acme/tags:1.2.0_linux");
        assert_eq!(
            pushed("localhost:5000/tags"),
            "localhost:5000/tags:1.2.0_linux"
        );
        assert_eq!(pushed("localhost:5000/tags:dev"), "localhost:5000/tags:dev");
    }

    #[test]
    fn a_reference_has_to_be_exact() {
        for (given, part) in [
            ("acme/tags:1", "has to begin with the registry"),
            ("tags", "has to begin with the registry"),
            ("https://ghcr.io/acme/tags:1", "drop `https://`"),
            ("http://ghcr.io/acme/tags:1", "--plain-http"),
            ("oci://ghcr.io/acme/tags:1", "drop `oci://`"),
            ("ghcr.io/ACME/Tags:V1", "here ghcr.io/acme/tags"),
            ("ghcr.io/acme/tags:a b", "looks like"),
            ("ghcr.io/acme/tags@sha256:00", "64 hexadecimal digits"),
            ("ghcr.io/acme/tags@0f0f", "64 hexadecimal digits"),
            ("ghcr.io/acme/tags@sha512:00", "only digests by SHA-256"),
        ] {
            assert!(pushed(given).contains(part), "{}", pushed(given));
        }
        let digest = format!("ghcr.io/acme/tags@sha256:{}", "0f".repeat(32));
        assert!(pushed(&digest).contains("leave it out"));
        assert_eq!(
            ArtifactRef::to_pull(&digest).expect("exact").to_string(),
            digest
        );
        let error = ArtifactRef::to_pull("ghcr.io/acme/tags").expect_err("inexact");
        assert!(
            error.to_string().contains("neither tag nor digest"),
            "{error}"
        );
    }

    #[test]
    fn a_tag_and_a_port_may_be_anything_but_the_name() {
        assert_eq!(pushed(" ghcr.io/acme/tags:V1\n"), "ghcr.io/acme/tags:V1");
        let place = ArtifactRef::to_pull("localhost:5000/tags:RC-1").expect("exact");
        assert_eq!(place.exact(), "RC-1");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |given: &str| ArtifactRef::to_pull(given).expect("exact").is_loopback();
        assert!(is_loopback("localhost:5000/tags:1") && is_loopback("127.0.0.1:5000/tags:1"));
        assert!(!is_loopback("localhost.example.com/tags:1") && !is_loopback("10.0.0.1/tags:1"));
    }
}
