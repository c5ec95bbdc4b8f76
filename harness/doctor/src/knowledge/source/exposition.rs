//! Metrics that a program writes by hand: lines of the text format in its own texts.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{Pattern, all, any, line_of};
use super::{Scan, has_ending, own_writer};
use crate::checkout::SourceFile;
use crate::knowledge::{Family, MetricKind};
use crate::network::serves_by_hand;

const PROGRAMS: [&str; 12] = [
    "py", "js", "ts", "mjs", "cjs", "go", "java", "kt", "rs", "rb", "php", "sh",
];

static TYPE: Pattern = LazyLock::new(|| {
    Regex::new(r"# TYPE ([A-Za-z_:][\w:]*)\s+(counter|gauge|histogram|summary|untyped)").ok()
});
static MADE_TYPE: Pattern =
    LazyLock::new(|| Regex::new(r"# TYPE (?:\S*[{%$<]|\x22|'|`|%s|[\w:]*[{%$]|$)").ok());

/// Adds what files write by hand.
pub(super) fn scan(sources: &[&SourceFile], scan: &mut Scan) {
    for file in sources
        .iter()
        .filter(|file| has_ending(&file.path, &PROGRAMS))
    {
        if serves_by_hand(&file.text) {
            let path = file.path.display();
            scan.unreadable
                .insert(format!("{path}: it writes metrics by hand"));
        }
        if !file.text.contains("# TYPE ") && !file.text.contains("text/plain; version=0.0.4") {
            continue;
        }
        if any(&MADE_TYPE, &file.text) || !file.text.contains("# TYPE ") {
            let path = file.path.display();
            scan.unreadable
                .insert(format!("{path}: it writes metrics by hand"));
        }
        scan.families.extend(own_writer::families(file));
        for found in all(&TYPE, &file.text) {
            let (Some(whole), Some(name), Some(kind)) = (found.get(0), found.get(1), found.get(2))
            else {
                continue;
            };
            let kind = MetricKind::of_word(kind.as_str()).unwrap_or(MetricKind::Untyped);
            let place = format!(
                "{}:{}",
                file.path.display(),
                line_of(&file.text, whole.start())
            );
            let mut family = Family::new(name.as_str(), kind, &place);
            family.has_quantiles = kind == MetricKind::Summary;
            // Lines that are put together elsewhere may have more labels: none is surely absent.
            family.labels = None;
            scan.families.push(family);
        }
    }
}
