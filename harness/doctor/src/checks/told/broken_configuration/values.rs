//! Single values that Alertmanager refuses.

use std::sync::LazyLock;

use regex::Regex;

/// A duration as Prometheus and Alertmanager write it: its units from the longest to the shortest.
static WAIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let units = ["y", "w", "d", "h", "m", "s", "ms"];
    let units: String = units.map(|unit| format!("([0-9]+{unit})?")).concat();
    Regex::new(&format!("^{units}$")).ok()
});

/// A duration as Go writes it.
static LONG_WAIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let number = r"([0-9]+(\.[0-9]*)?|\.[0-9]+)";
    Regex::new(&format!("^[+-]?(0|({number}(ns|us|µs|μs|ms|s|m|h))+)$")).ok()
});

/// Why `text` is no truth.
pub(super) fn why_no_truth(key: &str, text: &str, is_quoted: bool) -> Option<String> {
    let truths = ["true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_one = truths.contains(&text.to_lowercase().as_str());
    match (is_one, is_quoted) {
        (true, false) => None,
        (true, true) => Some(format!("`{key}` is a truth: write `{text}` without quotes")),
        (false, _) => Some(format!("`{key}: {text}` is neither true nor false")),
    }
}

/// Why `text` is no whole number.
pub(super) fn why_no_number(key: &str, text: &str, is_quoted: bool) -> Option<String> {
    let digits = text.replace('_', "");
    let is_number = digits.parse::<i64>().is_ok() || digits.parse::<f64>().is_ok();
    match (is_number, is_quoted) {
        (true, false) => None,
        (true, true) => Some(format!(
            "`{key}` is a number: write `{text}` without quotes"
        )),
        (false, _) => Some(format!("`{key}: {text}` is no number")),
    }
}

/// Why `text` is no duration.
pub(super) fn why_no_wait(key: &str, text: &str) -> Option<String> {
    let is_wait = !text.is_empty() && WAIT.as_ref().is_some_and(|wait| wait.is_match(text));
    let is_zero = (is_wait || text == "0") && !text.contains(|c: char| ('1'..='9').contains(&c));
    if is_zero {
        let must_be_more = key == "group_interval" || key == "repeat_interval";
        return must_be_more.then(|| format!("`{key}` is zero"));
    }
    if is_wait {
        return None;
    }
    Some(no_wait(key, text))
}

/// Why `text` is no duration in Go's words.
pub(super) fn why_no_long_wait(key: &str, text: &str) -> Option<String> {
    let is_wait = LONG_WAIT.as_ref().is_some_and(|wait| wait.is_match(text));
    (!is_wait).then(|| no_wait(key, text))
}

fn no_wait(key: &str, text: &str) -> String {
    if text.parse::<u64>().is_ok() {
        format!("`{key}: {text}` has no unit: write `{text}s` or `{text}m`")
    } else {
        format!("`{key}: {text}` is no duration")
    }
}

/// Why `text` is no address of the web.
pub(super) fn why_no_address(text: &str) -> Option<String> {
    if is_address(text) {
        return None;
    }
    if text.is_empty() {
        return Some("an address is empty".to_owned());
    }
    let begins = text.get(..4).unwrap_or_default().to_lowercase();
    let shown: String = text.chars().take(60).collect();
    let why = if begins == "http" && text.contains("://") {
        "its host, port or path is none"
    } else {
        "it begins with neither `http://` nor `https://`"
    };
    Some(format!("`{shown}` is no address: {why}"))
}

/// Whether Alertmanager takes `text` for an address.
pub(in crate::checks::told) fn is_address(text: &str) -> bool {
    // What it shows instead of an address that it keeps secret.
    if text == "<secret>" {
        return true;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    if !["http", "https"].contains(&scheme.to_lowercase().as_str()) {
        return false;
    }
    let ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (place, path) = rest.split_at(ends);
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    // A template that stands in it is filled in for each group of alerts.
    if place.contains("{{") {
        return true;
    }
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !place.ends_with(']') => (host, port),
        _ => (place, ""),
    };
    let is_of_hosts = |c: char| !c.is_whitespace() && !"{}^|\\`".contains(c);
    !place.is_empty()
        && host.chars().all(is_of_hosts)
        && port.chars().all(|c| c.is_ascii_digit())
        && are_escapes(path)
}

/// Whether each `%` begins two hexadecimal digits.
fn are_escapes(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.split('%').skip(1).all(|after| {
        let digits = after.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.chars().all(|c| c.is_ascii_hexdigit())
    })
}

/// Why `text` is no `host:port`.
pub(super) fn why_no_host(key: &str, text: &str) -> Option<String> {
    let port = text.rsplit_once(':').map(|(_, port)| port);
    match port {
        _ if text.is_empty() => None,
        Some("") | None => Some(format!("`{key}: {text}` has no port: write `HOST:587`")),
        Some(_) if text.contains("://") => {
            Some(format!("`{key}: {text}` is `HOST:PORT`, without a scheme"))
        }
        Some(_) => None,
    }
}

/// Why Telegram's way to write a message is none.
pub(super) fn why_no_parse_mode(text: &str) -> Option<String> {
    let modes = ["", "Markdown", "MarkdownV2", "HTML"];
    (!modes.contains(&text))
        .then(|| format!("`parse_mode: {text}` is none of `Markdown`, `MarkdownV2` and `HTML`"))
}

/// Whether a label can have this name.
pub(super) fn is_label(name: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty()
        && name.chars().all(is_of_names)
        && !name.starts_with(|c: char| c.is_ascii_digit())
}
