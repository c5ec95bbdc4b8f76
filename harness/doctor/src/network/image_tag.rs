//! What the tag of an image says of its version.

/// The tag of an image; empty if it has none.
pub(crate) fn tag(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    let (_, tag) = image.rsplit_once(':').unwrap_or_default();
    if tag.contains('/') { "" } else { tag }
}

/// Whether an image is of version 0.`minor` or later, as one without a version is.
pub(crate) fn is_since(image: &str, minor: u32) -> bool {
    let tag = tag(image);
    if ["", "latest", "main", "master"].contains(&tag) {
        return true;
    }
    let numbers = tag.trim_start_matches('v').split('.');
    let mut numbers = numbers.map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(0)), Some(Ok(its_minor))) => its_minor >= minor,
        (Some(Ok(major)), _) => major >= 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_that_of_the_tag_and_the_newest_without_one() {
        for new in [
            "prom/it",
            "prom/it:latest",
            "prom/it:v0.15.1",
            "prom/it:1.0@sha256:abc",
            "registry.example:5000/it",
        ] {
            assert!(is_since(new, 15), "{new}");
        }
        for old in [
            "prom/it:v0.14.0",
            "registry.example:5000/it:0.9",
            "prom/it:nightly",
        ] {
            assert!(!is_since(old, 15), "{old}");
        }
    }
}
