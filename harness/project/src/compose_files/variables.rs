//! Variables in compose files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How deep a default may stand in a default.
const DEEPEST: usize = 16;
/// How far above its compose file a project may be started.
const ABOVE: usize = 3;
/// The folder in which somebody starts compose.
const STARTED_IN: &str = "PWD";

/// The variables that a project's own files set. Those of the shell that starts compose are not
/// known, and are nobody's business here.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    values: BTreeMap<String, String>,
    /// Names whose values stand in an example, so that they may be others.
    are_examples: bool,
    /// The project's folder.
    folder: PathBuf,
}

/// A text with its variables filled in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) text: String,
    /// Whether each variable in it has a value.
    pub(super) is_known: bool,
}

impl Variables {
    /// What `.env` of a folder says; without it, what an example of it says.
    pub(super) fn of_folder(folder: &Path) -> Self {
        if let Ok(text) = std::fs::read_to_string(folder.join(".env")) {
            return Self {
                values: parse(&text),
                are_examples: false,
                folder: folder.to_owned(),
            };
        }
        let examples = [
            ".env.example",
            ".env.sample",
            ".env.template",
            "example.env",
        ];
        let mut texts = examples
            .iter()
            .map(|name| std::fs::read_to_string(folder.join(name)));
        let text = texts.find_map(Result::ok).unwrap_or_default();
        Self {
            values: parse(&text),
            are_examples: true,
            folder: folder.to_owned(),
        }
    }

    /// The same, and what `text`, a file of variables, says.
    pub(super) fn with(mut self, text: &str) -> Self {
        self.values.extend(parse(text));
        self
    }

    /// The same, and what `stronger` says.
    pub(super) fn below(mut self, stronger: &Self) -> Self {
        self.values.extend(stronger.values.clone());
        self.are_examples |= stronger.are_examples && !stronger.values.is_empty();
        self
    }

    /// The value of `name`, if it surely has one.
    pub(super) fn get(&self, name: &str) -> Option<&String> {
        self.values.get(name).filter(|_| !self.are_examples)
    }

    /// `text` with its variables filled in. `$$`, which stands for one `$`, stays as it is: so does
    /// compose print it.
    pub(super) fn fill(&self, text: &str) -> Filled {
        self.fill_to_depth(text, DEEPEST)
    }

    fn fill_to_depth(&self, text: &str, depth: usize) -> Filled {
        let mut filled = Filled {
            text: String::with_capacity(text.len()),
            is_known: true,
        };
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, from) = rest.split_at(at);
            filled.text.push_str(before);
            let after = from.get(1..).unwrap_or_default();
            if let Some(after) = after.strip_prefix('$') {
                filled.text.push_str("$$");
                rest = after;
            } else if let Some(inside) = after.strip_prefix('{') {
                let Some(end) = end_of_braces(inside) else {
                    filled.text.push_str(from);
                    return filled;
                };
                let (inside, after) = inside.split_at(end);
                rest = after.get(1..).unwrap_or_default();
                match self.started_in(inside, rest) {
                    Some(folder) => filled.text.push_str(&folder),
                    None => self.put_braced(&mut filled, inside, depth),
                }
            } else {
                let (name, after) = name_at_start(after);
                match self.started_in(name, after) {
                    Some(folder) => filled.text.push_str(&folder),
                    None if name.is_empty() => filled.text.push('$'),
                    None => self.put(&mut filled, name),
                }
                rest = after;
            }
        }
        filled.text.push_str(rest);
        filled
    }

    /// What `$PWD` stands for before the path `after`: the project's folder, or one above it in
    /// which that path is. `None` of other variables, and if the path is in none of them.
    fn started_in(&self, inside: &str, after: &str) -> Option<String> {
        let (name, _) = name_at_start(inside);
        if name != STARTED_IN || self.values.contains_key(STARTED_IN) {
            return None;
        }
        let path = after.trim_start_matches('/').split([':', ',']).next()?;
        let mut folders = self.folder.ancestors().take(ABOVE + 1);
        let above = folders.position(|folder| folder.join(path).exists())?;
        Some(format!(".{}", "/..".repeat(above)))
    }

    fn put(&self, filled: &mut Filled, name: &str) {
        let value = self.values.get(name);
        filled.is_known &= value.is_some() && !self.are_examples;
        filled
            .text
            .push_str(&value.map_or_else(String::new, |value| value.replace('$', "$$")));
    }

    /// What stands between the braces: `NAME`, or `NAME:-default` and its like.
    fn put_braced(&self, filled: &mut Filled, inside: &str, depth: usize) {
        let (name, operator) = name_at_start(inside);
        let value = self.values.get(name);
        let is_set = value.is_some_and(|value| !operator.starts_with(':') || !value.is_empty());
        let operator = operator.strip_prefix(':').unwrap_or(operator);
        let other = operator.get(1..).unwrap_or_default();
        match operator.get(..1) {
            Some("-") if !is_set => self.put_other(filled, other, depth),
            Some("+") if is_set => self.put_other(filled, other, depth),
            Some("+") => {}
            _ => self.put(filled, name),
        }
    }

    fn put_other(&self, filled: &mut Filled, other: &str, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            filled.is_known = false;
            return;
        };
        let other = self.fill_to_depth(other, depth);
        filled.text.push_str(&other.text);
        filled.is_known &= other.is_known;
    }
}

