//! Addresses that somebody has yet to fill in.

use std::sync::LazyLock;

use regex::Regex;

use crate::checks::check::Said;
use crate::network::host_and_port;

static SLACK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // What Slack gives out, and what its own documentation shows.
    let given = r"(services|workflows|triggers)/[A-Z0-9]{8,}/[A-Z0-9]{8,}/\w{16,}";
    Regex::new(&format!(r"^https://hooks\.slack\.com/{given}")).ok()
});

/// That an address is one that somebody has yet to fill in.
pub(super) fn placeholder(address: &str) -> Option<Said> {
    let lower = address.to_lowercase();
    if address.contains("${") || address.starts_with('$') {
        return Some(Said::error(
            format!("Alertmanager does not fill in `{address}`, so nobody is told there"),
            "write the address itself, name a file that holds it (`url_file`, `api_url_file`), or \
             fill it in before Alertmanager starts",
        ));
    }
    let is_slack = lower.contains("hooks.slack.com");
    let is_unlike_slack = is_slack
        && SLACK
            .as_ref()
            .is_some_and(|pattern| !pattern.is_match(address));
    let marks = [
        "<",
        "your-",
        "your_",
        "/your/",
        "yourwebhook",
        "your.",
        "changeme",
        "change-me",
        "change_me",
        "replace-me",
        "replace_me",
        "replaceme",
        "placeholder",
        "xxxxxxxx",
        "t00000000/b00000000",
        "webhook-id",
        "webhook_id",
        "/xxx/",
        "dummy",
    ];
    // Nobody can have a host of these names.
    let (host, _) = host_and_port(&lower);
    let is_an_example = ["example.com", "example.net"].iter().any(|name| {
        let before = host.strip_suffix(name);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    });
    let is_marked = is_an_example || marks.iter().any(|mark| lower.contains(mark));
    (is_unlike_slack || is_marked).then(|| {
        let shown = address.chars().take(60).collect::<String>();
        Said::warning(
            format!("`{shown}` may be a placeholder, so that nobody is told"),
            "write the address itself, or name a file that holds it (`url_file`, `api_url_file`)",
        )
    })
}
