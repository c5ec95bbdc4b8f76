//! Proposals for whole projects, as they are common: their files are written into a folder, and the
//! whole proposed file is looked at.

mod containers_and_hosts;
mod flask_tutorial;
mod small_projects;
mod spring_with_kafka;

use std::path::Path;

use alertdrill_core::{LoadedRule, infeasible};

use super::*;
use crate::discovery::{Wishes, discover, loaded_rules};
use crate::{ComposeModel, parse_project_file};

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

    fn model(&self) -> ComposeModel {
        let root = self.root().display().to_string();
        let yaml = format!("name: shop\nservices:\n{}", self.services).replace("ROOT", &root);
        serde_yaml_ng::from_str(&yaml).unwrap()
    }

    fn proposed(&self) -> (Vec<LoadedRule>, ProposedPlan, String) {
        let model = self.model();
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

    /// The proposed file, which the reader of such files takes, with drills that can pass by the
    /// rules. It takes the waivers too that are proposed as comments.
    fn proposed_file(&self) -> String {
        let (rules, plan, text) = self.proposed();
        let with_waivers = text
            .replace("\n# waivers:\n", "\nwaivers:\n")
            .replace("\n#   - {rule", "\n  - {rule");
        let mut read = parse_project_file(Path::new("alertdrill.yml"), &with_waivers).unwrap();
        read.complete(&self.model(), &rules).unwrap();
        let names = read.plan.drills.iter().map(|drill| drill.name.as_str());
        let planned = plan.drills.iter().map(|drill| drill.name.as_str());
        assert!(names.eq(planned), "{text}");
        assert_eq!(read.plan.waivers.len(), plan.undrilled.len());
        for drill in &read.plan.drills {
            let reasons = infeasible(drill, &rules, None);
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
