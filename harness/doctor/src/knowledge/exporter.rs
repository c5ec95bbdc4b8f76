//! What a well-known exporter exports, as its data file says it.
//!
//! Above the list stand `image:`, `port:`, `path:` and `complete:` (the prefixes of which the list
//! has all names); then a metric a line: `name kind label label{value,value} !fact=value`. A name
//! or a label that ends in `*` stands for all that begin so.

use std::collections::{BTreeMap, BTreeSet};

use super::{Born, Domain, Family, MetricKind};

/// A well-known exporter.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Exporter {
    /// Its file's name: `node_exporter`.
    pub(crate) name: String,
    /// The last parts of its images' names.
    pub(crate) images: Vec<String>,
    /// Where it serves.
    pub(crate) ports: Vec<u16>,
    pub(crate) path: String,
    /// Prefixes of which all names are known.
    pub(crate) complete: Vec<String>,
    pub(crate) families: Vec<Family>,
}

impl Exporter {
    /// What the data file `name` with `text` says.
    pub(crate) fn read(name: &str, text: &str) -> Self {
        let mut exporter = Self {
            name: name.to_owned(),
            path: "/metrics".to_owned(),
            ..Self::default()
        };
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            if let Some(images) = line.strip_prefix("image:") {
                exporter.images = words(images);
            } else if let Some(ports) = line.strip_prefix("port:") {
                let ports = ports.split_whitespace();
                exporter.ports = ports.filter_map(|port| port.parse().ok()).collect();
            } else if let Some(path) = line.strip_prefix("path:") {
                path.trim().clone_into(&mut exporter.path);
            } else if let Some(complete) = line.strip_prefix("complete:") {
                exporter.complete = words(complete);
            } else if !line.starts_with("source:") {
                exporter.families.extend(family_of(line, name));
            }
        }
        exporter
    }

    /// Whether it is a library's own metrics, which any program may have.
    pub(crate) fn is_library(&self) -> bool {
        self.name.starts_with("client-")
    }

    /// Whether all its names with the prefix of `name` are known.
    pub(crate) fn knows_all_like(&self, name: &str) -> bool {
        self.complete.iter().any(|prefix| name.starts_with(prefix))
    }
}

fn family_of(line: &str, exporter: &str) -> Option<Family> {
    let mut words = words_outside_braces(line).into_iter();
    let name = words.next()?;
    let kind = match words.next()? {
        "counter" => MetricKind::Counter,
        "gauge" => MetricKind::Gauge,
        "histogram" => MetricKind::Histogram,
        "summary" => MetricKind::Summary,
        _ => MetricKind::Untyped,
    };
    let mut family = Family::new(name, kind, exporter);
    let mut labels = BTreeMap::new();
    for word in words {
        if let Some(fact) = word.strip_prefix('!') {
            note(&mut family, fact);
        } else if let Some((label, values)) = word.split_once('{') {
            let values = values.trim_end_matches('}').split(',');
            let values: BTreeSet<_> = values.map(|value| value.trim().to_owned()).collect();
            labels.insert(label.to_owned(), Some(values));
        } else {
            family.has_quantiles |= word == "quantile";
            labels.insert(word.to_owned(), None);
        }
    }
    labels.remove("quantile");
    // A pattern stands for many metrics, whose labels are not the same.
    family.labels = (!name.ends_with('*')).then_some(labels);
    Some(family)
}

/// The words of a line; blanks between braces do not part words.
fn words_outside_braces(line: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let words = line.split(move |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c.is_whitespace() && depth == 0
    });
    words.filter(|word| !word.is_empty()).collect()
}

fn note(family: &mut Family, fact: &str) {
    let (key, value) = fact.split_once('=').unwrap_or((fact, ""));
    match key {
        "old" => family.renamed_to = Some(value.to_owned()),
        "flag" => family.needs_flag = Some(value.to_owned()),
        "event" => family.born = Born::WithAnEvent,
        "top" => family.highest_bucket = value.parse().ok(),
        "well" => family.while_well = true,
        "domain" if value == "timestamp" => family.domain = Some(Domain::UnixSeconds),
        "domain" => {
            let bounds = value.split_once("..");
            let bounds =
                bounds.and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
            family.domain = bounds.map(|(low, high)| Domain::Between(low, high));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_of_an_exporter_is_read() {
        let exporter = Exporter::read(
            "node_exporter",
            "# node_exporter: machines\nimage: node-exporter node_exporter\nport: 9100\n\
             path: /metrics\nsource: docs\ncomplete: node_\n\
             node_cpu_seconds_total counter cpu mode{idle, user}\n\
             node_cpu counter cpu mode !old=node_cpu_seconds_total\n\
             node_netstat_* untyped\ngo_gc_duration_seconds summary quantile\n\
             node_up gauge !domain=0..1 !well\n",
        );
        assert_eq!(exporter.images, ["node-exporter", "node_exporter"]);
        assert_eq!(exporter.ports, [9100]);
        let names: Vec<_> = exporter
            .families
            .iter()
            .map(|it| it.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "node_cpu_seconds_total",
                "node_cpu",
                "node_netstat_*",
                "go_gc_duration_seconds",
                "node_up"
            ]
        );
        let labels = exporter.families[0].labels.clone().unwrap();
        assert_eq!(labels["cpu"], None);
        assert_eq!(labels["mode"].as_ref().unwrap().len(), 2);
        let renamed = exporter.families[1].renamed_to.as_deref();
        assert_eq!(renamed, Some("node_cpu_seconds_total"));
        assert_eq!(exporter.families[2].labels, None);
        assert!(exporter.families[3].has_quantiles);
        assert_eq!(exporter.families[4].domain, Some(Domain::Between(0.0, 1.0)));
        assert!(exporter.families[4].while_well);
    }
}
