//! Functions of a program that make a metric of the name that they are given:
//! `const counter = (name, help) => new Counter({ name, help })`.

use std::sync::LazyLock;

use regex::Regex;

use super::{CURLY, Made, define, variable_before};
use crate::knowledge::source::text::{Constants, Pattern, all, arguments, pair};
use crate::knowledge::source::{Code, Defined, Scan};

/// The most calls of one function that are followed.
const MOST_CALLS: usize = 300;

static FUNCTION: Pattern = LazyLock::new(|| {
    let named = r"\bfunction\s+(\w+)\s*(?:<[^<>()]*>)?\s*\(";
    let held = r"\b(?:const|let|var)\s+(\w+)\s*(?::[^=\n]+)?=\s*(?:async\s*)?(?:function\s*)?(?:<[^<>()]*>)?\(";
    let method = r"(?m)^[ \t]*(?:(?:public|private|protected|static|readonly|async)\s+)*(\w+)\s*(?:<[^<>()]*>)?\(";
    Regex::new(&format!("{named}|{held}|{method}")).ok()
});
static CALL: Pattern = LazyLock::new(|| Regex::new(r"\b(\w+)\s*(?:<[^<>()]*>)?\(").ok());
static WORD: Pattern =
    LazyLock::new(|| Regex::new(r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)?").ok());
static ARROW: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?::[^=\n]*)?=>\s*\(?\s*$").ok());

/// A function that makes a metric, and what it makes it of.
pub(super) struct Wrapper<'a> {
    function: &'a str,
    /// Where it is defined.
    at: usize,
    parameters: Vec<Parameter<'a>>,
    class: String,
    made: Made<'a>,
}

