//! Findings as code hosts show them beside the code: SARIF 2.1.0
//! (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use std::collections::BTreeMap;

use alertdrill_core::Finding;
use serde_json::{Value, json};

use super::phrases::slashed;

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/\
                      sarif-schema-2.1.0.json";
/// Where the pages of the kinds of findings are published.
const PAGES: &str = "https://github.com/alertdrill/alertdrill/blob/main/docs/doctor";

/// Findings, and those that are kept with the reasons, as SARIF. `titles` tells in one line what
/// each kind of finding is.
#[must_use]
pub fn findings_sarif(
    findings: &[Finding],
    waived: &[(Finding, String)],
    titles: &BTreeMap<&str, &str>,
) -> Value {
    let rules = titles.iter().map(|(id, title)| {
        json!({
            "id": id,
            "shortDescription": {"text": title},
            "helpUri": format!("{PAGES}/{id}.md"),
        })
    });
    let numbers: BTreeMap<_, _> = titles.keys().zip(0_usize..).collect();
    let results = findings.iter().map(|finding| result(finding, &numbers));
    let kept = waived.iter().map(|(finding, reason)| {
        let mut kept = result(finding, &numbers);
        kept["suppressions"] = json!([{"kind": "external", "justification": reason}]);
        kept
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "alertdrill doctor",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/alertdrill/alertdrill",
                "rules": rules.collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {"CHECKOUT": {"description": {"text": "the checkout's folder"}}},
            "results": results.chain(kept).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Finding, numbers: &BTreeMap<&&str, usize>) -> Value {
    let text = match &finding.about {
        Some(about) => format!("{about}: {}; {}", finding.message, finding.help),
        None => format!("{}; {}", finding.message, finding.help),
    };
    let mut result = json!({
        "ruleId": finding.id,
        "kind": "fail",
        "level": finding.severity.as_str(),
        "message": {"text": text},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&slashed(&finding.file)), "uriBaseId": "CHECKOUT"},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }}],
    });
    if let Some(number) = numbers.get(&finding.id) {
        result["ruleIndex"] = json!(number);
    }
    result
}

/// A relative path as a URI reference: what is not a letter, a digit or one of `-._~/` is escaped.
fn uri(path: &str) -> String {
    let bytes = path.bytes().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_findings;

    #[test]
    fn findings_point_at_their_lines_and_kept_ones_are_suppressed_with_the_reason() {
        let mut findings = example_findings();
        let kept: Vec<_> = findings
            .split_off(1)
            .into_iter()
            .map(|it| (it, "old".to_owned()))
            .collect();
        let titles = [("metric/not-exported", "nothing exports the metric")].into();
        let sarif = findings_sarif(&findings, &kept, &titles);
        let results = &sarif["runs"][0]["results"];
        insta::assert_snapshot!(serde_json::to_string_pretty(results).unwrap(), @r#"
        [
          {
            "kind": "fail",
            "level": "error",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "prometheus/rules.yml",
                    "uriBaseId": "CHECKOUT"
                  },
                  "region": {
                    "startColumn": 15,
                    "startLine": 12
                  }
                }
              }
            ],
            "message": {
              "text": "HighErrorRate: nothing exports `http_request_total`; the nearest is `http_requests_total`; name the metric as it is exported"
            },
            "ruleId": "metric/not-exported",
            "ruleIndex": 0
          },
          {
            "kind": "fail",
            "level": "warning",
            "locations": [
              {
                "physicalLocation": {
                  "artifactLocation": {
                    "uri": "prometheus/rules.yml",
                    "uriBaseId": "CHECKOUT"
                  },
                  "region": {
                    "startColumn": 15,
                    "startLine": 20
                  }
                }
              }
            ],
            "message": {
              "text": "no alert may match; name the metric as it is exported"
            },
            "ruleId": "told/route-never-matches",
            "suppressions": [
              {
                "justification": "old",
                "kind": "external"
              }
            ]
          }
        ]
        "#);
    }

    #[test]
    fn path_with_a_blank_is_a_uri() {
        assert_eq!(uri("my rules/ä.yml"), "my%20rules/%C3%A4.yml");
    }
}
