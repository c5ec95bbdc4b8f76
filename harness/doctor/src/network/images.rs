//! What well-known images do by themselves.

use std::collections::HashMap;
use std::sync::LazyLock;

use alertdrill_project::discovery::short_name;

/// What an image's process does unless it is told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageFacts {
    /// The last part of its name.
    pub(crate) name: &'static str,
    /// The ports on which it listens inside of its container.
    pub(crate) ports: Vec<u16>,
    /// The ports and paths of its metrics.
    pub(crate) metrics: Vec<(u16, &'static str)>,
    /// What must be set up before it serves metrics.
    pub(crate) only_with: Option<&'static str>,
}

impl ImageFacts {
    /// Whether the settings of its service have a word, and not only of metrics that it sends.
    pub(crate) fn is_told(&self, settings: &str, word: &str) -> bool {
        let settings = settings.to_lowercase();
        // Airflow sends its metrics to a StatsD server, and serves none.
        let sends = if self.name == "airflow" {
            &[
                "airflow__metrics__",
                "airflow__scheduler__statsd",
                "statsd-exporter",
            ][..]
        } else {
            &[]
        };
        let rest = sends
            .iter()
            .fold(settings, |rest, word| rest.replace(word, ""));
        rest.contains(&word.to_lowercase())
    }
}

static FACTS: LazyLock<HashMap<&str, ImageFacts>> = LazyLock::new(|| {
    let lines = include_str!("../exporters/images.txt").lines();
    let facts = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(facts_in);
    facts.map(|facts| (facts.name, facts)).collect()
});

/// What is known of an image, by its name with registry and tag; `None` of images of the project's
/// own, and of those that do nothing by themselves (`alpine`, `python`).
pub(crate) fn image_facts(image: &str) -> Option<&'static ImageFacts> {
    let facts = FACTS.get(short_name(image))?;
    (!facts.ports.is_empty() || !facts.metrics.is_empty()).then_some(facts)
}

/// The exporter that listens on a port that no other program usually has.
pub(crate) fn exporter_at(port: u16) -> Option<&'static str> {
    const OF_MANY: [u16; 6] = [80, 3000, 5000, 8000, 8080, 9090];
    if OF_MANY.contains(&port) {
        return None;
    }
    let mut names: Vec<_> = FACTS
        .values()
        .filter(|facts| facts.name.contains("exporter") && facts.ports.contains(&port))
        .map(|facts| facts.name)
        .collect();
    names.sort_by_key(|name| (std::cmp::Reverse(name.len()), *name));
    names.first().copied()
}

fn facts_in(line: &'static str) -> Option<ImageFacts> {
    let mut words = line.split_whitespace();
    let mut facts = ImageFacts {
        name: words.next()?,
        ports: Vec::new(),
        metrics: Vec::new(),
        only_with: None,
    };
    for word in words {
        let (key, value) = word.split_once('=')?;
        let values = value.split(',').filter(|value| *value != "none");
        match key {
            "ports" => facts.ports = values.filter_map(|port| port.parse().ok()).collect(),
            "metrics" => {
                let places = values.filter_map(|place| {
                    let slash = place.find('/')?;
                    Some((place.get(..slash)?.parse().ok()?, place.get(slash..)?))
                });
                facts.metrics = places.collect();
            }
            "only-with" => facts.only_with = Some(value),
            _ => {}
        }
    }
    Some(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_is_known_by_the_last_part_of_its_name() {
        let facts = image_facts("registry.example/library/postgres:16-alpine").unwrap();
        assert_eq!(
            (facts.ports.as_slice(), facts.metrics.len()),
            (&[5432][..], 0)
        );
        let rabbitmq = image_facts("rabbitmq").unwrap();
        assert!(rabbitmq.metrics.contains(&(15692, "/metrics")));
        assert_eq!(image_facts("python:3.12"), None);
        assert_eq!(image_facts("shop/api"), None);
    }
}
