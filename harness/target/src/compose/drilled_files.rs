//! The configuration files that are drilled: the committed ones, or candidates in their place.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};

/// The variable that names another rules file than the committed one.
pub(super) const ALERT_RULES: &str = "ALERT_RULES";
/// The variable that names another configuration of Alertmanager than the committed one.
pub(super) const ALERT_ROUTES: &str = "ALERT_ROUTES";
/// The variable that names another configuration of Prometheus than the committed one.
pub(super) const PROMETHEUS_CONFIG: &str = "PROMETHEUS_CONFIG";

/// The configuration files that are drilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrilledFiles {
    /// Prometheus's configuration: what `PROMETHEUS_CONFIG` names, else the committed one.
    pub prometheus: PathBuf,
    /// The rules: what `ALERT_RULES` names, else the committed ones.
    pub rules: PathBuf,
    /// Alertmanager's configuration: what `ALERT_ROUTES` names, else the committed one.
    pub routes: PathBuf,
}

impl DrilledFiles {
    /// Those of the project in `root`. A relative name is one below `root`.
    #[must_use]
    pub fn of(root: &Path, settings: &Settings) -> Self {
        Self::named_by(root, settings, |variable| {
            std::env::var_os(variable).map(PathBuf::from)
        })
    }

    fn named_by(root: &Path, settings: &Settings, named: impl Fn(&str) -> Option<PathBuf>) -> Self {
        let committed = Self::committed(root, settings);
        let or_named = |committed, variable| named(variable).map_or(committed, |it| root.join(it));
        Self {
            prometheus: or_named(committed.prometheus, PROMETHEUS_CONFIG),
            rules: or_named(committed.rules, ALERT_RULES),
            routes: or_named(committed.routes, ALERT_ROUTES),
        }
    }

    /// The committed ones of the project in `root`.
    pub(super) fn committed(root: &Path, settings: &Settings) -> Self {
        Self {
            prometheus: root.join(&settings.prometheus_files.configuration),
            rules: root.join(&settings.prometheus_files.rules),
            routes: root.join(&settings.alertmanager_files.configuration),
        }
    }

    /// Each file.
    pub(super) fn all(&self) -> [&PathBuf; 3] {
        [&self.prometheus, &self.rules, &self.routes]
    }

    /// That the project loads candidates, if these files are some.
    ///
    /// # Errors
    /// [`Error::BadDescription`] that names the variable and the setting.
    pub(super) fn require_staging(&self, committed: &Self, settings: &Settings) -> Result<()> {
        let (prometheus, alertmanager) = (&settings.prometheus_files, &settings.alertmanager_files);
        let staged = [
            &prometheus.staged_by,
            &prometheus.staged_by,
            &alertmanager.staged_by,
        ];
        let settings = ["prometheus_files", "prometheus_files", "alertmanager_files"];
        let variables = [PROMETHEUS_CONFIG, ALERT_RULES, ALERT_ROUTES];
        let pairs = self.all().into_iter().zip(committed.all());
        let each = pairs.zip(staged).zip(settings.into_iter().zip(variables));
        for (((file, committed), staged_by), (setting, variable)) in each {
            if file != committed && staged_by.is_none() {
                let reason = format!(
                    "the project mounts its own file as it is; its setting `{setting}.staged_by` \
                     would let another file take its place"
                );
                let what = format!("the variable {variable}");
                return Err(Error::BadDescription { what, reason });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidate_takes_the_place_of_the_committed_file_and_needs_a_project_that_stages_it() {
        let (root, settings) = (Path::new("/project"), Settings::example());
        let committed = DrilledFiles::named_by(root, &settings, |_| None);
        assert_eq!(committed, DrilledFiles::committed(root, &settings));
        for variable in [PROMETHEUS_CONFIG, ALERT_RULES, ALERT_ROUTES] {
            let only = |name: &str| (name == variable).then(|| PathBuf::from("new.yml"));
            let files = DrilledFiles::named_by(root, &settings, only);
            let new = Path::new("/project/new.yml");
            assert_eq!(files.all().iter().filter(|file| **file == new).count(), 1);
            let refused = files.require_staging(&committed, &settings).unwrap_err();
            assert!(refused.to_string().contains(variable), "{refused}");
            let mut staging = settings.clone();
            staging.prometheus_files.staged_by = Some("P".to_owned());
            staging.alertmanager_files.staged_by = Some("A".to_owned());
            files.require_staging(&committed, &staging).unwrap();
        }
    }
}
