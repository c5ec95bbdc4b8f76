//! What a program exports, as far as its source says it: names, kinds, labels and the values that
//! labels are given, from calls of the usual client libraries. One file a language.

mod buckets;
mod common_tags;
mod constant_gauges;
mod exposition;
mod go;
mod javascript;
mod jvm;
mod label_values;
mod meter_labels;
mod never_set;
mod other_languages;
mod own_writer;
mod python;
mod speech;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::path::Path;

use super::{Born, Family};
use crate::checkout::SourceFile;
use constant_gauges::tell_if_constant;
use never_set::Uses;
pub(super) use speech::{is_program, is_rules_file, speaks_of_a_client};
use text::{Constants, Language, without_comments};

/// What a program exports.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    pub(crate) families: Vec<Family>,
    /// Libraries whose own metrics it has, by the names of their data files.
    pub(crate) libraries: BTreeSet<&'static str>,
    /// Those of them whose histograms may have other buckets than by default.
    pub(crate) own_buckets: BTreeSet<&'static str>,
    /// Why it may export more than is read here: each reason, as `app.py:12: …`.
    pub(crate) unreadable: BTreeSet<String>,
    /// What its files say of switches that it may need.
    pub(crate) settings: String,
    /// Labels that all its metrics have besides their own.
    pub(crate) common_labels: BTreeSet<String>,
    /// Whether there are programs among its files.
    pub(crate) has_code: bool,
    /// Whether any of its files speaks of metrics that are scraped.
    pub(crate) speaks_of_metrics: bool,
    /// Whose metrics it may have besides, by names that no source has.
    pub(crate) hidden: Hidden,
}

/// Metrics of libraries that are not known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Hidden {
    #[default]
    None,
    /// Those of a library of the Java virtual machine.
    OfTheJvm,
    OfAny,
}

/// A file of a program, without its comments.
struct Code<'a> {
    file: &'a SourceFile,
    text: String,
}

impl Code<'_> {
    /// `app/shop.py:12`
    fn place(&self, at: usize) -> String {
        let line = text::line_of(&self.text, at);
        format!("{}:{line}", self.file.path.display())
    }
}

/// What has the name `found` in a program that is read: its metrics and where they are kept.
struct Defined {
    family: Family,
    /// The variable that holds it.
    variable: Option<String>,
    /// Its labels in their order.
    label_names: Vec<String>,
    /// Whether it is made with a function that gives its value.
    sets_itself: bool,
}

impl Scan {
    /// What the program of these files exports.
    pub(crate) fn of(sources: &[&SourceFile]) -> Self {
        let mut scan = Self::default();
        let mut sources: Vec<_> = sources
            .iter()
            .copied()
            .filter(|file| !is_test(&file.path))
            .collect();
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        scan.has_code = sources.iter().any(|file| speech::is_program(&file.path));
        scan.speaks_of_metrics = sources.iter().any(|file| speech::of_metrics(&file.text));
        python::scan(
            &codes(&sources, &["py"], Language::Python),
            &sources,
            &mut scan,
        );
        let javascript = ["js", "ts", "mjs", "cjs", "jsx", "tsx"];
        javascript::scan(&codes(&sources, &javascript, Language::Curly), &mut scan);
        go::scan(
            &codes(&sources, &["go"], Language::Curly),
            &sources,
            &mut scan,
        );
        jvm::scan(
            &codes(&sources, &["java", "kt"], Language::Curly),
            &sources,
            &mut scan,
        );
        other_languages::scan(&sources, &mut scan);
        exposition::scan(&sources, &mut scan);
        let may_hide = scan.unreadable.iter().any(|why| {
            ["may export more", "may add metrics", "is not read"]
                .iter()
                .any(|end| why.ends_with(end))
        });
        let mut programs = sources.iter().filter(|file| speech::is_program(&file.path));
        let is_of_the_jvm = programs.all(|file| has_ending(&file.path, &["java", "kt", "scala"]));
        scan.hidden = match (may_hide, is_of_the_jvm) {
            (false, _) => Hidden::None,
            (true, true) if scan.has_code => Hidden::OfTheJvm,
            _ => Hidden::OfAny,
        };
        scan
    }

    /// Whether nothing in it gives metrics: there are programs, and none speaks of any.
    pub(crate) fn gives_none(&self) -> bool {
        self.has_code && !self.has_any() && self.unreadable.is_empty() && !self.speaks_of_metrics
    }

    /// Whether all that it exports is read.
    pub(crate) fn is_whole(&self) -> bool {
        self.has_any() && self.unreadable.is_empty()
    }

    /// Whether it exports anything that is read.
    pub(crate) fn has_any(&self) -> bool {
        !self.families.is_empty() || !self.libraries.is_empty()
    }

    fn add(&mut self, defined: Vec<Defined>, codes: &[Code<'_>], language: Language) {
        let mut defined = defined;
        let uses = Uses::of(codes, language);
        for it in &mut defined {
            let variable = it.variable.as_deref();
            tell_if_constant(&mut it.family, variable, &uses, codes);
            if !it.sets_itself && variable.is_some_and(|variable| uses.set_nowhere(variable)) {
                it.family.born = Born::Never;
            }
        }
        let known = label_values::with_values(defined, codes, language);
        self.families.extend(known);
    }
}

fn codes<'a>(sources: &[&'a SourceFile], endings: &[&str], language: Language) -> Vec<Code<'a>> {
    let files = sources
        .iter()
        .filter(|file| has_ending(&file.path, endings));
    files
        .map(|file| Code {
            file,
            text: without_comments(&file.text, language),
        })
        .collect()
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| endings.contains(&ending))
}

fn constants_of(codes: &[Code<'_>], language: Language) -> Constants {
    let mut constants = Constants::default();
    // Twice, for constants that are made of others.
    for _ in 0..2 {
        for code in codes {
            constants.learn(&code.text, language);
        }
    }
    constants
}

/// Whether a file is there for tests only.
fn is_test(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let in_tests = path.components().any(|part| {
        let part = part.as_os_str().to_str().unwrap_or_default();
        ["test", "tests", "__tests__", "spec", "loadtest", "k6"].contains(&part)
    });
    in_tests
        || name.starts_with("test_")
        || [".test.", ".spec.", "_test."]
            .iter()
            .any(|mark| name.contains(mark))
}

/// Whether a dependency's name tells of metrics that Prometheus scrapes.
fn tells_of_metrics(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // What tells of traces, or sends metrics elsewhere, is not scraped.
    if name.contains("opentelemetry") || name.contains("otel") {
        return name.contains("prom");
    }
    let words = ["prom", "metric", "opencensus", "micrometer"];
    let innocent = [
        "promise",
        "prompt",
        "promote",
        "torchmetrics",
        "parametric",
        "geometric",
    ];
    words.iter().any(|word| name.contains(word)) && !innocent.iter().any(|word| name.contains(word))
}
