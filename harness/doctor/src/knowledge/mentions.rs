//! Whether a metric's name is written anywhere in the project's own programs, be it in parts:
//! what no source mentions, no source exports.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::airflow::never_sent;
use super::source::{is_program, is_rules_file, speaks_of_a_client};
use crate::checkout::{Checkout, SourceFile};

/// Words at a name's end that a client or a mapping adds by itself.
const ENDINGS: [&str; 16] = [
    "total",
    "bucket",
    "count",
    "sum",
    "created",
    "second",
    "millisecond",
    "m",
    "byte",
    "ratio",
    "percent",
    "percentage",
    "info",
    "max",
    "usd",
    "celsiu",
];
/// The most text that is gone through; of more, every name counts as mentioned.
const MOST_BYTES: usize = 8_000_000;
/// So many words lie between the parts of a name that a program puts together.
const NEAR_WORDS: usize = 40;

/// A text in quotes that can be a part of a name.
static QUOTED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'`]([\w.:${}%-]{2,80})["'`]"#).ok());
/// What is filled in there at run time.
static FILLED_IN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\$?\{[^{}]*\}|%[sdv]").ok());

/// What a checkout's programs mention, found out when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Mentions {
    sources: Vec<SourceFile>,
    /// What the services' environments say of metrics: a prefix may be among it.
    environment: Vec<String>,
    /// Names that a mapping has, though nobody sends what it maps.
    never_sent: BTreeSet<String>,
    /// The folders of the programs that are scraped.
    folders: BTreeSet<PathBuf>,
    index: OnceCell<Index>,
}

#[derive(Debug, Default)]
struct Index {
    files: Vec<Words>,
    /// Texts in quotes of the services' environments.
    of_environment: HashSet<String>,
    /// Texts in quotes as they are, of programs that make metrics and ask for none.
    written: HashSet<String>,
    is_too_much: bool,
}

/// The words of a file, each with the places where it stands: the how many-th word it is.
#[derive(Debug, Default)]
struct Words {
    path: PathBuf,
    /// Texts in quotes, as their words without what is added at the end.
    quoted: HashSet<String>,
    places: HashMap<String, Vec<usize>>,
    /// Whether it has to do with metrics, so that words near each other may make a name.
    makes_metrics: bool,
}

impl Mentions {
    pub(super) fn of(checkout: &Checkout) -> Self {
        let services = checkout.compose.iter().flat_map(|it| it.services.values());
        let pairs = services.flat_map(|service| &service.environment);
        let of_metrics = pairs.filter(|(key, _)| {
            let key = key.to_ascii_lowercase();
            ["prefix", "statsd", "namespace", "metric"]
                .iter()
                .any(|word| key.contains(word))
        });
        let values = of_metrics.filter_map(|(_, value)| value.clone());
        Self {
            sources: checkout.sources.clone(),
            environment: values.collect(),
            never_sent: never_sent(&checkout.sources),
            folders: BTreeSet::new(),
            index: OnceCell::new(),
        }
    }

    /// The same for programs in these folders: what is in the folder of one is not the other's.
    pub(super) fn of_programs(self, folders: BTreeSet<PathBuf>) -> Self {
        Self { folders, ..self }
    }

    /// Whether a mapping has this name for what is never sent.
    pub(super) fn is_never_sent(&self, name: &str) -> bool {
        let endings = ["_total", "_sum", "_count", "_bucket"];
        let base = endings.iter().find_map(|ending| name.strip_suffix(ending));
        self.never_sent.contains(name) || base.is_some_and(|base| self.never_sent.contains(base))
    }

    /// Whether a service's environment has this word as a value: as a prefix of its metrics.
    pub(super) fn is_set(&self, word: &str) -> bool {
        self.environment
            .iter()
            .any(|value| value.trim_end_matches(['.', '_']) == word)
    }

    /// Whether a program of the checkout that makes metrics writes this very name.
    pub(super) fn writes(&self, name: &str) -> bool {
        let endings = ["_bucket", "_sum", "_count"];
        let base = endings.iter().find_map(|ending| name.strip_suffix(ending));
        let written = &self.index().written;
        written.contains(name) || base.is_some_and(|base| written.contains(base))
    }

    fn index(&self) -> &Index {
        self.index
            .get_or_init(|| Index::of(&self.sources, &self.environment))
    }

    /// Whether the program in `folder` may make a metric of this name; any program if that is `None`.
    pub(super) fn mention(&self, name: &str, folder: Option<&Path>) -> bool {
        let index = self.index();
        let words = without_endings(words_of(name));
        let files = index.files.iter();
        let own: Vec<_> = files
            .filter(|file| folder.is_none_or(|folder| !self.is_anothers(&file.path, folder)))
            .collect();
        index.is_too_much
            || own.iter().any(|file| file.has(&words))
            || index.has_parts(&words, &own)
    }

    /// Whether a file is in the folder of another program than the one in `folder`.
    fn is_anothers(&self, file: &Path, folder: &Path) -> bool {
        let mut others = self.folders.iter();
        !file.starts_with(folder)
            && others.any(|other| !folder.starts_with(other) && file.starts_with(other))
    }
}

impl Index {
    fn of(sources: &[SourceFile], environment: &[String]) -> Self {
        let mut index = Self::default();
        let sources: Vec<_> = sources.iter().filter(|file| !is_rules_file(file)).collect();
        index.is_too_much = sources.iter().map(|file| file.text.len()).sum::<usize>() > MOST_BYTES;
        if index.is_too_much {
            return index;
        }
        for file in sources {
            let mut words = Words {
                path: file.path.clone(),
                makes_metrics: speaks_of_a_client(&file.text),
                ..Words::default()
            };
            for (place, word) in words_of(&file.text).into_iter().enumerate() {
                words.places.entry(word).or_default().push(place);
            }
            let asks = file.text.contains("/api/v1/query");
            let makes = is_program(&file.path) && speaks_of_a_client(&file.text) && !asks;
            let quoted = QUOTED.iter().flat_map(|it| it.captures_iter(&file.text));
            for text in quoted.filter_map(|it| it.get(1)) {
                words.quoted.extend(parts_of_names(text.as_str()));
                if makes {
                    index.written.insert(text.as_str().to_owned());
                }
            }
            index.files.push(words);
        }
        let values = environment.iter().flat_map(|value| parts_of_names(value));
        index.of_environment.extend(values);
        index
    }

    /// Whether it is put together of a prefix and a rest, each of which is a text in one of the files
    /// or in an environment.
    fn has_parts(&self, words: &[String], files: &[&Words]) -> bool {
        let is_a_text = |words: &[String]| {
            let text = words.join("_");
            self.of_environment.contains(&text) || files.iter().any(|it| it.quoted.contains(&text))
        };
        (1..words.len()).any(|at| {
            let (first, rest) = words.split_at(at);
            is_a_text(first) && is_a_text(rest)
        })
    }
}

/// What a text in quotes can be of a name: all its words, and those without what is added at the end.
fn parts_of_names(text: &str) -> [String; 2] {
    let fixed = FILLED_IN.as_ref().map(|it| it.replace_all(text, ""));
    let words = words_of(fixed.as_deref().unwrap_or(text));
    [words.join("_"), without_endings(words).join("_")]
}

impl Words {
    /// Whether these words stand side by side, or near each other where metrics are made.
    fn has(&self, words: &[String]) -> bool {
        let places: Option<Vec<_>> = words.iter().map(|word| self.places.get(word)).collect();
        let Some(places) = places else {
            return false;
        };
        let Some((first, others)) = places.split_first() else {
            return true;
        };
        let others = others.iter().zip(1..);
        first.iter().any(|begin| {
            let in_a_row = || {
                let mut others = others.clone();
                others.all(|(places, after)| places.binary_search(&(begin + after)).is_ok())
            };
            let near = || {
                let from = begin.saturating_sub(NEAR_WORDS);
                let mut others = others.clone();
                others.all(|(places, _)| {
                    let next = places.partition_point(|place| *place < from);
                    places.get(next).is_some_and(|it| *it <= begin + NEAR_WORDS)
                })
            };
            in_a_row() || (self.makes_metrics && near())
        })
    }
}

/// The words of a text in small letters: `ordersFailed.total` has three. Plurals lose their `s`.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_small = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && was_small) {
            finish(&mut word, &mut words);
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    finish(&mut word, &mut words);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if word.is_empty() {
        return;
    }
    let whole = std::mem::take(word);
    let singular = whole.trim_end_matches('s');
    let kept = if singular.is_empty() {
        &whole
    } else {
        singular
    };
    words.push(kept.to_owned());
}

fn without_endings(mut words: Vec<String>) -> Vec<String> {
    while words.len() > 1
        && words
            .last()
            .is_some_and(|last| ENDINGS.contains(&last.as_str()))
    {
        words.pop();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentions(text: &str) -> Mentions {
        Mentions {
            sources: vec![SourceFile::new("app.py", text)],
            ..Mentions::default()
        }
    }

    #[test]
    fn name_is_mentioned_however_it_is_written() {
        for text in [
            "gauge('orders_failed_total')",
            "registry.counter(\"orders.failed\")",
            "statsd.increment('shop.orders.failed')",
            "const ordersFailed = 1",
            "PREFIX = 'orders'\nCounter(PREFIX + '_failed', 'x')",
            "PREFIX = 'orders'\nCounter(f'{PREFIX}_failed_total', 'x')",
            "for kind in ['orders', 'users']:\n  Counter(f'{kind}_that_failed')",
        ] {
            assert!(
                mentions(text).mention("orders_failed_total", None),
                "{text}"
            );
        }
    }

    #[test]
    fn name_in_the_folder_of_another_program_is_not_mentioned() {
        let shop = SourceFile::new("shop/app.py", "gauge('orders_failed')");
        let mentions = Mentions {
            sources: vec![shop],
            ..Mentions::default()
        };
        let folders = ["shop", "stock"].map(PathBuf::from);
        let mentions = mentions.of_programs(folders.into());
        let of = |folder: &str| mentions.mention("orders_failed_total", Some(Path::new(folder)));
        assert!(of("shop") && !of("stock") && of(""));
    }

    #[test]
    fn name_is_written_where_metrics_are_made_and_not_asked_for() {
        let text = "push_metric('process_resident_memory_bytes', rss)";
        assert!(mentions(text).writes("process_resident_memory_bytes"));
        assert!(!mentions(text).writes("process_resident_memory"));
        let asks = format!("{text}\nget('/api/v1/query')");
        assert!(!mentions(&asks).writes("process_resident_memory_bytes"));
    }

    #[test]
    fn name_of_which_a_word_is_nowhere_or_far_off_is_not() {
        for text in [
            "Counter('orders_created_total', 'x')",
            "orders = 1\nfailed = 2",
            "failed_orders = 1",
        ] {
            assert!(
                !mentions(text).mention("orders_failed_total", None),
                "{text}"
            );
        }
    }
}
