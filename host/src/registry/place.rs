//! References: which registry, repository and tag or digest.

use oci_client::Reference;

use super::RegistryError;
use crate::text::printable;

/// A place in a registry, as `ghcr.io/acme/acme-tags:0.1.0` names one.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) reference: Reference,
}

impl Place {
    /// Reads a reference to push to. Without a tag, the module's version is the tag.
    ///
    /// # Errors
    /// If it names no registry, or a digest, which only the registry can give.
    pub fn to_push(given: &str, version: &str) -> Result<Self, RegistryError> {
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
        // A tag may not hold the plus of a version's build; registries have agreed on this instead.
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
    /// If it names no registry, or neither tag nor digest.
    pub fn to_pull(given: &str) -> Result<Self, RegistryError> {
        let (place, is_exact) = Self::parse(given)?;
        if is_exact {
            return Ok(place);
        }
        Err(refused(
            given,
            "it has neither tag nor digest; add one, for example :1.0.0 or @sha256:…",
        ))
    }

    /// A reference, and whether it has a tag or digest of its own.
    fn parse(given: &str) -> Result<(Self, bool), RegistryError> {
        let registry = given.split_once('/').map_or("", |(registry, _)| registry);
        if registry != "localhost" && !registry.contains(['.', ':']) {
            return Err(refused(
                given,
                "it has to begin with the registry, for example ghcr.io/acme/acme-tags:1.0.0",
            ));
        }
        let reference = Reference::try_from(given).map_err(|error| {
            refused(
                given,
                &format!("{error}; one looks like ghcr.io/acme/acme-tags:1.0.0"),
            )
        })?;
        if reference
            .digest()
            .is_some_and(|digest| !digest.starts_with("sha256:"))
        {
            return Err(refused(given, "only digests by SHA-256 are supported"));
        }
        let name = given.rsplit('/').next().unwrap_or_default();
        let is_exact = name.contains([':', '@']);
        Ok((Self { reference }, is_exact))
    }

    /// Host and port of the registry.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.reference.registry()
    }

    /// A file name for the module.
    #[must_use]
    pub fn file_name(&self) -> String {
        let repository = self.reference.repository();
        let name = repository.rsplit('/').next().unwrap_or(repository);
        format!("{name}.wasm")
    }

    /// Whether the registry is on this machine, where there is nobody to listen in between.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.registry().split(':').next().unwrap_or_default();
        host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.reference.fmt(formatter)
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
        Place::to_push(given, "1.2.0+linux")
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
            ("ghcr.io/Acme/tags", "looks like"),
            ("ghcr.io/acme/tags@sha256:00", "looks like"),
        ] {
            assert!(pushed(given).contains(part), "{}", pushed(given));
        }
        let digest = format!("ghcr.io/acme/tags@sha256:{}", "0f".repeat(32));
        assert!(pushed(&digest).contains("leave it out"));
        assert_eq!(Place::to_pull(&digest).expect("exact").to_string(), digest);
        let error = Place::to_pull("ghcr.io/acme/tags").expect_err("inexact");
        assert!(
            error.to_string().contains("neither tag nor digest"),
            "{error}"
        );
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let is_loopback = |given: &str| Place::to_pull(given).expect("exact").is_loopback();
        assert!(is_loopback("localhost:5000/tags:1") && is_loopback("127.0.0.1:5000/tags:1"));
        assert!(!is_loopback("localhost.example.com/tags:1") && !is_loopback("10.0.0.1/tags:1"));
    }
}
