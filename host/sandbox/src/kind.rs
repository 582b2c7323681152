//! The kinds of modules, and the contract of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The effect of a module on records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It makes records.
    Mapping,
    /// It amends records.
    Overlay,
    /// It judges records.
    Assessor,
}

/// A WIT package of this host.
#[derive(Debug, PartialEq, Eq)]
pub struct Contract {
    /// The package without its version, for example `portolan:mapper`.
    pub package: &'static str,
    /// Its version in this host.
    pub version: &'static str,
    /// A module that is built against it, in a sentence.
    pub(super) module: &'static str,
}

impl Contract {
    const MAPPER: Self = Self {
        package: "portolan:mapper",
        version: "1.0.0",
        module: "a mapper",
    };
    const ASSESSOR: Self = Self {
        package: "portolan:assessor",
        version: "0.1.0",
        module: "an assessor",
    };

    /// The contracts of this host.
    pub(super) const ALL: [&'static Self; 2] = [&Self::MAPPER, &Self::ASSESSOR];

    /// The name of an interface or world of this package, with the version.
    #[must_use]
    pub fn full_name(&self, name: &str) -> String {
        format!("{}/{name}@{}", self.package, self.version)
    }

    /// The name in this package and the version of a full name; `None` if it is of another package.
    pub(super) fn split<'n>(&self, full_name: &'n str) -> Option<(&'n str, &'n str)> {
        let name = full_name.strip_prefix(self.package)?.strip_prefix('/')?;
        name.split_once('@')
    }

    /// Whether this host implements a version of the contract. Patch versions are compatible, and from 1.0 on
    /// earlier minor versions.
    pub(super) fn fits(&self, version: &str) -> bool {
        let (Some(ours), Some(theirs)) = (numbers(self.version), numbers(version)) else {
            return false;
        };
        match ours[0] {
            0 => theirs == ours,
            major => theirs[0] == major && theirs[1] <= ours[1],
        }
    }
}

/// The major and minor version.
fn numbers(version: &str) -> Option<[u64; 2]> {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??])
}

impl Kind {
    /// All kinds, in the order in which a component's exports are tried.
    pub const ALL: [Self; 3] = [Self::Mapping, Self::Overlay, Self::Assessor];

    /// The word in manifests and on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Overlay => "overlay",
            Self::Assessor => "assessor",
        }
    }

    /// The word with its article.
    pub(super) const fn with_article(self) -> &'static str {
        match self {
            Self::Mapping => "a mapping",
            Self::Overlay => "an overlay",
            Self::Assessor => "an assessor",
        }
    }

    /// The contract that a module of this kind is built against.
    #[must_use]
    pub const fn contract(self) -> &'static Contract {
        match self {
            Self::Mapping | Self::Overlay => &Contract::MAPPER,
            Self::Assessor => &Contract::ASSESSOR,
        }
    }

    /// The interface that a module of this kind exports.
    #[must_use]
    pub const fn interface(self) -> &'static str {
        match self {
            Self::Mapping => "mapping",
            Self::Overlay => "overlay",
            Self::Assessor => "assessing",
        }
    }

    /// The world of a module of this kind.
    #[must_use]
    pub const fn world(self) -> &'static str {
        match self {
            Self::Mapping => "mapping-module",
            Self::Overlay => "overlay-module",
            Self::Assessor => "assessor-module",
        }
    }

    /// Whether an export is the interface of this kind, in any version.
    pub(super) fn is_exported_as(self, full_name: &str) -> bool {
        let found = self.contract().split(full_name);
        found.is_some_and(|(name, _)| name == self.interface())
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_minor_versions_fit_only_after_a_release() {
        let fits = |kind: Kind, version| kind.contract().fits(version);
        for version in ["1.0.0", "1.0.7"] {
            assert!(fits(Kind::Mapping, version));
        }
        for version in ["1.1.0", "0.9.0", "next", "1"] {
            assert!(!fits(Kind::Mapping, version));
        }
        assert!(fits(Kind::Assessor, "0.1.4"));
        assert!(!fits(Kind::Assessor, "0.0.9") && !fits(Kind::Assessor, "1.0.0"));
    }
}
