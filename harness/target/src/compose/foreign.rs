use super::project::Project;
use alertdrill_core::{Error, Result, Settings, plan::Plan};
use std::path::{Path, PathBuf};
pub(super) async fn open(file: &Path, _programs: &Path) -> Result<Project> {
    Err(Error::BadDescription {
        what: file.display().to_string(),
        reason: "later".to_owned(),
    })
}
pub struct ForeignProject {
    pub root: PathBuf,
    pub settings: Settings,
    pub plan: Plan,
}
pub async fn foreign_project(file: &Path) -> Result<ForeignProject> {
    Err(Error::BadDescription {
        what: file.display().to_string(),
        reason: "later".to_owned(),
    })
}
