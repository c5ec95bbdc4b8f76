//! Metrics that a program defines and that nothing in it sets: the variable that holds one stands
//! only where it is made, listed, imported or registered, or in a function that nothing calls or a
//! class that nothing names.

use std::sync::LazyLock;

use regex::Regex;

use super::Code;
use super::text::{Language, Pattern, all, any};

/// Beginnings of the names of functions that are there to set metrics.
const SETTERS: [&str; 22] = [
    "record", "track", "inc", "dec", "observe", "update", "set", "mark", "count", "report",
    "measure", "emit", "push", "register", "add", "log", "new", "create", "make", "build", "setup",
    "init",
];
/// What the names of other such functions have in them.
const OF_METRICS: [&str; 2] = ["metric", "middleware"];
/// Functions that a language or a framework calls by itself.
const CALLED_BY_OTHERS: [&str; 6] = [
    "init",
    "main",
    "__init__",
    "setup",
    "register",
    "initialize",
];
/// How many functions that call each other are followed.
const MOST_CALLERS: usize = 3;

/// What sets metrics whose names are not written: `metrics[kind].inc()`, `getattr(metrics, kind)`.
static BY_NAME_AT_RUN_TIME: Pattern = LazyLock::new(|| {
    let sets = "inc|dec|set|observe|labels|startTimer|Inc|Add|Set|Observe|With\\w*";
    Regex::new(&format!(
        r"\[[^\[\]'\x22]+\]\s*\.\s*(?:{sets})\b|\bgetattr\(|\bglobals\(\)"
    ))
    .ok()
});
/// The declaration of a variable or a field that holds a metric.
static DECLARED: Pattern = LazyLock::new(|| {
    let class = r"(?:\w+\.)*(?:Counter|Gauge|Histogram|Summary)(?:Vec)?\b";
    Regex::new(&format!(r"^\??!?\s*:?\s*[*\[\]\x22']*{class}")).ok()
});
static ASSIGNED: Pattern = LazyLock::new(|| Regex::new(r"^\s*(?::[^=\n(]{1,60})?:?=[^=]").ok());
/// What stands before a list that only names what is in it.
static LISTS: Pattern = LazyLock::new(|| {
    Regex::new(r"(?:\bimport\b|\bexport\b|\bexports\s*=|__all__\s*=\s*|\breturn)\s*[^\n]*$").ok()
});
/// What stands before metrics that are only registered. A function that is registered is called.
static REGISTERS: Pattern = LazyLock::new(|| Regex::new(r"[rR]egister\w*\s*[^\n]*$").ok());
/// What stands before the word `function` where a statement defines it under its name.
static STATEMENT: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*(?:export[ \t]+)?(?:async[ \t]+)?$").ok());
static PYTHON_FUNCTION: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)[ \t]*\(").ok());
static PYTHON_CLASS: Pattern = LazyLock::new(|| Regex::new(r"(?m)^class[ \t]+(\w+)[^\n]*:").ok());
static CURLY_CLASS: Pattern = LazyLock::new(|| {
    Regex::new(r"(?m)^[ \t]*(?:export\s+)?(?:abstract\s+)?class\s+(\w+)[^{;]*\{").ok()
});
static CURLY_FUNCTION: Pattern = LazyLock::new(|| {
    let go = r"\bfunc\s*(?:\([^()]*\)\s*)?(\w+)\s*\(";
    let named = r"\bfunction\s+(\w+)\s*\(";
    let arrow =
        r"\b(?:const|let|var)\s+(\w+)\s*=\s*(?:async\s*)?(?:function\b|\([^()]*\)[^\n=]*=>)";
    let method = r"(?m)^[ \t]*(?:(?:public|private|protected|static|async)\s+)*(\w+)\s*\([^()]*\)\s*(?::[^\n{]*)?\{[ \t]*$";
    Regex::new(&format!("{go}|{named}|{arrow}|{method}")).ok()
});

/// The files of one language, and what is known of them all.
pub(super) struct Uses<'a> {
    codes: &'a [Code<'a>],
    language: Language,
    /// Whether names may be made at run time.
    is_open: bool,
    /// Whether a framework makes the program's classes.
    is_wired: bool,
}

