//! Mutants that no drill kills, and why that is no harm.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Mutants that no drill kills, and why that is no harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaivedMutant {
    /// The name of a mutant; with a `*` at its end, each whose name begins so.
    pub mutant: String,
    /// Why nobody has to kill it.
    pub reason: String,
}

/// All waivers of a project.
#[derive(Clone, Debug, Default)]
pub struct WaivedMutants(Vec<WaivedMutant>);

impl WaivedMutants {
    /// Those in `text`, a YAML list.
    ///
    /// # Errors
    /// [`Error::BadDescription`] of `whence`, with the place.
    pub fn in_text(text: &str, whence: &str) -> Result<Self> {
        let bad = |reason: String| Error::BadDescription {
            what: whence.to_owned(),
            reason,
        };
        let waived: Option<Vec<WaivedMutant>> =
            serde_yaml_ng::from_str(text).map_err(|error| bad(error.to_string()))?;
        let waived = waived.unwrap_or_default();
        match waived.iter().find(|waived| waived.reason.trim().is_empty()) {
            Some(without) => Err(bad(format!(
                "the waiver of {} has no reason",
                without.mutant
            ))),
            None => Ok(Self(waived)),
        }
    }

    /// Why nobody has to kill the mutant named `id`.
    #[must_use]
    pub fn reason_for(&self, id: &str) -> Option<&str> {
        let mut meant = self.0.iter().filter(|waived| waived.is_about(id));
        meant.next().map(|waived| waived.reason.as_str())
    }

    /// The waivers that are about none of the mutants named `waived`.
    #[must_use]
    pub fn idle(&self, waived: &BTreeSet<&str>) -> Vec<String> {
        let is_idle = |waiver: &&WaivedMutant| !waived.iter().any(|id| waiver.is_about(id));
        let idle = self.0.iter().filter(is_idle);
        idle.map(|waiver| waiver.mutant.clone()).collect()
    }
}

impl WaivedMutant {
    fn is_about(&self, id: &str) -> bool {
        match self.mutant.strip_suffix('*') {
            Some(beginning) => id.starts_with(beginning),
            None => self.mutant == id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiver_is_about_its_mutant_or_about_all_whose_names_begin_so() {
        let text = "- {mutant: A/for/for/30s, reason: r1}\n- {mutant: A/annotations.*, reason: r2}";
        let waived = WaivedMutants::in_text(text, "w.yml").unwrap();
        assert_eq!(waived.reason_for("A/for/for/30s"), Some("r1"));
        assert_eq!(waived.reason_for("A/for/for/30s9"), None);
        assert_eq!(waived.reason_for("A/annotations.summary/x"), Some("r2"));
        assert_eq!(waived.idle(&["A/for/for/30s"].into()), ["A/annotations.*"]);
    }

    #[test]
    fn waiver_without_a_reason_is_refused_and_an_empty_file_has_none() {
        let error = WaivedMutants::in_text("- {mutant: A, reason: ' '}", "w.yml").unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to read w.yml: the waiver of A has no reason"
        );
        assert!(
            WaivedMutants::in_text("# none", "w.yml")
                .unwrap()
                .0
                .is_empty()
        );
    }
}
