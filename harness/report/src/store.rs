//! The files of one run: what it was, and per drill the drill and what it saw.

use std::fs::File;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::model::report::{REPORT_SCHEMA_VERSION, Report};
use crate::model::trend::EarlierRun;
use alertdrill_core::{
    DrillRecord, EXPRESSIONS_SCHEMA_VERSION, Error, ExpressionHistory, ExpressionRecord,
    PanelRecord, RECORD_SCHEMA_VERSION, Result, RunInfo,
};

/// The folder of one run, below `target/drills`.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
}

impl RunFolder {
    /// Makes the folder of a new run below `target`. Processes of one nextest run share one.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn create(target: &Path) -> Result<Self> {
        let id = std::env::var("NEXTEST_RUN_ID").unwrap_or_else(|_| {
            format!(
                "{}-{}",
                Timestamp::now().strftime("%Y%m%dT%H%M%SZ"),
                std::process::id()
            )
        });
        let path = target.join("drills").join(id);
        let records = path.join("records");
        std::fs::create_dir_all(&records).map_err(Error::file("make the folder", &records))?;
        Ok(Self { path })
    }

    /// The folder of an earlier run.
    #[must_use]
    pub fn existing(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The run's name.
    #[must_use]
    pub fn id(&self) -> String {
        self.path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// Saves what a drill saw; to be called before it is judged.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_record(&self, record: &DrillRecord) -> Result<()> {
        write_json(
            &self
                .path
                .join("records")
                .join(format!("{}.json", record.drill.name)),
            record,
        )
    }

    /// The records of the run, by the drills' names.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if one cannot be read or is of another
    /// version.
    pub fn records(&self) -> Result<Vec<DrillRecord>> {
        let folder = self.path.join("records");
        let mut records = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(Error::file("read the folder", &folder))? {
            let path = entry
                .map_err(Error::file("read the folder", &folder))?
                .path();
            if path.extension().is_none_or(|extension| extension != "json") {
                // Another process writes it.
                continue;
            }
            let record: DrillRecord = read_json(&path)?;
            of_version(record.schema_version, RECORD_SCHEMA_VERSION, &path)?;
            records.push(record);
        }
        records.sort_by(|a, b| a.drill.name.cmp(&b.drill.name));
        Ok(records)
    }

    /// Saves what the expressions of a drill's alerts were.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_expressions(&self, drill: &str, expressions: Vec<ExpressionHistory>) -> Result<()> {
        let folder = self.path.join("expressions");
        std::fs::create_dir_all(&folder).map_err(Error::file("make the folder", &folder))?;
        let record = ExpressionRecord {
            schema_version: EXPRESSIONS_SCHEMA_VERSION,
            drill: drill.to_owned(),
            expressions,
        };
        write_json(&self.expressions_file(drill), &record)
    }

    /// What the expressions of a drill's alerts were; nothing if they were not recorded.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if they cannot be read or are of another
    /// version.
    pub fn expressions(&self, drill: &str) -> Result<Vec<ExpressionHistory>> {
        let path = self.expressions_file(drill);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let record: ExpressionRecord = read_json(&path)?;
        of_version(record.schema_version, EXPRESSIONS_SCHEMA_VERSION, &path)?;
        Ok(record.expressions)
    }

    fn expressions_file(&self, drill: &str) -> PathBuf {
        self.path.join("expressions").join(format!("{drill}.json"))
    }

    /// Saves what the dashboard showed.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_panels(&self, panels: &PanelRecord) -> Result<()> {
        write_json(&self.panels_file(), panels)
    }

    /// What the dashboard showed, if the stack has one.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn panels(&self) -> Result<Option<PanelRecord>> {
        let path = self.panels_file();
        path.exists().then(|| read_json(&path)).transpose()
    }

    fn panels_file(&self) -> PathBuf {
        self.path.join("panels.json")
    }

    /// Saves what the run was; of processes that share it, from the first one's start to the last
    /// one's end.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn save_run(&self, run: RunInfo) -> Result<()> {
        let path = self.path.join("run.json");
        let run = if path.exists() {
            self.run()?.together_with(run)
        } else {
            run
        };
        write_json(&path, &run)
    }

    /// Points `latest`, beside it, at this run: the last of which there is a report.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn become_latest(&self) -> Result<()> {
        let latest = self.path.with_file_name("latest");
        let staged = self
            .path
            .with_file_name(format!(".latest-{}", std::process::id()));
        std::os::unix::fs::symlink(self.id(), &staged).map_err(Error::file("link", &staged))?;
        std::fs::rename(&staged, &latest).map_err(Error::file("link", latest))
    }

    /// One writer of the run's own files at a time, of all processes that share it.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn lock(&self) -> Result<File> {
        let path = self.path.join(".lock");
        let file = File::create(&path).map_err(Error::file("open", &path))?;
        file.lock().map_err(Error::file("lock", &path))?;
        Ok(file)
    }

    /// Why a process of this run could not start the stack, if one could not.
    pub fn why_not_started(&self) -> Option<String> {
        std::fs::read_to_string(self.not_started()).ok()
    }

    /// Tells the other processes of this run why the stack cannot be started.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_why_not_started(&self, why: &str) -> Result<()> {
        let path = self.not_started();
        std::fs::write(&path, why).map_err(Error::file("write", path))
    }

    fn not_started(&self) -> PathBuf {
        self.path.join("not_started.txt")
    }

    /// Its report, if there is one.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn report(&self) -> Result<Option<Report>> {
        let path = self.path.join("report.json");
        path.exists().then(|| read_json(&path)).transpose()
    }

    /// Its report, if there is one of this version.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub(crate) fn report_of_this_version(&self) -> Result<Option<Report>> {
        #[derive(Deserialize)]
        struct Version {
            schema_version: u32,
        }
        let path = self.path.join("report.json");
        if !path.exists() || read_json::<Version>(&path)?.schema_version != REPORT_SCHEMA_VERSION {
            return Ok(None);
        }
        self.report()
    }

    /// Saves what the runs before this one took.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn save_history(&self, history: &[EarlierRun]) -> Result<()> {
        write_json(&self.history_file(), &history)
    }

    /// What the runs before this one took; nothing if that was not recorded.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn history(&self) -> Result<Vec<EarlierRun>> {
        let path = self.history_file();
        if path.exists() {
            read_json(&path)
        } else {
            Ok(Vec::new())
        }
    }

    fn history_file(&self) -> PathBuf {
        self.path.join("history.json")
    }

    /// What the run was.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::BadDescription`].
    pub fn run(&self) -> Result<RunInfo> {
        read_json(&self.path.join("run.json"))
    }
}

