use alertdrill_core::Result;
use alertdrill_project::Copy;
use std::path::{Path, PathBuf};
pub(super) fn bring_up_to_date(_copies: &[Copy]) -> Result<()> {
    Ok(())
}
pub(super) fn place_of(copies: &[Copy], committed: &Path) -> Option<PathBuf> {
    copies
        .iter()
        .find_map(|copy| Some(copy.to.join(committed.strip_prefix(&copy.from).ok()?)))
}
