//! The project's settings, rules and routes as its files say them, without a stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alertdrill_core::{
    Error, LoadedRule, Result, Routes, Settings, rewritten_labels_of, routes_of, rules_of,
    with_watchdogs,
};
use alertdrill_target::compose::{DrilledFiles, find_compose_file, runbooks};
use serde::Deserialize;

/// A project's configuration, as its files say it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The folder of its compose file.
    pub root: PathBuf,
    /// The section `x-alertdrill` of the compose file.
    pub settings: Settings,
    /// The rules file: the committed one, or what `ALERT_RULES` names.
    pub rules_file: PathBuf,
    /// Its alerting rules.
    pub rules: Vec<LoadedRule>,
    /// Alertmanager's routes.
    pub routes: Routes,
}

#[derive(Deserialize)]
struct ComposeFile {
    // An enum's variant is a map's key here, as in what compose prints, and not a YAML tag.
    #[serde(
        rename = "x-alertdrill",
        with = "serde_yaml_ng::with::singleton_map_recursive"
    )]
    settings: Settings,
    #[serde(default)]
    services: BTreeMap<String, serde_yaml_ng::Value>,
}

impl Written {
    /// Reads the files of `project`, which is a compose file or the folder that holds it.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] or [`Error::BadAnswer`] of a file that is not
    /// understood.
    pub fn read(project: &Path) -> Result<Self> {
        let compose = find_compose_file(project)?;
        let root = compose.parent().map(Path::to_owned).unwrap_or_default();
        let settings = settings_in(&compose)?;
        let DrilledFiles {
            prometheus,
            rules: rules_file,
            routes: alertmanager,
        } = DrilledFiles::of(&root, &settings);
        let (prometheus_text, rules_text) = (text_of(&prometheus)?, text_of(&rules_file)?);
        let rules = rules_of((&prometheus, &prometheus_text), (&rules_file, &rules_text))?;
        let rules = with_watchdogs(rules, &settings);
        let rewritten = rewritten_labels_of((&prometheus, &prometheus_text))?;
        let routes = routes_of(&text_of(&alertmanager)?)?.after_rewriting(rewritten);
        Ok(Self {
            root,
            settings,
            rules_file,
            rules,
            routes,
        })
    }

    /// The folder of the project, and the section `x-alertdrill` of its compose file.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] of a file that is not understood.
    pub fn settings(project: &Path) -> Result<(PathBuf, Settings)> {
        let compose = find_compose_file(project)?;
        let root = compose.parent().map(Path::to_owned).unwrap_or_default();
        Ok((root, settings_in(&compose)?))
    }

    /// The rules file, relative to the project's folder if it is in there.
    #[must_use]
    pub fn rules_file_shown(&self) -> &Path {
        self.rules_file
            .strip_prefix(&self.root)
            .unwrap_or(&self.rules_file)
    }
}

fn settings_in(compose: &Path) -> Result<Settings> {
    let text = text_of(compose)?;
    let read = serde_yaml_ng::from_str(&text).map_err(|error| Error::BadDescription {
        what: compose.display().to_string(),
        reason: error.to_string(),
    });
    let ComposeFile { settings, services } = read?;
    let root = compose.parent().unwrap_or(Path::new("."));
    Ok(Settings {
        services: services.into_keys().collect(),
        runbooks: runbooks(root, &settings)?,
        ..settings
    })
}

pub(crate) fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::file("read", path))
}

#[cfg(test)]
mod tests {
    use alertdrill_core::settings::DrillSource;

    use super::*;

    #[test]
    fn settings_name_the_source_of_drills_by_a_key_and_not_by_a_yaml_tag() {
        let folder = tempfile::tempdir().unwrap();
        let compose = folder.path().join("compose.yml");
        let mut settings = serde_json::to_value(Settings::example()).unwrap();
        settings["drills"] = serde_json::json!({"cargo_test": "alerts"});
        let file = serde_json::json!({"services": {"api": {}}, "x-alertdrill": settings});
        std::fs::write(&compose, file.to_string()).unwrap();
        let settings = settings_in(&compose).unwrap();
        let source = settings.drills;
        let Some(DrillSource::CargoTest(suite)) = source else {
            panic!("{source:?}");
        };
        assert_eq!(suite, "alerts");
        assert!(settings.services.contains("api"));
    }
}
