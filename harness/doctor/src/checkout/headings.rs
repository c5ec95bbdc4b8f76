//! The headings of texts to which runbooks' links lead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::Checkout;
use super::files::{Files, name_in_its_folder};

/// The anchors of each text.
pub(crate) type Anchors = BTreeMap<PathBuf, BTreeSet<String>>;

/// How the names of such texts end.
const TEXTS: [&str; 3] = ["md", "markdown", "mdx"];

/// An anchor that is written: `<a name="x">`, `{#x}`.
static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?:\b(?:name|id)\s*=\s*["']([^"']+)["']|\{#([^}\s]+)\s*\})"#).ok()
});
/// A link in a heading: its words are what is seen.
static LINK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])").ok());
static HTML_HEADING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?is)<h[1-6][^>]*>(.*?)</h[1-6]>").ok());
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<[^>]*>").ok());

/// The anchors of the texts of which an annotation of these variants names a part: `x.md#part`.
pub(super) fn anchors(files: &Files, variants: &[Checkout]) -> Anchors {
    let annotations = variants
        .iter()
        .flat_map(Checkout::rules)
        .flat_map(|rule| &rule.annotations);
    let named: BTreeSet<&str> = annotations
        .filter_map(|(_, value)| value.text.split_once('#'))
        .filter_map(|(path, _)| path.rsplit('/').next())
        .collect();
    let is_named = |path: &&std::path::Path| {
        let end = path.extension().and_then(|end| end.to_str());
        end.is_some_and(|end| TEXTS.contains(&end)) && named.contains(name_in_its_folder(path))
    };
    let texts = files.paths().filter(is_named);
    let texts = texts.filter_map(|path| files.read(path));
    texts
        .map(|file| (file.path.clone(), anchors_of(&file.text)))
        .collect()
}

/// The anchors of a text, as code hosts make them.
fn anchors_of(text: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |heading: &str| {
        let anchor = anchor_of(heading);
        let times = seen.entry(anchor.clone()).or_default();
        let again = if *times == 0 {
            anchor
        } else {
            format!("{anchor}-{times}")
        };
        *times += 1;
        anchors.insert(again);
    };
    let mut fence: Option<&str> = None;
    let mut before = "";
    for line in text.lines() {
        let start = line.trim_start();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if fence.is_none() && mark.is_none() {
            let level = start.len() - start.trim_start_matches('#').len();
            let rest = start.trim_start_matches('#');
            let is_heading = (1..=6).contains(&level) && rest.starts_with([' ', '\t']);
            let line_below = start.trim_end();
            let is_underlined = !before.trim().is_empty()
                && !line_below.is_empty()
                && (line_below.chars().all(|c| c == '=') || line_below.chars().all(|c| c == '-'));
            if is_heading {
                add(rest.trim().trim_end_matches('#').trim_end());
            } else if is_underlined {
                add(before.trim());
            }
        }
        before = line;
    }
    for heading in HTML_HEADING.iter().flat_map(|it| it.captures_iter(text)) {
        add(heading.get(1).map_or("", |it| it.as_str()).trim());
    }
    for written in WRITTEN.iter().flat_map(|it| it.captures_iter(text)) {
        let anchor = written.get(1).or_else(|| written.get(2));
        anchors.extend(anchor.map(|it| it.as_str().to_lowercase()));
    }
    anchors
}

/// The anchor of a heading: in small letters, without punctuation, a hyphen for each blank.
fn anchor_of(heading: &str) -> String {
    let mut heading = heading.to_owned();
    if let Some(written) = WRITTEN.as_ref() {
        heading = written.replace_all(&heading, "").trim_end().to_owned();
    }
    if let Some(link) = LINK.as_ref() {
        heading = link.replace_all(&heading, "$1").into_owned();
    }
    if let Some(tag) = TAG.as_ref() {
        heading = tag.replace_all(&heading, "").into_owned();
    }
    let lowered = heading.to_lowercase();
    let kept = lowered.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        _ if c.is_alphanumeric() => Some(c),
        _ => None,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_that_a_code_host_makes() {
        let text = "# Disk is full!\n## `DiskFull` & co.\n```\n# no heading\n```\nUnderlined one\n---\n\
                    ## What to do\n### What to do ###\n<a name=\"Old\"></a>\n## [Linked](x.md) part\n\
                    ## Named {#own}\n<h2>As HTML</h2>\n#nothing\n## Überlast\n";
        let anchors = anchors_of(text);
        for there in [
            "disk-is-full",
            "diskfull--co",
            "underlined-one",
            "what-to-do",
            "what-to-do-1",
            "old",
            "linked-part",
            "own",
            "as-html",
            "überlast",
        ] {
            assert!(anchors.contains(there), "{there} is none of {anchors:?}");
        }
        assert!(!anchors.contains("no-heading"));
        assert!(!anchors.contains("nothing"));
    }
}
