//! The files of one run: a plain store that knows what a record is and nothing of what is made from
//! it.
//!
//! Every file says its version, and a version that this program does not read is refused before the
//! rest of the file is decoded. A file without a version is older than versions are: it is of
//! version 1.

mod exploration_folder;
mod recording_folder;
mod under_way;

use std::fs::File;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use alertdrill_core::{
    DrillRecord, EXPRESSIONS_SCHEMA_VERSION, Error, ExpressionHistory, ExpressionRecord,
    PANELS_SCHEMA_VERSION, PanelRecord, RECORD_SCHEMA_VERSION, RUN_SCHEMA_VERSION, Result, RunInfo,
    TERMS_SCHEMA_VERSION, TIMELINE_SCHEMA_VERSION, TermDecision,
};

pub use exploration_folder::ExplorationFolder;
pub use recording_folder::RecordingFolder;
pub use under_way::BegunRun;

const RUN: &str = "run.json";
const PANELS: &str = "panels.json";
const TERMS: &str = "terms.json";

/// What is saved of the rules' terms.
#[derive(Serialize, Deserialize)]
struct SavedTerms {
    terms: Vec<TermDecision>,
}

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
            let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
            format!("{now}-{}", std::process::id())
        });
        Self::new(target.join("drills").join(id))
    }

    /// Makes the folder of a replay below `target`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn of_a_replay(target: &Path) -> Result<Self> {
        let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
        let id = format!("{now}-{}", std::process::id());
        Self::new(target.join("replays").join(id))
    }

    fn new(path: PathBuf) -> Result<Self> {
        make_folder(&path.join("records"))?;
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
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Saves what a drill saw; to be called before it is judged.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_record(&self, record: &DrillRecord) -> Result<()> {
        let name = &record.drill.name;
        self.save(&format!("records/{name}.json"), record)?;
        self.forget_so_far(name)
    }

    /// The records of the run, by the drills' names.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if one cannot be read or is of another
    /// version.
    pub fn records(&self) -> Result<Vec<DrillRecord>> {
        records_in(&self.path.join("records"))
    }

    /// Saves the expressions of a drill's alerts.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_expressions(&self, drill: &str, expressions: Vec<ExpressionHistory>) -> Result<()> {
        make_folder(&self.path.join("expressions"))?;
        let record = ExpressionRecord {
            schema_version: EXPRESSIONS_SCHEMA_VERSION,
            drill: drill.to_owned(),
            expressions,
        };
        self.save(&expressions_file(drill), &record)
    }

    /// The expressions of a drill's alerts; empty if they were not recorded.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if they cannot be read or are of another
    /// version.
    pub fn expressions(&self, drill: &str) -> Result<Vec<ExpressionHistory>> {
        let versions = 1..=EXPRESSIONS_SCHEMA_VERSION;
        let record: Option<ExpressionRecord> = self.read(&expressions_file(drill), versions)?;
        Ok(record.map_or_else(Vec::new, |record| record.expressions))
    }

    /// Saves which terms of the rules decided in the run's drills.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_terms(&self, terms: Vec<TermDecision>) -> Result<()> {
        let saved = SavedTerms { terms };
        self.save(TERMS, &Versioned::new(TERMS_SCHEMA_VERSION, &saved))
    }

    /// Which terms of the rules decided in the run's drills; `None` if the whole suite did not run.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if it cannot be read or is of another version.
    pub fn terms(&self) -> Result<Option<Vec<TermDecision>>> {
        let saved: Option<SavedTerms> = self.read(TERMS, 1..=TERMS_SCHEMA_VERSION)?;
        Ok(saved.map(|saved| saved.terms))
    }

    /// Saves what the dashboard showed.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save_panels(&self, panels: &PanelRecord) -> Result<()> {
        self.save(PANELS, &Versioned::new(PANELS_SCHEMA_VERSION, panels))
    }

    /// What the dashboard showed, if the stack has one.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if it cannot be read or is of another version.
    pub fn panels(&self) -> Result<Option<PanelRecord>> {
        self.read(PANELS, 1..=PANELS_SCHEMA_VERSION)
    }

    /// Saves what the run was. Processes that share a run save it together: from the first one's
    /// start to the last one's end.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if what another process saved cannot be read.
    pub fn save_run(&self, run: RunInfo) -> Result<()> {
        let run = match self.saved_run()? {
            Some(earlier) => earlier.together_with(run),
            None => run,
        };
        self.save(RUN, &Versioned::new(RUN_SCHEMA_VERSION, &run))
    }

    /// What the run was.
    ///
    /// # Errors
    /// [`Error::File`] if that was not saved, or [`Error::BadDescription`] if it cannot be read or
    /// is of another version.
    pub fn run(&self) -> Result<RunInfo> {
        let missing = || Error::file("read", self.path.join(RUN))(ErrorKind::NotFound.into());
        self.saved_run()?.ok_or_else(missing)
    }

    /// Whether it was saved what the run was: one of its processes has ended.
    pub(crate) fn has_run(&self) -> bool {
        self.path.join(RUN).exists()
    }

    fn saved_run(&self) -> Result<Option<RunInfo>> {
        self.read(RUN, 1..=RUN_SCHEMA_VERSION)
    }

    /// Points the link `latest`, beside it, at this run, as the last one that has a report.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn become_latest(&self) -> Result<()> {
        let latest = self.path.with_file_name("latest");
        let staged = format!(".latest-{}", std::process::id());
        let staged = self.path.with_file_name(staged);
        std::os::unix::fs::symlink(self.id(), &staged).map_err(Error::file("link", &staged))?;
        std::fs::rename(&staged, &latest).map_err(Error::file("link", latest))
    }

    /// Waits until no other process of this run writes the run's own files, and keeps them from it
    /// until the lock is dropped.
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
    #[must_use]
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

    /// Saves `content` as the file `name`.
    ///
    /// # Errors
    /// [`Error::File`].
    pub(crate) fn save(&self, name: &str, content: &impl Serialize) -> Result<()> {
        let path = self.path.join(name);
        let json = serde_json::to_vec_pretty(content).map_err(unreadable(&path))?;
        // A reader never finds half a file.
        let staged = path.with_extension(format!("{}.part", std::process::id()));
        std::fs::write(&staged, json).map_err(Error::file("write", &staged))?;
        std::fs::rename(&staged, &path).map_err(Error::file("write", path))
    }

    /// The content of the file `name`; `None` if there is no such file.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if it cannot be read or is of none of these
    /// `versions`.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        name: &str,
        versions: RangeInclusive<u32>,
    ) -> Result<Option<T>> {
        read_json(&self.path.join(name), versions)
    }

    /// The version of the file `name`; `None` if there is no such file.
    ///
    /// # Errors
    /// [`Error::File`], or [`Error::BadDescription`] if it cannot be read.
    pub(crate) fn version_of(&self, name: &str) -> Result<Option<u32>> {
        let path = self.path.join(name);
        let bytes = bytes_of(&path)?;
        bytes.map(|bytes| version_in(&bytes, &path)).transpose()
    }
}

