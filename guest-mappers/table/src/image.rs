//! Names of container images, and the registries that they come from.

/// Whether an image comes from one of the registries, each a host or a host and a path: `quay.io/acme`.
pub(crate) fn is_trusted<'r>(image: &str, mut registries: impl Iterator<Item = &'r str>) -> bool {
    let (host, path) = place(image);
    registries.any(|registry| {
        let registry = registry.trim_end_matches('/');
        let (other, above) = registry.split_once('/').unwrap_or((registry, ""));
        let below = path.strip_prefix(above);
        let is_below =
            below.is_some_and(|it| above.is_empty() || it.is_empty() || it.starts_with('/'));
        is_below && host.eq_ignore_ascii_case(docker(other))
    })
}

/// The host and the path of an image, without tag and digest, completed as Docker does it: `nginx:1` is
/// `library/nginx` of `docker.io`.
fn place(image: &str) -> (&str, String) {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let name = match name[last..].find(':') {
        Some(colon) => &name[..last + colon],
        None => name,
    };
    let (host, path) = match name.split_once('/') {
        Some((host, path)) if is_host(host) => (docker(host), path),
        _ => ("docker.io", name),
    };
    match host == "docker.io" && !path.contains('/') {
        true => (host, format!("library/{path}")),
        false => (host, path.to_owned()),
    }
}

/// Whether the first part of a name is a host: users and organizations of Docker Hub have neither dots nor
/// colons nor capitals.
fn is_host(part: &str) -> bool {
    part == "localhost" || part.contains(|each: char| ".:".contains(each) || each.is_uppercase())
}

/// The one name of Docker Hub.
fn docker(host: &str) -> &str {
    match ["docker.io", "index.docker.io"]
        .iter()
        .any(|it| host.eq_ignore_ascii_case(it))
    {
        true => "docker.io",
        false => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_trusted_by_whole_parts_of_its_name() {
        for (image, registry, is) in [
            ("nginx", "docker.io/library", true),
            ("nginx:1@sha256:00", "docker.io/library/nginx", true),
            ("index.docker.io/nginx", "docker.io/library/", true),
            ("nginx", "index.docker.io", true),
            ("acme/nginx", "docker.io/library", false),
            ("acme/nginx", "DOCKER.io", true),
            ("Acme/nginx", "docker.io", false),
            ("QUAY.io/acme/app:1", "quay.io/acme", true),
            ("quay.io/acme:1", "quay.io/acme", true),
            ("quay.io/acmeevil/app", "quay.io/acme", false),
            ("quay.io/ACME/app", "quay.io/acme", false),
            ("quay.io.evil.example/acme/app", "quay.io", false),
            ("evil.example/quay.io/acme", "quay.io", false),
            ("localhost:5000/x:2", "localhost:5000", true),
            ("localhost/x", "localhost:5000", false),
            ("localhost:5000", "docker.io/library/localhost", true),
            ("é:ü/@", "docker.io", false),
            ("nginx", "", false),
            ("/nginx", "", false),
            ("", "docker.io", true),
        ] {
            assert_eq!(
                is_trusted(image, [registry].into_iter()),
                is,
                "{image} {registry}"
            );
        }
    }
}
