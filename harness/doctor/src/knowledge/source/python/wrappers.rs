//! Functions of a program that make a metric of the name that they are given:
//! `def counter(name, text): return Counter(name, text)`.

use std::sync::LazyLock;

use regex::Regex;

use super::Call;
use crate::knowledge::source::text::{Constants, Language, Pattern, all, arguments};
use crate::knowledge::source::{Code, Defined, Scan};

const PYTHON: Language = Language::Python;
/// The most calls of one function that are followed.
const MOST_CALLS: usize = 300;

static DEFINITION: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(").ok());
static WORD: Pattern = LazyLock::new(|| Regex::new(r"[A-Za-z_]\w*").ok());
static CALL: Pattern = LazyLock::new(|| Regex::new(r"\b(\w+)[ \t]*\(").ok());

/// A function that makes a metric, and the call in it that does so.
pub(super) struct Wrapper<'a> {
    function: &'a str,
    /// Its parameters without `self`.
    parameters: Vec<&'a str>,
    /// `Counter`
    class: String,
    /// What the metric is made with, as it is written there.
    parts: Vec<&'a str>,
}

impl<'a> Wrapper<'a> {
    /// The function around the call at `at`, if the metric's name is made of its parameters.
    pub(super) fn around(text: &'a str, at: usize, class: &str, parts: &[&'a str]) -> Option<Self> {
        let before = text.get(..at)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        let found = all(&DEFINITION, before)
            .filter(|found| found.get(1).is_some_and(|it| it.len() < indent))
            .last()?;
        let (whole, function) = (found.get(0)?, found.get(2)?);
        let (written, _) = arguments(text, whole.end() - 1, PYTHON)?;
        let parameters: Vec<_> = written
            .iter()
            .filter_map(|it| it.split([':', '=']).next())
            .map(str::trim)
            .filter(|it| !["self", "cls", "*", "/"].contains(it))
            .collect();
        let wrapper = Self {
            function: function.as_str(),
            parameters,
            class: class.to_owned(),
            parts: parts.to_vec(),
        };
        let name = Call::of(parts).argument(0, "name")?;
        wrapper.parameter_in(name).is_some().then_some(wrapper)
    }

    /// The first of its parameters that stands in a text.
    fn parameter_in(&self, written: &str) -> Option<usize> {
        let mut words = all(&WORD, written).filter_map(|it| Some(it.get(0)?.as_str().to_owned()));
        words.find_map(|word| self.parameters.iter().position(|it| *it == word))
    }

    /// Adds what the program's calls of the function make.
    pub(super) fn follow(
        &self,
        codes: &[Code<'_>],
        constants: &Constants,
        defined: &mut Vec<Defined>,
        scan: &mut Scan,
    ) {
        let mut count = 0;
        for code in codes {
            let text = &code.text;
            for found in all(&CALL, text) {
                let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else {
                    continue;
                };
                let before = text.get(..whole.start()).unwrap_or_default();
                if name.as_str() != self.function || before.trim_end().ends_with("def") {
                    continue;
                }
                count += 1;
                let Some((parts, _)) = arguments(text, whole.end() - 1, PYTHON) else {
                    continue;
                };
                let place = code.place(whole.start());
                let made = (count <= MOST_CALLS)
                    .then(|| self.made_by(&parts, constants))
                    .flatten();
                let Some((name, labels)) = made else {
                    scan.unreadable
                        .insert(format!("{place}: a metric's name is made at run time"));
                    continue;
                };
                let variable = super::variable_before(before);
                super::define(&name, &self.class, labels, variable, &place, defined);
            }
        }
    }

    /// The name and the labels that a call with these arguments makes.
    fn made_by(
        &self,
        given: &[&str],
        constants: &Constants,
    ) -> Option<(String, Option<Vec<String>>)> {
        let given = Call::of(given);
        let mut constants = constants.clone();
        for (index, parameter) in self.parameters.iter().enumerate() {
            let value = given.argument(index, parameter);
            constants.set(
                parameter,
                value.and_then(|value| constants.text(value, PYTHON)),
            );
        }
        let own = Call::of(&self.parts);
        let name = own.name(&constants)?;
        let written = own.argument(2, "labelnames");
        let parameter = written.and_then(|written| self.parameter_in(written));
        let labels = match parameter {
            Some(index) => match given.argument(index, self.parameters.get(index)?) {
                None | Some("()" | "[]" | "None") => Some(Vec::new()),
                Some(list) => constants.list(list, PYTHON),
            },
            None => own.labels(&constants, &self.class),
        };
        Some((name, labels))
    }
}
