//! Takes away what the project's owner knows and keeps.

use std::path::Path;

use alertdrill_core::{Finding, WaivedFinding, nearest};
use alertdrill_project::yaml_tree::Place;
use jiff::civil::Date;

use crate::checks::{Said, checks};

/// The id of a waiver that nothing needs.
pub(crate) const IDLE_WAIVER: &str = "waiver/idle";
/// What that is, in one line.
pub(crate) const IDLE_WAIVER_TITLE: &str = "a waiver of a finding that is not there";

/// What is left of findings when those that are waived are taken away.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waived {
    /// Those that count, and those about waivers that nothing needs.
    pub findings: Vec<Finding>,
    /// Those that are kept, each with the reason.
    pub waived: Vec<(Finding, String)>,
}

/// Takes away what `waivers`, which stand in the file `written_in`, keep on the day `today`.
#[must_use]
pub fn without_waived(
    findings: Vec<Finding>,
    waivers: &[WaivedFinding],
    written_in: &Path,
    today: Date,
) -> Waived {
    let mut left = Waived::default();
    let mut is_needed = vec![false; waivers.len()];
    for finding in findings {
        let mut reason = None;
        for (waiver, is_needed) in waivers.iter().zip(&mut is_needed) {
            if waiver.covers(&finding, today) {
                *is_needed = true;
                reason = reason.or(Some(waiver.reason.clone()));
            }
        }
        match reason {
            Some(reason) => left.waived.push((finding, reason)),
            None => left.findings.push(finding),
        }
    }
    let idle = waivers
        .iter()
        .zip(is_needed)
        .filter(|(_, is_needed)| !is_needed);
    for (waiver, _) in idle {
        let place = Place {
            line: waiver.line,
            column: waiver.column,
        };
        left.findings
            .push(why_idle(waiver, today).at(IDLE_WAIVER, written_in, place));
    }
    left
}

fn why_idle(waiver: &WaivedFinding, today: Date) -> Said {
    let id = &waiver.id;
    if !checks().any(|check| check.id == id) {
        let known = nearest(id, checks().map(|check| check.id)).unwrap_or_default();
        return Said::error(
            format!("there are no findings `{id}`; the nearest is `{known}`"),
            "write the id as `alertdrill doctor` prints it",
        );
    }
    match waiver.until {
        Some(until) if until < today => Said::warning(
            format!("the waiver of `{id}` ended on {until}"),
            "mend what it kept, or give it another day; take it away if that is done",
        ),
        _ => Said::warning(
            format!("nothing is found that the waiver of `{id}` keeps"),
            "take it away, so that it hides nothing that comes later",
        ),
    }
}

#[cfg(test)]
mod tests {
    use alertdrill_core::FindingSeverity;

    use super::*;

    fn finding(about: &str) -> Finding {
        Finding {
            file: "rules.yml".into(),
            line: 3,
            column: 5,
            id: "loaded/not-rules",
            severity: FindingSeverity::Error,
            about: Some(about.to_owned()),
            message: String::new(),
            help: String::new(),
        }
    }

    fn waiver(about: Option<&str>, until: Option<&str>) -> WaivedFinding {
        WaivedFinding {
            id: "loaded/not-rules".to_owned(),
            about: about.map(str::to_owned),
            file: None,
            reason: "it is old".to_owned(),
            until: until.map(|until| until.parse().unwrap()),
            line: 7,
            column: 5,
        }
    }

    fn left(waivers: &[WaivedFinding]) -> Vec<String> {
        let findings = vec![finding("Down"), finding("Slow")];
        let today = "2026-11-27".parse().unwrap();
        let left = without_waived(findings, waivers, Path::new("alertdrill.yml"), today);
        let kept = left
            .waived
            .iter()
            .map(|(finding, reason)| format!("kept {}: {reason}", finding.about.clone().unwrap()));
        let counts = left.findings.iter().map(|finding| match &finding.about {
            Some(about) => format!("counts {about}"),
            None => format!("{}:{}", finding.id, finding.message),
        });
        kept.chain(counts).collect()
    }

    #[test]
    fn waiver_keeps_what_it_names_and_nothing_else() {
        assert_eq!(
            left(&[waiver(Some("Down"), None)]),
            ["kept Down: it is old", "counts Slow"]
        );
        assert_eq!(
            left(&[waiver(None, Some("2026-11-27"))]),
            ["kept Down: it is old", "kept Slow: it is old"]
        );
    }

    #[test]
    fn waiver_that_has_ended_is_idle_and_what_it_kept_counts_again() {
        assert_eq!(
            left(&[waiver(None, Some("2026-11-26"))]),
            [
                "counts Down",
                "counts Slow",
                "waiver/idle:the waiver of `loaded/not-rules` ended on 2026-11-26"
            ]
        );
    }

    #[test]
    fn waiver_of_nothing_and_of_an_unknown_kind_are_findings_themselves() {
        let unknown = WaivedFinding {
            id: "loaded/not-rule".to_owned(),
            ..waiver(None, None)
        };
        assert_eq!(
            left(&[waiver(Some("Lost"), None), unknown])[2..],
            [
                "waiver/idle:nothing is found that the waiver of `loaded/not-rules` keeps",
                "waiver/idle:there are no findings `loaded/not-rule`; the nearest is \
                 `loaded/not-rules`"
            ]
        );
    }
}
