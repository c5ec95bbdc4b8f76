//! The configuration files that are drilled: the committed ones, or candidates in their place.

use std::path::{Path, PathBuf};

use alertdrill_core::{Error, Result, Settings};

/// The variable that names another rules file than the committed one.
const ALERT_RULES: &str = "ALERT_RULES";
/// The variable that names another configuration of Alertmanager than the committed one.
const ALERT_ROUTES: &str = "ALERT_ROUTES";
/// The variable that names another configuration of Prometheus than the committed one.
const PROMETHEUS_CONFIG: &str = "PROMETHEUS_CONFIG";

/// A configuration file that is drilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrilledFile {
    /// The project's own file.
    pub committed: PathBuf,
    /// The file whose content is drilled: the project's own, or a candidate.
    pub path: PathBuf,
    /// The variable that names a candidate.
    variable: &'static str,
}

impl DrilledFile {
    /// Whether another file takes the place of the project's own.
    #[must_use]
    pub fn is_candidate(&self) -> bool {
        self.path != self.committed
    }

    /// That this project loads no candidate.
    pub(super) fn not_staged(&self, setting: &str) -> Error {
        Error::BadDescription {
            what: format!("the variable {}", self.variable),
            reason: format!(
                "the project mounts its own file as it is; its setting `{setting}.staged_by` \
                 would let another file take its place"
            ),
        }
    }
}

/// The configuration files that are drilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrilledFiles {
    /// Prometheus's configuration: what `PROMETHEUS_CONFIG` names, else the committed one.
    pub prometheus: DrilledFile,
    /// The rules: what `ALERT_RULES` names in the place of one of them, else the committed ones.
    pub rules: Vec<DrilledFile>,
    /// Alertmanager's configuration: what `ALERT_ROUTES` names, else the committed one; `None` if
    /// there is no Alertmanager.
    pub routes: Option<DrilledFile>,
}

impl DrilledFiles {
    /// Those of the project in `root`. A relative name is one below `root`.
    ///
    /// # Errors
    /// [`Error::BadDescription`] of a candidate that has no place.
    pub fn of(root: &Path, settings: &Settings) -> Result<Self> {
        Self::named_by(root, settings, |variable| {
            std::env::var_os(variable).map(PathBuf::from)
        })
    }

    fn named_by(
        root: &Path,
        settings: &Settings,
        named: impl Fn(&str) -> Option<PathBuf>,
    ) -> Result<Self> {
        let named = |variable| named(variable).map(|path| root.join(path));
        let or_named = |committed: &PathBuf, variable| {
            let committed = root.join(committed);
            DrilledFile {
                path: named(variable).unwrap_or_else(|| committed.clone()),
                committed,
                variable,
            }
        };
        let routes = settings.alertmanager_files.as_ref();
        Ok(Self {
            prometheus: or_named(&settings.prometheus_files.configuration, PROMETHEUS_CONFIG),
            rules: rules(root, &settings.prometheus_files.rules, named(ALERT_RULES))?,
            routes: routes.map(|files| or_named(&files.configuration, ALERT_ROUTES)),
        })
    }

    /// Each file.
    pub(super) fn all(&self) -> impl Iterator<Item = &DrilledFile> {
        let first = [&self.prometheus].into_iter();
        first.chain(&self.rules).chain(&self.routes)
    }
}

/// The committed rules files, with the candidate in the place of the only one, or of that of its
/// name.
fn rules(
    root: &Path,
    committed: &[PathBuf],
    candidate: Option<PathBuf>,
) -> Result<Vec<DrilledFile>> {
    let of = |committed: &PathBuf| DrilledFile {
        committed: root.join(committed),
        path: root.join(committed),
        variable: ALERT_RULES,
    };
    let mut files: Vec<_> = committed.iter().map(of).collect();
    let Some(candidate) = candidate else {
        return Ok(files);
    };
    let is_only = files.len() == 1;
    let name = candidate.file_name();
    let mut places = files.iter_mut();
    let place = places.find(|file| is_only || file.committed.file_name() == name);
    let Some(place) = place else {
        let names: Vec<_> = committed
            .iter()
            .map(|it| it.display().to_string())
            .collect();
        return Err(Error::BadDescription {
            what: format!("the variable {ALERT_RULES}"),
            reason: format!(
                "{} takes the place of the rules file of its name, and the project has {}; \
                 rename it",
                candidate.display(),
                names.join(", ")
            ),
        });
    };
    place.path = candidate;
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drilled(settings: &Settings, variable: &str, file: &str) -> Result<DrilledFiles> {
        let named = |name: &str| (name == variable).then(|| PathBuf::from(file));
        DrilledFiles::named_by(Path::new("/project"), settings, named)
    }

    #[test]
    fn candidate_takes_the_place_of_the_committed_file_of_its_variable_and_of_no_other() {
        let settings = Settings::example();
        let committed = drilled(&settings, "", "").unwrap();
        assert!(!committed.all().any(DrilledFile::is_candidate));
        for variable in [PROMETHEUS_CONFIG, ALERT_RULES, ALERT_ROUTES] {
            let files = drilled(&settings, variable, "new.yml").unwrap();
            let mut candidates = files.all().filter(|file| file.is_candidate());
            let candidate = candidates.next().unwrap();
            assert_eq!(candidate.path, Path::new("/project/new.yml"));
            assert!(candidates.next().is_none());
            let refused = candidate.not_staged("x").to_string();
            assert!(refused.contains(variable), "{refused}");
        }
    }

    #[test]
    fn of_several_rules_files_a_candidate_takes_the_place_of_that_of_its_name() {
        let mut settings = Settings::example();
        settings.prometheus_files.rules = ["r/a.yml", "r/b.yml"].map(PathBuf::from).into();
        let files = drilled(&settings, ALERT_RULES, "/new/b.yml").unwrap();
        let paths = files
            .rules
            .iter()
            .map(|file| file.path.display().to_string());
        assert_eq!(
            paths.collect::<Vec<_>>(),
            ["/project/r/a.yml", "/new/b.yml"]
        );
        let refused = drilled(&settings, ALERT_RULES, "/new/c.yml").unwrap_err();
        let refused = refused.to_string();
        assert!(
            refused.contains("the project has r/a.yml, r/b.yml"),
            "{refused}"
        );
    }
}