fn of_version(version: u32, read: u32, path: &Path) -> Result<()> {
    if version == read {
        return Ok(());
    }
    let reason = format!("it is of version {version}, this reads version {read}");
    Err(Error::BadDescription {
        what: path.display().to_string(),
        reason,
    })
}

/// Writes beside the target and renames, so that a reader never finds half a file.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let json = serde_json::to_vec_pretty(value).map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })?;
    let staged = path.with_extension(format!("{}.part", std::process::id()));
    std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
    std::fs::rename(&staged, path).map_err(Error::file("write", path))
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = std::fs::read(path).map_err(Error::file("read", path))?;
    serde_json::from_slice(&bytes).map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use alertdrill_core::UtcInstant;

    use super::*;

    #[test]
    fn run_that_has_no_report_yet_is_not_the_latest() {
        let target = tempfile::tempdir().unwrap();
        let [reported, _refused] = ["1", "2"].map(|id| {
            let path = target.path().join("drills").join(id);
            std::fs::create_dir_all(path.join("records")).unwrap();
            RunFolder::existing(path)
        });
        let at = UtcInstant::from_epoch_s(1_763_876_500.0).unwrap();
        let run = RunInfo {
            id: reported.id(),
            started_at: at,
            finished_at: at,
            stack_ready_s: 0.0,
            rules_file: "alert_rules.yml".into(),
            rules_sha256: String::new(),
            waivers: Vec::new(),
        };
        let latest = target.path().join("drills/latest");
        reported.save_run(run).unwrap();
        assert!(!latest.exists());
        Report::of(&reported).unwrap().save(&reported).unwrap();
        reported.become_latest().unwrap();
        assert_eq!(latest.read_link().unwrap(), Path::new("1"));
    }

    fn run_folder() -> (tempfile::TempDir, RunFolder) {
        let target = tempfile::tempdir().unwrap();
        let folder = RunFolder::existing(target.path());
        (target, folder)
    }

    #[test]
    fn run_of_a_time_when_no_expressions_were_recorded_has_none() {
        let (_target, folder) = run_folder();
        assert_eq!(folder.expressions("x").unwrap(), []);
        folder.save_expressions("x", Vec::new()).unwrap();
        assert_eq!(folder.expressions("x").unwrap(), []);
    }

    #[test]
    fn expressions_of_another_version_are_refused() {
        let (_target, folder) = run_folder();
        folder.save_expressions("x", Vec::new()).unwrap();
        let path = folder.path().join("expressions/x.json");
        let newer = std::fs::read_to_string(&path)
            .unwrap()
            .replace("\"schema_version\": 1", "\"schema_version\": 2");
        std::fs::write(&path, newer).unwrap();
        assert!(
            folder
                .expressions("x")
                .unwrap_err()
                .to_string()
                .contains("it is of version 2, this reads version 1")
        );
    }
}
