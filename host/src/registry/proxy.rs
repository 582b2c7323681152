//! Which proxy of the environment leads to a registry, in words that hold no password.

use std::net::Ipv4Addr;

use crate::text::printable;

/// A proxy on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    /// The variable that names it.
    pub(super) variable: &'static str,
    /// Host and port, without user name and password.
    place: String,
    /// Whether user name or password are given.
    pub(super) has_credentials: bool,
}

impl Proxy {
    /// The one that the HTTP client takes for a registry; `read` reads a variable.
    pub(super) fn to(
        registry: &str,
        is_plain: bool,
        read: impl Fn(&str) -> Option<String>,
    ) -> Option<Self> {
        // Only the first that is set counts, even if it is empty.
        let first = |names: [&'static str; 2]| {
            let set = |name: &'static str| Some((name, read(name)?));
            names.into_iter().find_map(set)
        };
        // For a CGI program, HTTP_PROXY is a header of whoever asks.
        if read("REQUEST_METHOD").is_some() {
            return None;
        }
        let of_scheme = if is_plain {
            ["HTTP_PROXY", "http_proxy"]
        } else {
            ["HTTPS_PROXY", "https_proxy"]
        };
        let is_some = |(_, value): &(&str, String)| !value.is_empty();
        let (variable, value) = first(of_scheme)
            .filter(is_some)
            .or_else(|| first(["ALL_PROXY", "all_proxy"]).filter(is_some))?;
        let exceptions = first(["NO_PROXY", "no_proxy"]).map(|(_, value)| value);
        let host = registry.split(':').next().unwrap_or(registry);
        if is_exception(host, exceptions.as_deref().unwrap_or_default()) {
            return None;
        }
        let authority = value.split_once("://").map_or(&*value, |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let (credentials, place) = match authority.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, authority),
        };
        // A password with a slash in it that is not encoded ends up before the `@` as well.
        let place = if value
            .rsplit('@')
            .next()
            .is_some_and(|end| end.contains(place))
        {
            printable(place, 128)
        } else {
            String::new()
        };
        Some(Self {
            variable,
            place,
            has_credentials: credentials.is_some() || value.contains('@'),
        })
    }
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the proxy that {} names", self.variable)?;
        match self.place.as_str() {
            "" => Ok(()),
            place => write!(formatter, " ({place})"),
        }
    }
}

/// Whether a host is to be reached without, by the list of `NO_PROXY`.
fn is_exception(host: &str, list: &str) -> bool {
    let host = host.to_ascii_lowercase();
    list.split(',').map(str::trim).any(|entry| {
        if let (Ok(address), Some((network, length))) =
            (host.parse::<Ipv4Addr>(), entry.split_once('/'))
        {
            let network = network.parse::<Ipv4Addr>().map(Ipv4Addr::to_bits);
            let length = length.parse::<u32>().ok().filter(|length| *length <= 32);
            return network.is_ok_and(|network| {
                length.is_some_and(|length| {
                    let differing = network ^ address.to_bits();
                    differing.checked_shr(32 - length).unwrap_or(0) == 0
                })
            });
        }
        let entry = entry.trim_start_matches('.').to_ascii_lowercase();
        entry == "*"
            || (!entry.is_empty()
                && host
                    .strip_suffix(&entry)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(registry: &str, is_plain: bool, variables: &[(&str, &str)]) -> Option<Proxy> {
        Proxy::to(registry, is_plain, |wanted| {
            let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
            Some((*value).to_owned())
        })
    }

    #[test]
    fn the_variable_is_named_and_no_password() {
        let https = ("HTTPS_PROXY", "http://u:TOPSECRET@proxy.example:3128/");
        let proxy = found("ghcr.io", false, &[https]).expect("a proxy");
        let said = proxy.to_string();
        assert_eq!(
            said,
            "the proxy that HTTPS_PROXY names (proxy.example:3128)"
        );
        assert!(proxy.has_credentials);
        assert_eq!(found("ghcr.io", true, &[https]), None);
        for (value, place) in [
            ("proxy:3128", " (proxy:3128)"),
            ("u:TOPSECRET@proxy:3128", " (proxy:3128)"),
            ("http://u:TOP/SECRET@proxy:3128", ""),
            ("http://u:TOP@SECRET@proxy:3128", " (proxy:3128)"),
        ] {
            let proxy = found("ghcr.io", false, &[("ALL_PROXY", value)]).expect(value);
            let expected = format!("the proxy that ALL_PROXY names{place}");
            assert_eq!(proxy.to_string(), expected, "{value}");
            assert_eq!(proxy.has_credentials, value.contains('@'), "{value}");
        }
    }

    #[test]
    fn exceptions_are_reached_without() {
        let through = |registry: &str, exceptions: &str| {
            let variables = [("https_proxy", "http://proxy:1"), ("NO_PROXY", exceptions)];
            found(registry, false, &variables).is_some()
        };
        assert!(through("ghcr.io", "") && through("ghcr.io", "example.com, hcr.io"));
        for exceptions in ["*", "ghcr.io", " .GHCR.io", "a.b,io"] {
            assert!(!through("ghcr.io:443", exceptions), "{exceptions}");
        }
        assert!(!through("10.1.2.3:5000", "10.0.0.0/8") && through("10.1.2.3", "10.2.0.0/16"));
        assert!(!through("10.1.2.3", "0.0.0.0/0"));
    }
}