/// What is saved of a type that does not say its own version.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    content: &'a T,
}

impl<'a, T> Versioned<'a, T> {
    fn new(schema_version: u32, content: &'a T) -> Self {
        Self {
            schema_version,
            content,
        }
    }
}

fn expressions_file(drill: &str) -> String {
    format!("expressions/{drill}.json")
}

fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(Error::file("make the folder", path))
}

fn records_in(folder: &Path) -> Result<Vec<DrillRecord>> {
    let failed = || Error::file("read the folder", folder);
    let mut records = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        // Another process is still writing a file with another extension.
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            records.extend(record_in(&path)?);
        }
    }
    records.sort_by(|a, b| a.drill.name.cmp(&b.drill.name));
    Ok(records)
}

/// The record of a drill, and in it a timeline, which has a version of its own.
fn record_in(path: &Path) -> Result<Option<DrillRecord>> {
    let versions = RECORD_SCHEMA_VERSION..=RECORD_SCHEMA_VERSION;
    let record: Option<DrillRecord> = read_json(path, versions)?;
    if let Some(record) = &record {
        let versions = TIMELINE_SCHEMA_VERSION..=TIMELINE_SCHEMA_VERSION;
        check_version(record.timeline.schema_version, &versions, path)?;
    }
    Ok(record)
}

fn read_json<T: DeserializeOwned>(path: &Path, versions: RangeInclusive<u32>) -> Result<Option<T>> {
    let Some(bytes) = bytes_of(path)? else {
        return Ok(None);
    };
    check_version(version_in(&bytes, path)?, &versions, path)?;
    let content = serde_json::from_slice(&bytes).map_err(unreadable(path))?;
    Ok(Some(content))
}

