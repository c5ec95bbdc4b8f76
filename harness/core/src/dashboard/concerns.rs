//! What of the system a panel's series tells of, and so which drills may have moved it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Labels, Settings};

/// What of the system a series tells of, by the names of lanes, services and paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concerns {
    /// A drill that disturbs one of them may move it.
    Any(BTreeSet<String>),
    /// A sum over all of them: only a drill that disturbs all of them can be said to have moved it.
    All(BTreeSet<String>),
    /// No drill can be said to have moved it.
    Nothing,
}

impl Concerns {
    /// What a series with these labels tells of, whose metrics the services `read_from` export.
    ///
    /// Its labels say so if they name a lane, a service or a path, or a lane in a longer name. Else
    /// it tells of the path that uses those services, and of one with lanes it is a sum over them
    /// all.
    #[must_use]
    pub fn of(labels: &Labels, read_from: &BTreeSet<String>, settings: &Settings) -> Self {
        let in_a_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        let values = labels.values();
        let words = values.flat_map(|value| value.split(move |c| !in_a_name(c)));
        let paths = || settings.paths.iter();
        let is_known = |word: &&str| {
            let mut names = paths().flat_map(|path| path.lanes.iter().chain([&path.name]));
            settings.services.contains(*word) || names.any(|name| name == *word)
        };
        let mut named: BTreeSet<String> =
            words.clone().filter(is_known).map(str::to_owned).collect();
        if named.is_empty() {
            let parts = words.flat_map(|word| word.split(['-', '_']));
            let is_lane =
                |part: &&str| paths().any(|path| path.lanes.iter().any(|lane| lane == *part));
            named.extend(parts.filter(is_lane).map(str::to_owned));
        }
        if !named.is_empty() {
            return Self::Any(named);
        }
        let mut paths = paths();
        let path = paths.find(|path| {
            let mut telling = path.owns.iter().chain(&path.uses).chain([&path.name]);
            telling.any(|name| read_from.contains(name))
        });
        match path {
            Some(path) if path.lanes.is_empty() => Self::Any([path.name.clone()].into()),
            Some(path) => Self::All(path.lanes.iter().cloned().collect()),
            None => Self::Nothing,
        }
    }

    pub(super) fn disturbed_by(&self, disturbed: &BTreeSet<String>) -> bool {
        match self {
            Self::Any(names) => !names.is_disjoint(disturbed),
            Self::All(names) => names.is_subset(disturbed),
            Self::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    fn concerns<const N: usize>(labels: [(&str, &str); N], read_from: &str) -> Concerns {
        let labels = labels
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        Concerns::of(&labels, &names([read_from]), &Settings::example())
    }

    #[test]
    fn labels_name_lanes_services_and_paths() {
        assert_eq!(
            concerns([("topic", "trades.binance.raw")], "kafka"),
            Concerns::Any(names(["binance"]))
        );
        assert_eq!(
            concerns([("instance", "kafka:9404"), ("job", "x")], "kafka"),
            Concerns::Any(names(["kafka"]))
        );
        assert_eq!(
            concerns([("job", "offload")], ""),
            Concerns::Any(names(["offload"]))
        );
        assert_eq!(
            concerns([("queue", "new_binance")], "kafka"),
            Concerns::Any(names(["binance"]))
        );
    }

    #[test]
    fn series_without_a_name_tells_of_the_path_that_exports_it() {
        assert_eq!(
            concerns([("table", "trades")], "minio"),
            Concerns::Any(names(["offload"]))
        );
        assert_eq!(
            concerns([], "kafka"),
            Concerns::All(names(["binance", "okx"]))
        );
        assert_eq!(
            concerns([("alertname", "A")], "prometheus"),
            Concerns::Nothing
        );
    }
}
