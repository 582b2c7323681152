//! The proxies of the environment, for AWS and for registries. HTTP clients ignore invalid values and then
//! connect directly, so this module checks them as strictly as other variables.

use std::fmt;
use std::net::IpAddr;

/// The proxies for both kinds of endpoint, and the hosts to connect to directly.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// The proxy for endpoints whose URL begins with `https://`.
    pub https: Option<Proxy>,
    /// The proxy for endpoints whose URL begins with `http://`.
    pub http: Option<Proxy>,
    /// Hosts without a proxy, in the format of `NO_PROXY`.
    pub not_for: String,
}

/// A proxy. Its text forms omit user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The URL for HTTP clients, with user name and password.
    pub url: String,
    /// The environment variable that names it.
    pub variable: &'static str,
    /// The host and the port.
    place: String,
    /// Whether the URL has a user name or password.
    pub has_credentials: bool,
}

/// The name of an invalid variable, and the reason without its value, which may hold a password.
pub(crate) type Wrong = (&'static str, String);

impl Proxies {
    /// Reads the proxies from `variable`. An upper-case variable takes precedence over a lower-case one, and
    /// a variable for the kind of endpoint over `ALL_PROXY`.
    pub fn read<'v>(variable: impl Fn(&str) -> Option<&'v str>) -> Result<Self, Wrong> {
        let first = |names: [&'static str; 4]| -> Result<Option<Proxy>, Wrong> {
            for name in names {
                let value = variable(name).unwrap_or_default();
                if let Some(proxy) = proxy(name, value).map_err(|problem| (name, problem))? {
                    return Ok(Some(proxy));
                }
            }
            Ok(None)
        };
        let not_for = ["NO_PROXY", "no_proxy"].into_iter().filter_map(&variable);
        let mut not_for = not_for.map(hosts).filter(|hosts| !hosts.is_empty());
        Ok(Self {
            https: first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?,
            http: first(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])?,
            not_for: not_for.next().unwrap_or_default(),
        })
    }

    /// Reads the proxies from the environment of the process.
    pub fn of_environment() -> Result<Self, Wrong> {
        let all: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()))
            .collect();
        Self::read(|wanted| {
            let (_, value) = all.iter().find(|(name, _)| name == wanted)?;
            Some(value)
        })
    }

    /// The proxy for a host; `None` to connect directly.
    pub fn to(&self, host: &str, is_plain: bool) -> Option<&Proxy> {
        let proxy = if is_plain { &self.http } else { &self.https };
        proxy.as_ref().filter(|_| !self.leaves_out(host))
    }

    /// Whether to connect to a host directly, by the rules of the HTTP clients.
    fn leaves_out(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        self.not_for
            .split(',')
            .any(|entry| match (address, entry.split_once('/')) {
                (Some(address), Some((network, length))) => is_in(address, network, length),
                (Some(_), None) => host == entry,
                (None, _) => {
                    let entry = entry.trim_start_matches('.').to_ascii_lowercase();
                    let rest = host.strip_suffix(&entry).filter(|_| !entry.is_empty());
                    entry == "*" || rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                }
            })
    }
}

/// Whether an address is in a network of `length` leading bits.
fn is_in(address: IpAddr, network: &str, length: &str) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else {
        return false;
    };
    let ((one, width), (other, other_width)) = (bits(address), bits(network));
    let differing = (one ^ other)
        .checked_shr(128 - length.min(128))
        .unwrap_or(0);
    width == other_width && length <= width && differing == 0
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the proxy that {} names ({})",
            self.variable, self.place
        )
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// The proxy that a variable names; `None` if it is empty. User name and password may hold any character: the
/// host begins after the last `@`.
fn proxy(variable: &'static str, value: &str) -> Result<Option<Proxy>, String> {
    let value = value.trim().trim_matches(['"', '\'']).trim();
    if value.is_empty() {
        return Ok(None);
    }
    let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
    let scheme = scheme.to_ascii_lowercase();
    if scheme.starts_with("socks") {
        return Err("SOCKS proxies are not supported; name an HTTP proxy".into());
    }
    let (user, host) = rest
        .rsplit_once('@')
        .map_or((None, rest), |(user, host)| (Some(user), host));
    let host = host.trim_end_matches('/');
    let is_url = ["http", "https"].contains(&scheme.as_str()) && is_host_and_port(host);
    let is_printable = |text: &str| !text.chars().any(char::is_control);
    if !is_url || !user.is_none_or(is_printable) {
        return Err("its value is not the URL of a proxy; one looks like http://user:password@proxy.example.com:3128".into());
    }
    let has_credentials = user.is_some();
    let user = user.map_or(String::new(), |user| {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        format!("{}:{}@", encoded(name), encoded(password))
    });
    Ok(Some(Proxy {
        url: format!("{scheme}://{user}{host}"),
        variable,
        place: host.to_owned(),
        has_credentials,
    }))
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_host = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
        }
    };
    is_host && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Percent-encodes all characters but ASCII letters and digits. Encoded characters stay.