impl<'a> Uses<'a> {
    pub(super) fn of(codes: &'a [Code<'a>], language: Language) -> Self {
        let is_open = codes
            .iter()
            .any(|code| any(&BY_NAME_AT_RUN_TIME, &code.text));
        Self {
            codes,
            language,
            is_open,
            is_wired: codes.iter().any(|code| code.text.contains("@nestjs/")),
        }
    }

    /// Whether nothing sets the metric that is in `variable`, as far as is seen.
    pub(super) fn set_nowhere(&self, variable: &str) -> bool {
        let mut is_defined = false;
        if self.is_open || variable.len() < 3 {
            return false;
        }
        for code in self.codes {
            for at in places_of(variable, &code.text) {
                match self.place(&code.text, at, variable.len()) {
                    Place::Definition => is_defined = true,
                    Place::List | Place::Registered | Place::Text => {}
                    Place::Use if self.is_dead(&code.text, at, MOST_CALLERS) => {}
                    Place::Use => return false,
                }
            }
        }
        is_defined
    }

    /// How often a variable is used, neither defined nor listed.
    pub(super) fn count_of(&self, variable: &str) -> usize {
        let places = self.codes.iter().flat_map(|code| {
            places_of(variable, &code.text).map(|at| self.place(&code.text, at, variable.len()))
        });
        places.filter(|place| *place == Place::Use).count()
    }

    fn place(&self, text: &str, at: usize, length: usize) -> Place {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + length..).unwrap_or_default();
        let line_before = before.rsplit('\n').next().unwrap_or_default();
        let own_line = line_before.trim_start();
        if any(&ASSIGNED, head(after)) || any(&DECLARED, head(after)) {
            return Place::Definition;
        }
        // The metric's own name, as a text: `orders = Counter('orders', …)`
        let quotes = ['"', '\'', '`'];
        let is_text = before.ends_with(quotes) && after.starts_with(quotes);
        if is_text && !before.trim_end_matches(quotes).ends_with('[') {
            return Place::Text;
        }
        // `orders: new Counter(`, of an object or a structure
        let is_key = after.trim_start().starts_with(':') && self.language == Language::Curly;
        if is_key && !own_line.contains('?') {
            return Place::Definition;
        }
        if own_line.starts_with("import ") || own_line.starts_with("from ") {
            return Place::List;
        }
        let ends_alone = after.trim_start().starts_with([',', ')', ']', '}']);
        // `m.Orders` is listed as `Orders` is.
        let holder = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
        let before = before.trim_end_matches(holder);
        let begins_alone = before.trim_end().ends_with([',', '(', '[', '{']);
        if ends_alone && begins_alone {
            match innermost_list(before) {
                Some(List::OfNames) => return Place::List,
                Some(List::OfWhatIsRegistered) => return Place::Registered,
                None => {}
            }
        }
        Place::Use
    }

    /// Whether nothing comes to a place: it is in a class that nothing names, or in a function that
    /// is there to set metrics and that nothing calls, or only others of that kind.
    fn is_dead(&self, text: &str, at: usize, depth: usize) -> bool {
        let (function, class) = match self.language {
            Language::Python => (python_function(text, at), python_class(text, at)),
            Language::Curly => (curly_function(text, at), curly_class(text, at)),
        };
        let class = class.filter(|_| !self.is_wired);
        if class.is_some_and(|class| self.is_named_nowhere(class, depth)) {
            return true;
        }
        let Some(function) = function else {
            return false;
        };
        let name = function.to_ascii_lowercase();
        let name = name.trim_start_matches('_');
        let is_of_metrics = SETTERS.iter().any(|start| name.starts_with(start))
            || OF_METRICS.iter().any(|word| name.contains(word));
        is_of_metrics
            && !CALLED_BY_OTHERS.contains(&name)
            && !CALLED_BY_OTHERS.contains(&function)
            && self.is_named_nowhere(function, depth)
    }

    /// Whether a function's or a class's name stands nowhere but where it is defined and listed.
    fn is_named_nowhere(&self, function: &str, depth: usize) -> bool {
        let mut definitions = 0;
        for code in self.codes {
            for at in places_of(function, &code.text) {
                let before = code.text.get(..at).unwrap_or_default();
                let own_line = before.rsplit('\n').next().unwrap_or_default();
                let after = code.text.get(at + function.len()..).unwrap_or_default();
                let is_method = self.language == Language::Curly
                    && !own_line.contains(['.', '=', '('])
                    && head(after)
                        .split('\n')
                        .next()
                        .is_some_and(|line| line.trim_end().ends_with('{'));
                let words = ["def", "func", "function", "const", "let", "var", "class"];
                let defines = own_line
                    .split_whitespace()
                    .last()
                    .is_some_and(|word| words.contains(&word))
                    || (own_line.trim_start().starts_with("func (")
                        && own_line.trim_end().ends_with(')'))
                    || is_method;
                if defines {
                    definitions += 1;
                    continue;
                }
                let is_dead = || depth > 0 && self.is_dead(&code.text, at, depth - 1);
                if self.place(&code.text, at, function.len()) != Place::List && !is_dead() {
                    return false;
                }
            }
        }
        definitions == 1
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Definition,
    List,
    /// It is handed to what registers it.
    Registered,
    /// A text that is nothing else.
    Text,
    Use,
}

