//! The accounts and Regions of registrations and scans.

/// An account and a Region that a registration asks; `*` stands for those that are only known when it runs.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct ScanPlace {
    pub(crate) account_id: String,
    pub(crate) region: String,
}

impl ScanPlace {
    /// Stands for every account, or for every Region.
    pub(crate) const ANY: &str = "*";

    /// Whether two places may be the same.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let same = |one: &str, two: &str| one == two || one == Self::ANY || two == Self::ANY;
        same(&self.account_id, &other.account_id) && same(&self.region, &other.region)
    }
}
