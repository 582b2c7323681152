//! The proxies of the environment. What is on the way to AWS takes bad values for none at all, and then asks
//! the wrong host; so they are read here, as strictly as other variables.

use aws_smithy_http_client::proxy::ProxyConfig;

/// The proxies for the two kinds of endpoint, and the hosts that are asked without.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxies {
    https: Option<String>,
    http: Option<String>,
    not_for: String,
}

/// A variable that cannot be used: its name and why, without its value, which may hold a password.
pub(super) type Wrong = (&'static str, String);

impl Proxies {
    /// Reads what `variable` has. A variable in upper case counts before that in lower case, one for the
    /// kind of endpoint before `ALL_PROXY`.
    pub(super) fn read<'v>(variable: impl Fn(&str) -> Option<&'v str>) -> Result<Self, Wrong> {
        let first = |names: [&'static str; 4]| -> Result<Option<String>, Wrong> {
            for name in names {
                let value = variable(name).unwrap_or_default();
                if let Some(url) = url(value).map_err(|problem| (name, problem))? {
                    return Ok(Some(url));
                }
            }
            Ok(None)
        };
        let not_for = ["NO_PROXY", "no_proxy"];
        let mut not_for = not_for.into_iter().filter_map(&variable);
        Ok(Self {
            https: first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?,
            http: first(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])?,
            not_for: hosts(not_for.next().unwrap_or_default()),
        })
    }

    /// For endpoints whose URL begins with `https://`.
    pub(super) fn https(&self) -> ProxyConfig {
        let through = self.https.clone().map(ProxyConfig::https);
        self.config(through)
    }

    /// For those that begin with `http://`.
    pub(super) fn http(&self) -> ProxyConfig {
        let through = self.http.clone().map(ProxyConfig::http);
        self.config(through)
    }

    fn config<E>(&self, through: Option<Result<ProxyConfig, E>>) -> ProxyConfig {
        match through {
            Some(Ok(proxy)) => proxy.no_proxy(&self.not_for),
            // `url` gives what the SDK takes.
            Some(Err(_)) | None => ProxyConfig::disabled(),
        }
    }
}

/// The URL of a proxy as the SDK takes it; none if the value is empty. User name and password may hold any
/// character: the host begins after the last `@`.
fn url(value: &str) -> Result<Option<String>, String> {
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
    let user = user.map_or(String::new(), |user| {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        format!("{}:{}@", encoded(name), encoded(password))
    });
    Ok(Some(format!("{scheme}://{user}{host}")))
}

fn is_host_and_port(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    !host.is_empty()
        && host.bytes().all(is_of_host)
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// A part of a URL in which nothing but letters and digits stands for itself. What is encoded already stays.
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

/// Hosts that are asked without a proxy, as the SDK takes them: `*.example.com` for all hosts below it,
/// and without ports, which it does not know.
fn hosts(list: &str) -> String {
    let hosts = list.split([',', ';', ' ', '\t', '\r', '\n']);
    let hosts = hosts.map(|host| {
        let host = host
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(host);
        let host = host.strip_suffix('.').unwrap_or(host);
        match host.rsplit_once(':') {
            Some((name, port))
                if !name.contains(':') && port.bytes().all(|it| it.is_ascii_digit()) =>
            {
                name
            }
            _ => host,
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
            let found = url(written).expect(written);
            assert_eq!(found.as_deref(), meant, "{written}");
            if let Some(found) = found {
                assert!(ProxyConfig::https(found).is_ok(), "{written}");
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
            "localhost,.amazonaws.com,.corp.,10.0.0.0/8,*,[::1]"
        );
    }
}