/// Where a word stands in a text.
fn places_of<'t>(word: &'t str, text: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(word).filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let after = text.get(at + word.len()..)?.chars().next();
        (!is_part(before) && !is_part(after)).then_some(at)
    })
}

/// The first of a text, which is enough to see what a name is.
fn head(text: &str) -> &str {
    let mut end = text.len().min(160);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A list in which a name stands without being used.
enum List {
    /// Of what is imported, exported or returned.
    OfNames,
    OfWhatIsRegistered,
}

/// The list of names that the innermost bracket begins which is open at the end of `before`.
fn innermost_list(before: &str) -> Option<List> {
    const FARTHEST: usize = 6_000;
    let mut depth = 0_usize;
    for (at, c) in before.char_indices().rev() {
        if before.len() - at > FARTHEST {
            return None;
        }
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth > 0 => depth -= 1,
            '(' | '[' | '{' => {
                let line = before.get(..at)?.rsplit('\n').next()?;
                return if any(&LISTS, line) {
                    Some(List::OfNames)
                } else {
                    any(&REGISTERS, line).then_some(List::OfWhatIsRegistered)
                };
            }
            _ => {}
        }
    }
    None
}

/// The Python function around a place, where no decorator makes it more than a function.
fn python_function(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let line = before.rsplit('\n').next()?;
    let indent = line.len() - line.trim_start().len();
    let found = all(&PYTHON_FUNCTION, before)
        .filter(|found| found.get(1).is_some_and(|it| it.len() < indent))
        .last()?;
    let whole = found.get(0)?;
    let above = text.get(..whole.start())?.trim_end();
    let is_decorated = above.rsplit('\n').next()?.trim_start().starts_with('@');
    (!is_decorated)
        .then(|| found.get(2).map(|it| it.as_str()))
        .flatten()
}

/// The Python class around a place, where no decorator hands it to others.
fn python_class(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let line = before.rsplit('\n').next()?;
    let is_indented = line.starts_with([' ', '\t']);
    let found = all(&PYTHON_CLASS, before).last()?;
    let whole = found.get(0)?;
    let after = before.get(whole.end()..)?;
    let is_outside =
        |line: &str| !line.trim().is_empty() && !line.starts_with([' ', '\t', ')', '#']);
    let above = text.get(..whole.start())?.trim_end();
    let is_decorated = above.rsplit('\n').next()?.trim_start().starts_with('@');
    let is_inside = is_indented && !is_decorated && !after.lines().skip(1).any(is_outside);
    is_inside
        .then(|| found.get(1).map(|it| it.as_str()))
        .flatten()
}

/// The class around a place, in JavaScript and TypeScript. What a file exports by default has any
/// name elsewhere.
fn curly_class(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let found = all(&CURLY_CLASS, before).last()?;
    let whole = found.get(0)?;
    let body = before.get(whole.end()..)?;
    let is_inside = body.matches('{').count() + 1 > body.matches('}').count();
    // A framework makes what is decorated.
    let is_of_others = ["export default", "module.exports = new", "\n@"];
    let is_known = !is_of_others.iter().any(|it| text.contains(it));
    (is_inside && is_known)
        .then(|| found.get(1).map(|it| it.as_str()))
        .flatten()
}

/// The function around a place, in a language with braces.
fn curly_function(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let headers = all(&CURLY_FUNCTION, before).filter_map(|found| {
        let name = (1..=4).find_map(|group| found.get(group))?;
        let words = ["if", "for", "while", "switch", "catch", "constructor"];
        let header = found.get(0)?;
        let line = before.get(..header.start())?.rsplit('\n').next()?;
        // `plugin(async function name(…) {…})`, `module.exports = function name(…) {…}`
        let is_handed_on = header.as_str().starts_with("function") && !any(&STATEMENT, line);
        (!words.contains(&name.as_str())).then_some((header.end(), name.as_str(), is_handed_on))
    });
    let (end, name, is_handed_on) = headers.last()?;
    if is_handed_on {
        return None;
    }
    // It ends before the place if its braces are closed there.
    let body = before.get(end..)?;
    let opened = body.matches('{').count() + usize::from(before.get(..end)?.ends_with(['{', '\n']));
    (opened > body.matches('}').count()).then_some(name)
}
