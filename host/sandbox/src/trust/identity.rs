//! The identity of a module, which a signature covers and a lock pins.

/// The facts that distinguish a module from every other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name in its manifest.
    pub name: String,
    /// The version in its manifest.
    pub version: String,
    /// The digest: `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The WIT package that it is built against, for example `portolan:mapper@1.0.0`.
    pub wit: String,
}

impl Identity {
    /// The first difference between a claim and this module, as the end of a sentence that begins with the
    /// source of the claim.
    pub(super) fn refutes(&self, claim: &Self) -> Option<String> {
        let pairs = [
            ("digest", &claim.digest, &self.digest),
            ("name", &claim.name, &self.name),
            ("version", &claim.version, &self.version),
            ("WIT package", &claim.wit, &self.wit),
        ];
        let (what, claimed, actual) = pairs
            .into_iter()
            .find(|(_, claimed, actual)| claimed != actual)?;
        Some(format!(
            "the {what} {}, but the module's is {}",
            portolan_machine::text::printable(claimed, 128),
            portolan_machine::text::printable(actual, 128)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named_with_both_sides() {
        let module = Identity {
            name: "acme".into(),
            version: "1.0.0".into(),
            digest: "sha256:00".into(),
            wit: "portolan:mapper@1.0.0".into(),
        };
        assert_eq!(module.refutes(&module), None);
        let claim = Identity {
            version: "2.0.0".into(),
            ..module.clone()
        };
        assert_eq!(
            module.refutes(&claim).as_deref(),
            Some("the version 2.0.0, but the module's is 1.0.0")
        );
    }
}
