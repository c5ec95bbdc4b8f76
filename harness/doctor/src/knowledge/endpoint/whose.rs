//! Whose names an endpoint may have: an exporter's, its own program's, or nobody knows.

use super::{Endpoint, OF_LIBRARIES};
use crate::knowledge::identity::{HAND_ON, Reach, TOLD_OF_MORE};

impl Endpoint {
    /// Whether it is a well-known exporter, and no program of the project.
    pub(in crate::knowledge) fn is_an_exporter(&self) -> bool {
        let is_open = self.identity.reach == Reach::Anything;
        self.identity.program.is_none() && !self.identity.exporters.is_empty() && !is_open
    }

    /// Whether it is a program that is read whole and has other names that begin so, or is named so.
    pub(in crate::knowledge) fn owns(&self, first: &str) -> bool {
        let Some(program) = &self.identity.program else {
            return false;
        };
        let is_read = matches!(self.identity.reach, Reach::Listed | Reach::LikelyListed);
        let mut own = program.scan.families.iter();
        let has_alike = own.any(|family| family.name.split('_').next() == Some(first));
        is_read && !OF_LIBRARIES.contains(&first) && (has_alike || self.sounds_like(first))
    }

    /// Whether it is nothing but exporters that files or queries of their machines tell of more.
    pub(in crate::knowledge) fn is_told_of_more(&self) -> bool {
        let exporters = &self.identity.exporters;
        let is_one = |name: &str| TOLD_OF_MORE.contains(&name);
        !exporters.is_empty() && exporters.iter().all(|it| is_one(&it.name))
    }

    /// Whether nothing tells what it is, and no word of its names says that it hands on what others
    /// give it or has such names.
    pub(in crate::knowledge) fn is_a_stranger_to(&self, first: &str) -> bool {
        let is_unknown = self.identity.exporters.is_empty() && self.identity.program.is_none();
        let is_other = !self.sounds_like(first) && !HAND_ON.iter().any(|it| self.sounds_like(it));
        is_unknown && is_other && !self.address.is_empty()
    }

    pub(super) fn sounds_like(&self, word: &str) -> bool {
        let folder = self
            .identity
            .program
            .as_ref()
            .map(|it| it.folder.display().to_string());
        let names = format!(
            "{} {} {}",
            self.job,
            self.address,
            folder.unwrap_or_default()
        );
        names
            .to_ascii_lowercase()
            .contains(&word.to_ascii_lowercase())
    }
}
