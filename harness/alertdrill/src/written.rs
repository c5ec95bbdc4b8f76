//! The project's settings, rules and routes as its files say them, without a stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use alertdrill_core::plan::Plan;
use alertdrill_core::{
    Error, LoadedRule, Result, Routes, Settings, TextFile, rewritten_labels_of, routes_of,
    rules_of, with_watchdogs,
};
use alertdrill_target::compose::{
    DrilledFile, DrilledFiles, ProjectPath, find_project, foreign_project, runbooks,
};
use serde::Deserialize;

use crate::async_runtime::runtime;

/// A project's configuration, as its files say it.
#[derive(Clone, Debug)]
pub struct Written {
    /// The project's folder.
    pub root: PathBuf,
    /// Its settings.
    pub settings: Settings,
    /// Its drills, if they stand in its `alertdrill.yml`.
    pub plan: Option<Plan>,
    /// The files that are drilled: the committed ones, or what variables name.
    pub drilled: DrilledFiles,
    /// Its alerting rules.
    pub rules: Vec<LoadedRule>,
    /// Alertmanager's routes; `None` if there is no Alertmanager.
    pub routes: Option<Routes>,
}

/// What a compose file with the section `x-alertdrill` says, without compose.
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
    /// Reads the files of `project` ([`find_project`]).
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] or [`Error::BadAnswer`] of a file that is not
    /// understood.
    pub fn read(project: &Path) -> Result<Self> {
        let Described {
            root,
            settings,
            plan,
        } = Described::read(project)?;
        let drilled = DrilledFiles::of(&root, &settings)?;
        let prometheus = text_file(&drilled.prometheus.path)?;
        let prometheus = match settings.evaluation_delays {
            Some(delays) => delays.in_place_of_those_in(&prometheus)?,
            None => prometheus,
        };
        let paths: Vec<_> = drilled.rules.iter().map(|file| file.path.clone()).collect();
        let rules = rules_of(&prometheus, &text_files(&paths)?)?;
        let rules = with_watchdogs(rules, &settings);
        let rewritten = rewritten_labels_of(&prometheus)?;
        let routes = match &drilled.routes {
            Some(file) => Some(routes_in(&file.path)?.after_rewriting(rewritten)),
            None => None,
        };
        Ok(Self {
            root,
            settings,
            plan,
            drilled,
            rules,
            routes,
        })
    }

    /// The rules file, relative to the project's folder if it is in there; of several, their
    /// folder.
    #[must_use]
    pub fn rules_shown(&self) -> PathBuf {
        shown_rules(&self.root, &self.drilled.rules)
    }
}

/// What describes a project: where it is, its settings, and its drills if they stand beside those.
#[derive(Clone, Debug)]
pub struct Described {
    /// The project's folder.
    pub root: PathBuf,
    /// Its settings.
    pub settings: Settings,
    /// Its drills, if they stand in its `alertdrill.yml`.
    pub plan: Option<Plan>,
}

impl Described {
    /// Reads what describes `project` ([`find_project`]).
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] of a file that is not understood.
    pub fn read(project: &Path) -> Result<Self> {
        match find_project(project)? {
            found @ ProjectPath::Compose(_) => {
                let root = found.root();
                let (ProjectPath::Compose(file) | ProjectPath::ProjectFile(file)) = found;
                Ok(Self {
                    settings: settings_in(&file)?,
                    root,
                    plan: None,
                })
            }
            ProjectPath::ProjectFile(file) => {
                let foreign = runtime()?.block_on(foreign_project(&file))?;
                Ok(Self {
                    root: foreign.root,
                    settings: foreign.settings,
                    plan: Some(foreign.plan),
                })
            }
        }
    }
}

/// The rules file among `files`, relative to the folder `root` if it is in there; of several, the
/// candidate, else the folder that holds them all.
pub(crate) fn shown_rules(root: &Path, files: &[DrilledFile]) -> PathBuf {
    let shown = |file: &DrilledFile| -> PathBuf {
        file.path
            .strip_prefix(root)
            .unwrap_or(&file.path)
            .to_owned()
    };
    if let Some(candidate) = files.iter().find(|file| file.is_candidate()) {
        return shown(candidate);
    }
    let mut paths = files.iter().map(shown);
    let Some(first) = paths.next() else {
        return PathBuf::new();
    };
    paths.fold(first, |common, path| {
        let both = common.iter().zip(path.iter());
        both.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    })
}

/// The rules files, each under the name by which the server has loaded it.
pub(crate) fn rules_as_loaded(files: &[DrilledFile]) -> Result<Vec<TextFile>> {
    let read = files.iter().map(|file| {
        let text = text_of(&file.path)?;
        Ok(TextFile::new(&file.committed, text))
    });
    read.collect()
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

fn routes_in(path: &Path) -> Result<Routes> {
    routes_of(&text_of(path)?).map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })
}

pub(crate) fn text_of(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(Error::file("read", path))
}

pub(crate) fn text_file(path: &Path) -> Result<TextFile> {
    Ok(TextFile::new(path, text_of(path)?))
}

pub(crate) fn text_files(paths: &[PathBuf]) -> Result<Vec<TextFile>> {
    paths.iter().map(|path| text_file(path)).collect()
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
