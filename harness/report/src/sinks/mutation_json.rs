//! The mutants of rules as the mutation-testing report schema has them, version 2, which viewers
//! show (<https://github.com/stryker-mutator/mutation-testing-elements>).

use std::collections::BTreeMap;
use std::path::Path;

use alertdrill_core::{Fate, JudgedMutant, MutationRun, RefusedMutant};
use serde_json::{Value, json};

/// The file that the drills stand for: viewers show tests by file.
const DRILLS: &str = "drills";

/// The report of a run of mutants.
#[must_use]
pub fn mutation_json(run: &MutationRun) -> Value {
    let files: BTreeMap<_, _> = run
        .files
        .iter()
        .map(|file| {
            let of_file = run
                .judged
                .iter()
                .filter(|judged| judged.mutant.file == file.path);
            let mutants: Vec<_> = of_file.map(mutant).collect();
            let content = json!({
                "language": language(&file.path),
                "source": file.text,
                "mutants": mutants,
            });
            (file.path.clone(), content)
        })
        .collect();
    let tests = run
        .drills
        .iter()
        .map(|drill| json!({"id": drill, "name": drill}));
    json!({
        "schemaVersion": "2",
        "thresholds": {"high": 100, "low": 80},
        "files": files,
        "testFiles": {DRILLS: {"tests": tests.collect::<Vec<_>>()}},
        "framework": {"name": "alertdrill", "version": env!("CARGO_PKG_VERSION")},
        "config": {"refused": run.refused.iter().map(refused).collect::<Vec<_>>()},
    })
}

fn mutant(JudgedMutant { mutant, fate }: &JudgedMutant) -> Value {
    let mut shown = json!({
        "id": mutant.id,
        "mutatorName": mutant.mutator,
        "description": mutant.says,
        "replacement": mutant.replacement,
        "location": {"start": mutant.start, "end": mutant.end},
    });
    let (status, reason) = match fate {
        Fate::Killed {
            drill,
            reason,
            message,
        } => {
            shown["killedBy"] = json!([drill]);
            shown["coveredBy"] = json!([drill]);
            ("Killed", format!("{reason}: {message}"))
        }
        Fate::Survived { told_apart_by } => ("Survived", format!("told apart by {told_apart_by}")),
        Fate::NoCoverage => ("NoCoverage", String::new()),
        Fate::Waived { reason } => ("Ignored", reason.clone()),
    };
    shown["status"] = json!(status);
    if !reason.is_empty() {
        shown["statusReason"] = json!(reason);
    }
    shown
}

/// They have no place that is certain: a mutant that does not load has no mutated file.
fn refused(refused: &RefusedMutant) -> Value {
    json!({
        "id": refused.id,
        "mutatorName": refused.mutator,
        "description": refused.says,
        "status": "CompileError",
        "statusReason": refused.error,
    })
}

fn language(path: &str) -> &'static str {
    match Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
    {
        Some("json") => "json",
        _ => "yaml",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::mutation_text::tests::example_run;

    #[test]
    fn each_fate_has_the_status_that_viewers_know_and_its_reason() {
        let report = mutation_json(&example_run());
        let mutants = report["files"]["rules.yml"]["mutants"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let statuses: Vec<_> = mutants
            .iter()
            .map(|mutant| (text(&mutant["status"]), text(&mutant["statusReason"])))
            .collect();
        let wanted = [
            ("Killed", "missed: it did not fire"),
            (
                "Survived",
                "told apart by a drill whose alert is right to wait for `1m`",
            ),
            ("NoCoverage", ""),
            ("Ignored", "no metric is ever just 0.5"),
        ];
        assert_eq!(
            statuses,
            wanted.map(|(status, why)| (status.to_owned(), why.to_owned()))
        );
        assert_eq!(mutants[0]["killedBy"], json!(["api_stopped"]));
        assert_eq!(
            mutants[0]["location"]["start"],
            json!({"line": 5, "column": 14})
        );
        assert_eq!(report["schemaVersion"], "2");
        assert_eq!(
            report["testFiles"]["drills"]["tests"][0]["id"],
            "api_stopped"
        );
    }
}