/// What a function is given.
#[derive(Debug, PartialEq)]
enum Parameter<'a> {
    /// One value.
    Value(&'a str),
    /// An object, of which these are taken out.
    Parts(Vec<&'a str>),
}

impl<'a> Wrapper<'a> {
    /// The function around what is made at `at`, if the metric's name is made of its parameters.
    pub(super) fn around(text: &'a str, at: usize, class: &str, made: &Made<'a>) -> Option<Self> {
        const KEYWORDS: [&str; 7] = [
            "if",
            "for",
            "while",
            "switch",
            "catch",
            "return",
            "constructor",
        ];
        let before = text.get(..at)?;
        let around = all(&FUNCTION, before).filter_map(|found| {
            let whole = found.get(0)?;
            let name = (1..=3).find_map(|group| found.get(group))?;
            let open = whole.end() - 1;
            let (written, end) = arguments(text, open, CURLY)?;
            let body = before.get(end + 1..)?;
            let holds =
                body.matches('{').count() > body.matches('}').count() || super::any(&ARROW, body);
            (holds && !KEYWORDS.contains(&name.as_str())).then_some((name, written))
        });
        let (name, written) = around.last()?;
        let wrapper = Self {
            function: name.as_str(),
            at: name.start(),
            parameters: written.into_iter().filter_map(parameter).collect(),
            class: class.to_owned(),
            made: *made,
        };
        wrapper.names_a_parameter(made.name?).then_some(wrapper)
    }

    /// Whether one of its parameters stands in what is written.
    fn names_a_parameter(&self, written: &str) -> bool {
        let words = all(&WORD, written).filter_map(|it| Some(it.get(0)?.as_str()));
        words.into_iter().any(|word| {
            self.parameters.iter().any(|parameter| match parameter {
                Parameter::Value(name) => word.split('.').next() == Some(name),
                Parameter::Parts(names) => names.contains(&word),
            })
        })
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
            for found in all(&CALL, &code.text) {
                let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else {
                    continue;
                };
                let before = code.text.get(..name.start()).unwrap_or_default();
                let is_definition =
                    before.trim_end().ends_with("function") || name.start() == self.at;
                if name.as_str() != self.function || is_definition {
                    continue;
                }
                count += 1;
                let Some((given, end)) = arguments(&code.text, whole.end() - 1, CURLY) else {
                    continue;
                };
                // A method is defined as it is called, with a body behind.
                let after = code.text.get(end + 1..).unwrap_or_default().trim_start();
                if after.starts_with('{') || (after.starts_with(':') && after.contains("=> ")) {
                    continue;
                }
                let place = code.place(name.start());
                let made = (count <= MOST_CALLS)
                    .then(|| self.made_by(&given, constants))
                    .flatten();
                match made {
                    Some((name, labels)) => {
                        let variable = variable_before(before);
                        define(&name, &self.class, labels, variable, false, &place, defined);
                    }
                    None => {
                        scan.unreadable
                            .insert(format!("{place}: a metric's name is made at run time"));
                    }
                }
            }
        }
    }

    /// The name and the labels that a call with these arguments makes.
    fn made_by(
        &self,
        given: &[&str],
        constants: &Constants,
    ) -> Option<(String, Option<Vec<String>>)> {
        let mut constants = constants.clone();
        for (index, parameter) in self.parameters.iter().enumerate() {
            let value = given.get(index).copied();
            match parameter {
                Parameter::Value(name) => {
                    constants.set(name, value.and_then(|it| constants.text(it, CURLY)));
                }
                Parameter::Parts(names) => {
                    for name in names {
                        let part = value.and_then(|it| part_of(it, name));
                        constants.set(name, part.and_then(|it| constants.text(it, CURLY)));
                    }
                }
            }
        }
        let name = self.resolved(self.made.name?, given, &constants)?;
        let Some(written) = self.made.labels else {
            return Some((name, (!self.made.spreads).then(Vec::new)));
        };
        let labels = match self.given_for(written, given) {
            Given::Nothing => Some(Vec::new()),
            Given::This(list) => constants.list(list, CURLY),
            Given::NoParameter => constants.list(written, CURLY),
        };
        Some((name, labels))
    }

    fn resolved(&self, written: &str, given: &[&str], constants: &Constants) -> Option<String> {
        match self.given_for(written, given) {
            Given::This(value) => constants.text(value, CURLY),
            Given::Nothing => None,
            Given::NoParameter => constants.text(written, CURLY),
        }
    }

    /// What a call gives for what is written, if that is just a parameter: `labels`, `options.name`.
    fn given_for<'g>(&self, written: &str, given: &[&'g str]) -> Given<'g> {
        let written = written.split("??").next().unwrap_or_default();
        let written = written.split("||").next().unwrap_or_default().trim();
        let (first, part) = match written.split_once('.') {
            Some((first, part)) => (first, Some(part)),
            None => (written, None),
        };
        for (index, parameter) in self.parameters.iter().enumerate() {
            let value = given.get(index).copied();
            let found = match (parameter, part) {
                (Parameter::Value(name), None) if *name == first => value,
                (Parameter::Value(name), Some(part)) if *name == first => {
                    value.and_then(|value| part_of(value, part))
                }
                (Parameter::Parts(names), None) if names.contains(&first) => {
                    value.and_then(|value| part_of(value, first))
                }
                _ => continue,
            };
            return found.map_or(Given::Nothing, Given::This);
        }
        Given::NoParameter
    }
}

/// What a call gives for a part of what a metric is made of.
enum Given<'g> {
    This(&'g str),
    /// It leaves the parameter out.
    Nothing,
    /// No parameter stands there.
    NoParameter,
}

/// `name`, `name: string`, `name = 'x'`, `{ name, help = '' }`
fn parameter(written: &str) -> Option<Parameter<'_>> {
    if written.starts_with('{') {
        let (entries, _) = arguments(written, 0, CURLY)?;
        let names = entries.into_iter().filter_map(first_word);
        return Some(Parameter::Parts(names.collect()));
    }
    let words = ["private", "public", "protected", "readonly"];
    let last = written
        .split_whitespace()
        .find(|word| !words.contains(word))?;
    first_word(last).map(Parameter::Value)
}

fn first_word(written: &str) -> Option<&str> {
    let end = written
        .find(|c: char| !c.is_ascii_alphanumeric() && !"_$".contains(c))
        .unwrap_or(written.len());
    written.get(..end).filter(|word| !word.is_empty())
}

/// The value of a key of an object that is written: `{ name: 'x' }`.
fn part_of<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    let (entries, _) = object
        .starts_with('{')
        .then(|| arguments(object, 0, CURLY))
        .flatten()?;
    entries.into_iter().find_map(|entry| match pair(entry) {
        Some((name, value)) => (name == key).then_some(value),
        None => (entry == key).then_some(entry),
    })
}