fn bytes_of(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

fn version_in(json: &[u8], path: &Path) -> Result<u32> {
    #[derive(Deserialize)]
    struct SavedVersion {
        #[serde(default = "first_version")]
        schema_version: u32,
    }
    // A list has no place for a version: it is older than versions are.
    if json.trim_ascii_start().starts_with(b"[") {
        return Ok(first_version());
    }
    let saved: SavedVersion = serde_json::from_slice(json).map_err(unreadable(path))?;
    Ok(saved.schema_version)
}

const fn first_version() -> u32 {
    1
}

fn check_version(version: u32, read: &RangeInclusive<u32>, path: &Path) -> Result<()> {
    let (oldest, newest) = (read.start(), read.end());
    let reason = if version > *newest {
        format!(
            "it is of version {version}, and this alertdrill reads versions up to {newest}; \
             use an alertdrill at least as new as the one that wrote it"
        )
    } else if version < *oldest {
        format!(
            "it is of version {version}, and this alertdrill reads versions from {oldest} on; \
             use the alertdrill that wrote it, or run the drills again"
        )
    } else {
        return Ok(());
    };
    Err(Error::BadDescription {
        what: path.display().to_string(),
        reason,
    })
}

fn unreadable(path: &Path) -> impl FnOnce(serde_json::Error) -> Error {
    |error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::examples::{example_record, example_report};

    fn run_folder() -> (tempfile::TempDir, RunFolder) {
        let target = tempfile::tempdir().unwrap();
        let folder = RunFolder::existing(target.path());
        std::fs::create_dir(target.path().join("records")).unwrap();
        (target, folder)
    }

    fn edit(folder: &RunFolder, name: &str, edit: impl FnOnce(&mut Value)) {
        let path = folder.path().join(name);
        let mut json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        edit(&mut json);
        std::fs::write(&path, json.to_string()).unwrap();
    }

    fn kept_panels() -> PanelRecord {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/runs/one_alert_late");
        RunFolder::existing(kept).panels().unwrap().unwrap()
    }

    /// A folder with one file of each kind that the store reads.
    fn full_folder() -> (tempfile::TempDir, RunFolder) {
        let (target, folder) = run_folder();
        folder.save_run(example_report("okx").run.info).unwrap();
        folder.save_record(&example_record()).unwrap();
        folder.save_expressions("x", Vec::new()).unwrap();
        folder.save_panels(&kept_panels()).unwrap();
        folder.save_terms(Vec::new()).unwrap();
        (target, folder)
    }

    type ReadsFile = fn(&RunFolder) -> Result<()>;

    const FILES: [(&str, ReadsFile); 5] = [
        (RUN, |folder| folder.run().map(drop)),
        (PANELS, |folder| folder.panels().map(drop)),
        (TERMS, |folder| folder.terms().map(drop)),
        ("expressions/x.json", |folder| {
            folder.expressions("x").map(drop)
        }),
        ("records/feed_handler_stopped.json", |folder| {
            folder.records().map(drop)
        }),
    ];

    #[test]
    fn every_file_says_its_version_and_is_read_back() {
        let (_target, folder) = full_folder();
        for (name, reads) in FILES {
            edit(&folder, name, |json| {
                assert!(json["schema_version"].is_u64(), "{name}");
            });
            reads(&folder).unwrap();
        }
        assert_eq!(folder.run().unwrap(), example_report("okx").run.info);
        assert_eq!(folder.panels().unwrap().unwrap(), kept_panels());
    }

    #[test]
    fn newer_version_of_any_file_is_refused_with_what_to_do_before_the_rest_is_read() {
        for (name, reads) in FILES {
            let (_target, folder) = full_folder();
            edit(&folder, name, |json| {
                *json = serde_json::json!({"schema_version": 99, "form": "of another time"});
            });
            let error = reads(&folder).unwrap_err().to_string();
            let says = |words: &str| assert!(error.contains(words), "{name}: {error}");
            says("it is of version 99, and this alertdrill reads versions up to");
            says("use an alertdrill at least as new as the one that wrote it");
            says(name);
        }
    }

    #[test]
    fn run_and_panels_of_the_time_before_versions_are_read() {
        let (_target, folder) = full_folder();
        for name in [RUN, PANELS] {
            edit(&folder, name, |json| {
                json.as_object_mut()
                    .unwrap()
                    .remove("schema_version")
                    .unwrap();
            });
            assert_eq!(folder.version_of(name).unwrap(), Some(1));
        }
        assert_eq!(folder.run().unwrap(), example_report("okx").run.info);
        assert_eq!(folder.panels().unwrap().unwrap(), kept_panels());
    }

    #[test]
    fn record_of_the_version_before_is_refused_with_what_to_do() {
        let (_target, folder) = full_folder();
        let name = "records/feed_handler_stopped.json";
        edit(&folder, name, |json| json["schema_version"] = 1.into());
        let error = folder.records().unwrap_err().to_string();
        let words = "this alertdrill reads versions from 2 on; use the alertdrill that wrote it";
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn record_with_a_timeline_of_a_newer_version_is_refused() {
        let (_target, folder) = full_folder();
        let name = "records/feed_handler_stopped.json";
        edit(&folder, name, |json| {
            json["timeline"]["schema_version"] = 3.into();
        });
        let error = folder.records().unwrap_err().to_string();
        assert!(error.contains("it is of version 3"), "{error}");
    }

    #[test]
    fn run_of_a_time_when_no_expressions_were_recorded_has_none() {
        let (_target, folder) = run_folder();
        assert_eq!(folder.expressions("x").unwrap(), []);
        folder.save_expressions("x", Vec::new()).unwrap();
        assert_eq!(folder.expressions("x").unwrap(), []);
    }

    #[test]
    fn processes_of_one_run_save_it_together() {
        let (_target, folder) = run_folder();
        let mut run = example_report("okx").run.info;
        for arguments in ["first", "second"] {
            run.provenance.arguments = vec![vec![arguments.to_owned()]];
            folder.save_run(run.clone()).unwrap();
        }
        let saved = folder.run().unwrap();
        assert_eq!(saved.provenance.arguments, [["first"], ["second"]]);
        assert_eq!(saved.started_at, run.started_at);
    }

    #[test]
    fn run_that_was_not_saved_is_an_error_that_names_its_file() {
        let (_target, folder) = run_folder();
        let error = folder.run().unwrap_err().to_string();
        assert!(error.contains(RUN), "{error}");
    }
}