fn name_at_start(text: &str) -> (&str, &str) {
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c: char| !is_of_a_name(c)).unwrap_or(text.len());
    let starts_as_one = !text.starts_with(|c: char| c.is_ascii_digit());
    text.split_at(if starts_as_one { end } else { 0 })
}

/// Where the brace that was opened before `inside` is closed.
fn end_of_braces(inside: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut before = ' ';
    for (at, c) in inside.char_indices() {
        match c {
            '{' if before == '$' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
        before = c;
    }
    None
}

/// `NAME=value` per line.
pub(super) fn parse(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let name = name.trim();
        let is_name = !name.is_empty() && !name.starts_with('#');
        is_name.then(|| (name.to_owned(), value_of(value.trim())))
    });
    lines.collect()
}

fn value_of(written: &str) -> String {
    for quote in ['"', '\''] {
        let quoted = written.strip_prefix(quote);
        if let Some((value, _)) = quoted.and_then(|rest| rest.split_once(quote)) {
            return value.to_owned();
        }
    }
    let value = written.split(" #").next().unwrap_or_default();
    value.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> (String, bool) {
        let variables = Variables::default().with("A=1\nexport B='x y' # b\nEMPTY=\n# C=3\n");
        let filled = variables.fill(text);
        (filled.text, filled.is_known)
    }

    #[test]
    fn variables_are_filled_in_with_their_values_and_defaults() {
        for (text, expected, is_known) in [
            ("plain", "plain", true),
            ("$A-${B}", "1-x y", true),
            ("${C:-7}:${C-8}", "7:8", true),
            ("${EMPTY:-7}:${EMPTY-8}", "7:", true),
            ("${C:-${A}}", "1", true),
            ("${A:+yes}${C:+no}", "yes", true),
            ("${C}", "", false),
            ("${C:?say it}", "", false),
            ("${A:?say it}", "1", true),
            ("$$A $ {", "$$A $ {", true),
            ("a$", "a$", true),
            ("${A", "${A", true),
        ] {
            let expected = (expected.to_owned(), is_known);
            assert_eq!(fill(text), expected, "{text}");
        }
    }

    #[test]
    fn folder_in_which_compose_is_started_is_the_one_that_has_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("deploy");
        std::fs::create_dir_all(project.join("rules")).unwrap();
        std::fs::create_dir(folder.path().join("prometheus")).unwrap();
        let variables = Variables::of_folder(&project);
        for (text, expected, is_known) in [
            ("$PWD/rules:/etc/rules", "./rules:/etc/rules", true),
            ("${PWD}/rules", "./rules", true),
            ("${PWD:-.}/prometheus:/a:ro", "./../prometheus:/a:ro", true),
            ("$PWD/nowhere:/a", "/nowhere:/a", false),
        ] {
            let filled = variables.fill(text);
            assert_eq!(
                (filled.text.as_str(), filled.is_known),
                (expected, is_known)
            );
        }
    }

    #[test]
    fn default_in_a_default_in_a_default_has_an_end() {
        let deep = format!("{}x{}", "${C:-".repeat(10_000), "}".repeat(10_000));
        assert!(!fill(&deep).1);
    }
}
