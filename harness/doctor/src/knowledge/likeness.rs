//! How much two metrics' names are alike.

use std::collections::{BTreeSet, HashMap};

/// Endings that say a unit or a kind, which people leave out or add.
const ENDINGS: [&str; 10] = [
    "total",
    "seconds",
    "bytes",
    "count",
    "sum",
    "bucket",
    "ratio",
    "info",
    "percent",
    "milliseconds",
];

/// The most names of a word by which names are compared.
const MOST_WITH_A_WORD: usize = 400;

/// The most names that are compared letter by letter.
const MOST_COMPARED: usize = 8;

/// Names, found by their words.
#[derive(Debug, Default)]
pub(super) struct Names {
    names: Vec<String>,
    by_word: HashMap<String, Vec<usize>>,
}

impl Names {
    pub(super) fn of(names: impl Iterator<Item = String>) -> Self {
        let mut them = Self::default();
        let names: BTreeSet<_> = names.filter(|name| !name.ends_with('*')).collect();
        for name in names {
            let index = them.names.len();
            for word in words(&name) {
                let word = word.trim_end_matches('s').to_owned();
                them.by_word.entry(word).or_default().push(index);
            }
            them.names.push(name);
        }
        them
    }

    /// The name most like `name`, if one is so alike that it may be meant.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        let mut shared: HashMap<usize, usize> = HashMap::new();
        for word in words(name) {
            let with_it = self
                .by_word
                .get(word.trim_end_matches('s'))
                .map_or(&[][..], Vec::as_slice);
            // A word that so many have tells nothing.
            if with_it.len() <= MOST_WITH_A_WORD {
                for index in with_it {
                    *shared.entry(*index).or_default() += 1;
                }
            }
        }
        // Letters are compared last, for that takes long: of those with most words in common.
        let own = words(name).count();
        let mut alike: Vec<_> = shared
            .into_iter()
            .filter_map(|(index, count)| Some((count, self.names.get(index)?)))
            .map(|(count, other)| {
                (
                    (2 * own.max(words(other).count())).saturating_sub(count),
                    other,
                )
            })
            .collect();
        alike.sort();
        alike.truncate(MOST_COMPARED);
        let names = alike.into_iter().map(|(_, name)| name);
        let rated = names.map(|other| (likeness(name, other), other.as_str()));
        let best = rated.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        let best = best
            .filter(|(likeness, _)| *likeness >= 0.6)
            .map(|(_, name)| name);
        best.or_else(|| {
            // The slip may be in every word: those that begin or end like it are compared.
            let begins = name.get(..4)?;
            let ends = name.get(name.len().checked_sub(4)?..)?;
            let alike = self.names.iter().map(String::as_str).filter(|it| {
                it.len().abs_diff(name.len()) <= 2 && it.starts_with(begins) && it.ends_with(ends)
            });
            alike.into_iter().find(|it| is_a_typo(name, it))
        })
    }
}

/// Whether `name` is surely meant to be `other`: a letter or two differ, the words stand in another
/// order, or a unit or kind is missing at its end.
pub(super) fn is_near_miss(name: &str, other: &str) -> bool {
    let own_words: BTreeSet<_> = words(name).collect();
    let other_words: BTreeSet<_> = words(other).collect();
    is_a_typo(name, other) || own_words == other_words || core(name) == core(other)
}

/// Whether it helps to name `other` where `name` is not there: they are of the same program by their
/// first words, or very much alike.
pub(super) fn is_alike(name: &str, other: &str) -> bool {
    words(name).next() == words(other).next() || likeness(name, other) >= 0.75
}

fn is_a_typo(name: &str, other: &str) -> bool {
    let longest = name.len().max(other.len());
    let distance = strsim::damerau_levenshtein(name, other);
    distance <= 1 || (distance <= 2 && longest >= 12)
}

/// A name without the words at its end that say a unit or a kind, and without plurals.
fn core(name: &str) -> Vec<&str> {
    let mut words: Vec<_> = words(name).map(|word| word.trim_end_matches('s')).collect();
    while words.len() > 1
        && words.last().is_some_and(|it| {
            ENDINGS
                .iter()
                .any(|ending| ending.trim_end_matches('s') == *it)
        })
    {
        words.pop();
    }
    words
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', ':']).filter(|word| !word.is_empty())
}

fn likeness(name: &str, other: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(name, other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_miss_is_a_letter_an_order_or_an_ending() {
        for (name, other) in [
            ("http_request_total", "http_requests_total"),
            ("requests_http_total", "http_requests_total"),
            ("http_request_duration", "http_request_duration_seconds"),
            ("orders_failed", "orders_failed_total"),
        ] {
            assert!(is_near_miss(name, other), "{name} {other}");
        }
        for (name, other) in [
            ("http_errors_total", "http_requests_total"),
            ("a_in", "a_out"),
            ("orders_created_total", "orders_total"),
        ] {
            assert!(!is_near_miss(name, other), "{name} {other}");
        }
    }

    #[test]
    fn nearest_is_the_most_alike() {
        let names = [
            "http_requests_total",
            "http_request_size_bytes_sum",
            "node_load1",
        ];
        let names = Names::of(names.iter().map(|name| (*name).to_owned()));
        assert_eq!(
            names.nearest("http_request_total"),
            Some("http_requests_total")
        );
        assert_eq!(names.nearest("queue_depth"), None);
    }
}
