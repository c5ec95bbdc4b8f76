//! Proposals for whole projects, as they are common: their files are written into a folder, and the
//! whole proposed file is looked at.

mod containers_and_hosts;
mod flask_tutorial;
mod small_projects;
mod spring_with_kafka;

use std::path::Path;
use std::time::Duration;

use alertdrill_core::{Drill, ExpectedAlert, Fault, LoadedRule, infeasible};

use super::*;
use crate::ComposeModel;
use crate::discovery::{Wishes, discover, loaded_rules};

/// A project: its services as compose prints them but in YAML, with `ROOT` for its folder, and its
/// files.
struct Project {
    folder: tempfile::TempDir,
    services: String,
}

impl Project {
    fn new(services: &str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            services: services.to_owned(),
        }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn proposed(&self) -> (Vec<LoadedRule>, ProposedPlan, String) {
        let root = self.root().display().to_string();
        let yaml = format!("name: shop\nservices:\n{}", self.services).replace("ROOT", &root);
        let model: ComposeModel = serde_yaml_ng::from_str(&yaml).unwrap();
        let wishes = Wishes::default();
        let discovered = discover(&model, &wishes).unwrap();
        let rules = loaded_rules(&discovered).unwrap();
        let plan = propose(&model, &discovered, &rules);
        let heading = FileHeading {
            folder: self.root(),
            compose: &[],
            profiles: &[],
            wishes: &wishes,
        };
        let text = proposed_file(&heading, &discovered, &rules, &plan);
        let again = proposed_file(
            &heading,
            &discovered,
            &rules,
            &propose(&model, &discovered, &rules),
        );
        assert_eq!(text, again);
        let file = crate::parse_project_file(Path::new("alertdrill.yml"), &text);
        if let Err(error) = file.and_then(|file| file.check(&model, &rules)) {
            panic!("{}\n{text}", error.explained());
        }
        (rules, plan, text)
    }

    /// The proposed file, which is YAML, and whose drills can pass by the rules.
    fn proposed_file(&self) -> String {
        let (rules, plan, text) = self.proposed();
        let read: serde_yaml_ng::Value = serde_yaml_ng::from_str(&text).unwrap();
        let names = read["drills"].as_sequence().unwrap().iter();
        let names: Vec<_> = names.map(|drill| drill["name"].as_str().unwrap()).collect();
        let planned: Vec<_> = plan
            .drills
            .iter()
            .map(|drill| drill.name.as_str())
            .collect();
        assert_eq!(names, planned);
        for drill in &plan.drills {
            let reasons = infeasible(&as_drill(drill), &rules, None);
            assert!(reasons.is_empty(), "{}: {reasons:?}", drill.name);
        }
        assert!(!text.contains(&self.root().display().to_string()), "{text}");
        text
    }

    /// The drills in short: `stop api: ApiDown, InstanceDown`, and what got none.
    fn in_short(&self) -> String {
        let (_, plan, _) = self.proposed();
        let drills = plan.drills.iter().map(|drill| {
            let alerts: Vec<_> = drill
                .fires
                .iter()
                .map(|fires| fires.alert.as_str())
                .collect();
            let mark = if drill.is_certain { "" } else { "? " };
            format!(
                "{mark}{} {}: {}",
                drill.verb.key(),
                drill.service,
                alerts.join(", ")
            )
        });
        let without = plan.undrilled.iter();
        let without =
            without.map(|undrilled| format!("- {}: {}", undrilled.rule, undrilled.reason));
        drills.chain(without).collect::<Vec<_>>().join("\n")
    }
}

/// The drill as the core has it.
fn as_drill(proposed: &ProposedDrill) -> Drill {
    let mut drill = Drill::new(&proposed.name, Fault::stop(&proposed.service));
    for fires in &proposed.fires {
        let severity = fires.severity.clone().unwrap_or_default();
        let mut alert = ExpectedAlert::new(&fires.alert, severity, fires.within)
            .onset(Duration::ZERO, fires.onset.unwrap_or_default());
        alert.labels = fires.labels.clone();
        alert.promises.ended_within = fires.ended_within;
        drill = drill.expect_alert(alert);
    }
    drill
}
