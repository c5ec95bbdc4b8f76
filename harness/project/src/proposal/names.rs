//! Names in texts: the hosts that an address names, the words of a name.

use crate::discovery::Addresses;

/// Words that say nothing about which service is meant.
const SAYS_NOTHING: [&str; 22] = [
    "exporter",
    "service",
    "server",
    "total",
    "count",
    "seconds",
    "bytes",
    "http",
    "https",
    "the",
    "requests",
    "request",
    "metrics",
    "prometheus",
    "app",
    "errors",
    "queue",
    "status",
    "duration",
    "bucket",
    "sum",
    "job",
];

/// The words of a name that say something.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.map(str::to_ascii_lowercase);
    words
        .filter(|word| word.len() > 1 && !SAYS_NOTHING.contains(&word.as_str()))
        .collect()
}

/// The names by which services are reached.
pub(super) struct Hosts(pub(super) Addresses);

impl Hosts {
    /// The service of that name, or of a container of that name.
    pub(super) fn service(&self, name: &str) -> Option<&str> {
        self.0.service_at(name, "")
    }

    /// The services that texts such as `postgres://user:password@db:5432/shop` or `redis:6379`
    /// name; those that can be nothing but hosts come first.
    pub(super) fn in_texts<'t>(&self, texts: impl Iterator<Item = &'t str>) -> Vec<String> {
        let mut found: Vec<(u8, String)> = Vec::new();
        for text in texts {
            for (before, word, after) in words_with_neighbours(text) {
                let Some(service) = self.service(word) else {
                    continue;
                };
                // Behind `@` stands a host; behind `//` a host or a user; a port behind it tells.
                let doubt = match before {
                    Some('@' | '(') => 0,
                    Some('/') if !text.contains('@') => 0,
                    _ if after == Some(':') && !text.contains('@') => 0,
                    None if after.is_none() => 1,
                    _ => 2,
                };
                found.push((doubt, service.to_owned()));
            }
        }
        found.sort_by_key(|(doubt, _)| *doubt);
        let mut services: Vec<String> = Vec::new();
        for (_, service) in found {
            if !services.contains(&service) {
                services.push(service);
            }
        }
        services
    }
}

/// The words in `text` that could be hosts, with the characters before and after them.
fn words_with_neighbours(text: &str) -> Vec<(Option<char>, &str, Option<char>)> {
    let is_in_a_host = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut words = Vec::new();
    let mut rest = text;
    let mut before = None;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_in_a_host(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let mut chars = after.chars();
        let next = chars.next();
        if !word.is_empty() {
            words.push((before, word, next));
        }
        before = next;
        rest = chars.as_str();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ComposeModel;

    #[test]
    fn hosts_are_found_in_what_programs_connect_by() {
        let json =
            r#"{"name": "shop", "services": {"db": {}, "redis": {}, "api": {}, "user": {}}}"#;
        let hosts = Hosts(Addresses::of(&ComposeModel::from_json(json).unwrap()));
        for (text, expected) in [
            ("postgresql://user:api@db:5432/redis?sslmode=disable", "db"),
            ("user:secret@(db:3306)/", "db"),
            ("redis://redis:6379", "redis"),
            ("redis:6379", "redis"),
            ("--redis.addr=redis:6379", "redis"),
            ("api", "api"),
            ("http://api/health,http://db", "api"),
            ("host=db user=user", "db"),
            ("nothing here", ""),
        ] {
            let found = hosts.in_texts([text].into_iter());
            assert_eq!(found.first().map_or("", String::as_str), expected, "{text}");
        }
    }
}
