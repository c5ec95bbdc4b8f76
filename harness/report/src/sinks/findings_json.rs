//! Findings for programs, as `docs/doctor.schema.json` describes them.

use alertdrill_core::Finding;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use serde_json::Value;

use super::phrases::slashed;

/// What `alertdrill doctor --json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "findings of alertdrill doctor")]
struct Findings<'a> {
    /// What is wrong, in the order of files and lines.
    findings: Vec<OneFinding<'a>>,
    /// What would be, and is kept by a waiver.
    waived: Vec<WaivedFinding<'a>>,
}

/// Something by which an alert cannot work, or may not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "finding")]
struct OneFinding<'a> {
    /// What kind of finding it is: `metric/not-exported`. Never renamed.
    id: &'a str,
    /// `error`: it surely cannot work. `warning`: it may not, or works worse than it should.
    /// `note`: worth to know.
    #[schemars(extend("enum" = ["error", "warning", "note"]))]
    severity: &'static str,
    /// The file, relative to the project's folder, with `/` between folders.
    file: String,
    /// The line, from one.
    line: usize,
    /// The character in the line, from one.
    column: usize,
    /// The rule, job, route or receiver that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<&'a str>,
    /// What is wrong, with the values that show it.
    message: &'a str,
    /// What to do about it.
    help: &'a str,
}

/// A finding that is kept by a waiver.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "waived_finding")]
struct WaivedFinding<'a> {
    #[serde(flatten)]
    finding: OneFinding<'a>,
    /// Why it is kept.
    reason: &'a str,
}

/// Findings, and those that are kept with the reasons, as JSON.
///
/// # Panics
/// Never: names and texts are always JSON.
#[must_use]
pub fn findings_json(findings: &[Finding], waived: &[(Finding, String)]) -> Value {
    let findings = Findings {
        findings: findings.iter().map(one).collect(),
        waived: waived
            .iter()
            .map(|(finding, reason)| WaivedFinding {
                finding: one(finding),
                reason,
            })
            .collect(),
    };
    serde_json::to_value(findings).unwrap_or_default()
}

/// The schema of [`findings_json`].
#[must_use]
pub fn findings_schema() -> Schema {
    schema_for!(Findings<'static>)
}

fn one(finding: &Finding) -> OneFinding<'_> {
    OneFinding {
        id: finding.id,
        severity: finding.severity.as_str(),
        file: slashed(&finding.file),
        line: finding.line,
        column: finding.column,
        about: finding.about.as_deref(),
        message: &finding.message,
        help: &finding.help,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::examples::example_findings;

    #[test]
    fn findings_are_what_the_published_schema_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.schema.json");
        let schema = serde_json::to_value(findings_schema()).unwrap();
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let published = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            published, text,
            "UPDATE_SCHEMA=1 writes docs/doctor.schema.json anew"
        );
        let findings = example_findings();
        let waived = [(findings[0].clone(), "it is old".to_owned())];
        let json = findings_json(&findings, &waived);
        jsonschema::validate(&schema, &json).unwrap();
        assert_eq!(json["findings"][0]["line"], 12);
        assert_eq!(json["waived"][0]["reason"], "it is old");
    }
}
