//! Addresses of views: everything that changes what is shown is in them.

use std::fmt;

use axum::http::Uri;

/// The path and the parameters of a view.
#[derive(Clone, Debug, Default)]
pub(super) struct Address {
    path: String,
    pairs: Vec<(String, String)>,
}

impl Address {
    pub(super) fn of(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self {
            path: uri.path().to_owned(),
            pairs: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        }
    }

    /// The same view without empty parameters, which forms send; `None` if there are none.
    pub(super) fn tidied(&self) -> Option<Self> {
        let mut other = self.clone();
        other.pairs.retain(|(_, value)| !value.is_empty());
        (other.pairs.len() < self.pairs.len()).then_some(other)
    }

    /// A view of its own.
    pub(super) fn to(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            pairs: Vec::new(),
        }
    }

    /// The same parameters of another view.
    pub(super) fn at(&self, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            ..self.clone()
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// The values of a parameter, which commas separate.
    pub(super) fn values(&self, key: &str) -> Vec<&str> {
        let text = self.get(key).unwrap_or_default();
        text.split(',').filter(|value| !value.is_empty()).collect()
    }

    /// Without a parameter, on the first page.
    pub(super) fn without(&self, key: &str) -> Self {
        let mut other = self.clone();
        other
            .pairs
            .retain(|(name, _)| name != key && name != "after");
        other
    }

    /// With a parameter in place of another value of it, on the first page.
    pub(super) fn with(&self, key: &str, value: &str) -> Self {
        let mut other = self.without(key);
        other.pairs.push((key.to_owned(), value.to_owned()));
        other
    }

    /// With a value more, or less if it is there.
    pub(super) fn toggled(&self, key: &str, value: &str) -> Self {
        let mut values = self.values(key);
        match values.iter().position(|known| *known == value) {
            Some(place) => drop(values.remove(place)),
            None => values.push(value),
        }
        match values.is_empty() {
            true => self.without(key),
            false => self.with(key, &values.join(",")),
        }
    }

    /// The parameters, for hidden fields of a form that changes others.
    pub(super) fn others(&self, but: &[&str]) -> Vec<(String, String)> {
        let pairs = self.pairs.iter();
        let kept = pairs.filter(|(name, _)| !but.contains(&name.as_str()) && name != "after");
        kept.cloned().collect()
    }

    /// The parameters alone.
    pub(super) fn query(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(&self.pairs);
        // Legible, as people share them; neither means anything in a query.
        text.finish()
            .replace("%2C", ",")
            .replace("%3A", ":")
            .replace("%2F", "/")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.path)?;
        match self.pairs.is_empty() {
            true => Ok(()),
            false => write!(formatter, "?{}", self.query()),
        }
    }
}

/// A path of this service, where one is given: never another host's.
pub(super) fn way_back(text: Option<&str>) -> &str {
    let is_path = |text: &&str| {
        text.starts_with('/')
            && !text[1..].starts_with(['/', '\\'])
            && text.bytes().all(|it| it.is_ascii_graphic())
    };
    text.filter(is_path).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_changes_one_parameter_and_begins_at_the_first_page() {
        let address = Address::of(&Uri::from_static(
            "/findings?severity=high&after=x&name=a%20b",
        ));
        let more = address.toggled("severity", "low");
        assert_eq!(more.to_string(), "/findings?name=a+b&severity=high,low");
        let less = more.toggled("severity", "high").toggled("severity", "low");
        assert_eq!(less.to_string(), "/findings?name=a+b");
        assert_eq!(address.get("after"), Some("x"));
    }

    #[test]
    fn a_way_back_stays_here() {
        assert_eq!(way_back(Some("/scans?a=1")), "/scans?a=1");
        for elsewhere in ["//evil", "/\\evil", "https://evil", "", "/a\nb"] {
            assert_eq!(way_back(Some(elsewhere)), "/", "{elsewhere}");
        }
    }
}
