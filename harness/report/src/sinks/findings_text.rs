//! What a terminal shows of findings.

use std::fmt;

use alertdrill_core::style::{bad, harmless, heading};
use alertdrill_core::{Finding, FindingSeverity};

/// Findings for people.
#[derive(Clone, Debug)]
pub struct FindingsText<'a> {
    /// Those that count.
    pub findings: &'a [Finding],
    /// Those that are kept, each with the reason.
    pub waived: &'a [(Finding, String)],
    /// What was looked at, in words: `9 alerts in 1 file`.
    pub examined: String,
}

impl fmt::Display for FindingsText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in self.findings {
            let place = place(finding);
            let severity = severity(finding.severity);
            let message = harmless(&finding.message);
            writeln!(
                f,
                "{}: {severity}: {message} [{}]",
                heading(place),
                finding.id
            )?;
            if let Some(about) = &finding.about {
                writeln!(f, "    of {}", harmless(about))?;
            }
            writeln!(f, "    help: {}", harmless(&finding.help))?;
        }
        for (finding, reason) in self.waived {
            let (place, id) = (place(finding), finding.id);
            writeln!(f, "{place}: kept: {id}: {}", harmless(reason))?;
        }
        if !self.findings.is_empty() || !self.waived.is_empty() {
            writeln!(f)?;
        }
        write!(f, "{}: {}", harmless(&self.examined), self.totals())
    }
}

impl FindingsText<'_> {
    fn totals(&self) -> String {
        let severities = [
            FindingSeverity::Error,
            FindingSeverity::Warning,
            FindingSeverity::Note,
        ];
        let counts = severities.map(|severity| {
            let of_it = |finding: &&Finding| finding.severity == severity;
            (
                self.findings.iter().filter(of_it).count(),
                severity.as_str(),
            )
        });
        let kept = (self.waived.len(), "kept by a waiver");
        let told: Vec<_> = counts
            .into_iter()
            .map(|(count, word)| match count {
                1 => (count, format!("1 {word}")),
                _ => (count, format!("{count} {word}s")),
            })
            .chain([(kept.0, format!("{} {}", kept.0, kept.1))])
            .filter(|(count, _)| *count > 0)
            .map(|(_, words)| words)
            .collect();
        if told.is_empty() {
            return "nothing is wrong that files can tell".to_owned();
        }
        told.join(", ")
    }
}

fn place(finding: &Finding) -> String {
    let file = harmless(&finding.file.display().to_string());
    format!("{file}:{}:{}", finding.line, finding.column)
}

fn severity(severity: FindingSeverity) -> String {
    match severity {
        FindingSeverity::Error => bad(severity.as_str()),
        FindingSeverity::Warning | FindingSeverity::Note => severity.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_findings;

    fn text(findings: &[Finding], waived: &[(Finding, String)]) -> String {
        let text = FindingsText {
            findings,
            waived,
            examined: "9 alerts in 1 file".to_owned(),
        };
        anstream::adapter::strip_str(&text.to_string()).to_string()
    }

    #[test]
    fn findings_stand_with_place_id_and_help_and_are_counted() {
        let mut findings = example_findings();
        let kept = findings.split_off(1);
        let kept: Vec<_> = kept
            .into_iter()
            .map(|finding| (finding, "it is old".to_owned()))
            .collect();
        insta::assert_snapshot!(text(&findings, &kept), @r"
        prometheus/rules.yml:12:15: error: nothing exports `http_request_total`; the nearest is `http_requests_total` [metric/not-exported]
            of HighErrorRate
            help: name the metric as it is exported
        prometheus/rules.yml:20:15: kept: told/route-never-matches: it is old

        9 alerts in 1 file: 1 error, 1 kept by a waiver
        ");
    }

    #[test]
    fn nothing_found_is_said() {
        insta::assert_snapshot!(text(&[], &[]), @"9 alerts in 1 file: nothing is wrong that files can tell");
    }
}
