//! The JSON Schema of `report.json`, made from the types that write it, and published as
//! `docs/report.schema.json`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::report::Report;
use alertdrill_core::exploration::ExplorationMap;

/// The schema of what is written as `report.json`. A field that it does not name is an addition,
/// and its readers accept it.
#[must_use]
pub fn report_schema() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>()
        .to_value()
}

/// The schema of what is written as the map of an exploration.
#[must_use]
pub fn map_schema() -> Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<ExplorationMap>()
        .to_value()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::RunFolder;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    fn published() -> Value {
        serde_json::from_slice(&std::fs::read(root().join("docs/report.schema.json")).unwrap())
            .unwrap()
    }

    /// The report of the run that was kept.
    fn report() -> Value {
        let run = RunFolder::existing(root().join("tests/runs/one_alert_late"));
        serde_json::to_value(Report::of(&run).unwrap()).unwrap()
    }

    #[test]
    fn published_schema_is_that_of_what_is_written() {
        let path = root().join("docs/report.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(
                &path,
                serde_json::to_string_pretty(&report_schema()).unwrap() + "\n",
            )
            .unwrap();
        }
        assert!(
            published() == report_schema(),
            "docs/report.schema.json is out of date: \
             UPDATE_SCHEMA=1 cargo test --package alertdrill-report schema"
        );
    }

    #[test]
    fn published_schema_of_the_map_is_that_of_what_is_written() {
        let path = root().join("docs/map.schema.json");
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            let text = serde_json::to_string_pretty(&map_schema()).unwrap() + "\n";
            std::fs::write(&path, text).unwrap();
        }
        let published: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert!(
            published == map_schema(),
            "docs/map.schema.json is out of date: \
             UPDATE_SCHEMA=1 cargo test --package alertdrill-report schema"
        );
    }

    #[test]
    fn report_of_a_real_run_is_valid() {
        let validator = jsonschema::validator_for(&published()).unwrap();
        let report = report();
        let wrong: Vec<_> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn report_that_breaks_a_promise_is_invalid() {
        let validator = jsonschema::validator_for(&published()).unwrap();
        let spoil: [fn(&mut Value); 5] = [
            |report| report["drills"][0]["verdict"] = "perhaps".into(),
            |report| {
                let run = report["run"].as_object_mut().unwrap();
                run.remove("rules_sha256");
            },
            |report| report["drills"][0]["faults"][0]["injected_at"] = "yesterday".into(),
            |report| report["drills"][0]["alerts"][0]["window_s"] = serde_json::json!([1.0]),
            |report| report["schema_version"] = 0.into(),
        ];
        for (number, spoil) in spoil.into_iter().enumerate() {
            let mut report = report();
            spoil(&mut report);
            assert!(
                !validator.is_valid(&report),
                "what spoils it as number {number} is not seen"
            );
        }
    }

    #[test]
    fn report_with_an_addition_is_valid() {
        let mut report = report();
        report["drills"][0]["colour"] = "red".into();
        assert!(
            jsonschema::validator_for(&published())
                .unwrap()
                .is_valid(&report)
        );
    }
}