fn encoded(text: &str) -> String {
    let is_encoded = |at: usize| {
        let digits = text.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    text.bytes()
        .enumerate()
        .fold(String::new(), |text, (at, byte)| match byte {
            byte if byte.is_ascii_alphanumeric() => text + &char::from(byte).to_string(),
            b'%' if is_encoded(at) => text + "%",
            byte => text + &format!("%{byte:02X}"),
        })
}

/// Rewrites a list of hosts for the HTTP clients: `.example.com` for `*.example.com`, and without ports and
/// brackets, which they do not support. `*` must also list all addresses.
fn hosts(list: &str) -> String {
    let hosts = list.split([',', ';', ' ', '\t', '\r', '\n']);
    let hosts = hosts.map(|host| {
        let below = host.strip_prefix('*').filter(|rest| rest.starts_with('.'));
        let host = below.unwrap_or(host);
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = match host.rsplit_once(':') {
            Some((name, port))
                if (!name.contains(':') || name.ends_with(']'))
                    && port.bytes().all(|it| it.is_ascii_digit()) =>
            {
                name
            }
            _ => host,
        };
        match host.trim_matches(['[', ']']) {
            "*" => "*,0.0.0.0/0,::/0",
            host => host,
        }
    });
    let hosts: Vec<&str> = hosts.filter(|host| !host.is_empty()).collect();
    hosts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_the_url_that_they_mean() {
        for (written, meant) in [
            ("", None),
            (" http://proxy:3128/ \n", Some("http://proxy:3128")),
            (
                "\"proxy.example.com:3128\"",
                Some("http://proxy.example.com:3128"),
            ),
            (
                "http://jane:p@ss#1@proxy:1",
                Some("http://jane:p%40ss%231@proxy:1"),
            ),
            (
                "http://CORP\\jane:p%40ss@proxy:1",
                Some("http://CORP%5Cjane:p%40ss@proxy:1"),
            ),
            ("https://[::1]:8080", Some("https://[::1]:8080")),
        ] {
            let found = proxy("HTTPS_PROXY", written).expect(written);
            let url = found.as_ref().map(|proxy| proxy.url.as_str());
            assert_eq!(url, meant, "{written}");
            if let Some(found) = found {
                assert!(found.url.parse::<http::Uri>().is_ok(), "{written}");
                assert!(!found.to_string().contains("p%40ss"), "{found}");
            }
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_its_value() {
        for written in [
            "nonsense::",
            "ftp://proxy",
            "socks5://secret@proxy",
            "http://",
            "http://proxy:99999",
            "http://proxy:3128:8080",
            "http://fe80::1:3128",
            "http://sec\nret@proxy",
        ] {
            let variable = |name: &str| (name == "https_proxy").then_some(written);
            let (name, problem) = Proxies::read(variable).expect_err(written);
            assert_eq!(name, "https_proxy");
            assert!(!problem.contains("secret"), "{problem}");
        }
    }

    #[test]
    fn hosts_are_named_in_the_ways_of_other_tools() {
        assert_eq!(
            hosts("localhost;*.amazonaws.com, .corp.:443 10.0.0.0/8,*,[::1],"),
            "localhost,.amazonaws.com,.corp.,10.0.0.0/8,*,0.0.0.0/0,::/0,::1"
        );
    }

    #[test]
    fn hosts_of_the_list_are_asked_without() {
        let through = |host: &str, list: &str| {
            let variable = |name: &str| match name {
                "https_proxy" => Some("http://proxy:1"),
                "NO_PROXY" => Some(list),
                _ => None,
            };
            let proxies = Proxies::read(variable).expect("a proxy");
            assert_eq!(proxies.to(host, true), None);
            proxies.to(host, false).is_some()
        };
        assert!(through("ghcr.io", "") && through("ghcr.io", "example.com, hcr.io"));
        for list in ["*", "ghcr.io", " .GHCR.io", "a.b,io", "*.ghcr.io"] {
            assert!(!through("ghcr.io", list), "{list}");
        }
        assert!(!through("10.1.2.3", "10.0.0.0/8") && through("10.1.2.3", "10.2.0.0/16"));
        assert!(!through("10.1.2.3", "*") && !through("[::1]", "[::1]:80"));
    }
}
