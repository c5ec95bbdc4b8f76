//! The lines of the rules that a pull request changes: only their mutants are of interest.

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::{Error, Mutant, Result, RulesFile};
use unidiff::{Hunk, PatchSet};

/// The lines of files of rules that a unified diff adds or changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangedLines {
    /// Of each rule: what rules are judged by has changed.
    All,
    /// These: the file's path, as the recording knows it, and the number of the line.
    Some(BTreeSet<(String, usize)>),
}

impl ChangedLines {
    /// Those that the diff in `text`, which was read from `whence`, changes in `files`. A change of
    /// the recording in the folder `recording` concerns every line.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if it is no unified diff, or does not fit the files.
    pub(crate) fn of(
        text: &str,
        whence: &Path,
        files: &[RulesFile],
        recording: &Path,
    ) -> Result<Self> {
        let bad = |reason: String| Error::BadDescription {
            what: format!("the diff {}", whence.display()),
            reason,
        };
        let mut patches = PatchSet::new();
        patches
            .parse(text)
            .map_err(|error| bad(error.to_string()))?;
        if patches.is_empty() && !text.trim().is_empty() {
            return Err(bad("it is no unified diff".to_owned()));
        }
        let mut lines = BTreeSet::new();
        for patch in patches.files() {
            let changed = Path::new(patch.target_file.trim_start_matches("b/"));
            if changed.starts_with(recording) {
                return Ok(Self::All);
            }
            let named =
                |file: &&RulesFile| Path::new(&file.path).file_name() == changed.file_name();
            let Some(file) = files.iter().find(named) else {
                continue;
            };
            let content: Vec<_> = file.text.lines().collect();
            for line in patch.hunks().iter().flat_map(Hunk::lines) {
                let Some(number) = line.target_line_no else {
                    continue;
                };
                if content.get(number - 1) != Some(&line.value.as_str()) {
                    return Err(bad(format!(
                        "it does not fit {}: line {number} of the file is not what the diff says",
                        changed.display()
                    )));
                }
                if line.is_added() {
                    lines.insert((file.path.clone(), number));
                }
            }
        }
        Ok(Self::Some(lines))
    }

    /// Whether the mutant's mistake is on one of them.
    pub(crate) fn touch(&self, mutant: &Mutant) -> bool {
        match self {
            Self::All => true,
            Self::Some(lines) => (mutant.start.line..=mutant.end.line)
                .any(|line| lines.contains(&(mutant.file.clone(), line))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n";

    fn changed(diff: &str) -> Result<ChangedLines> {
        let file = RulesFile {
            path: "/etc/prometheus/rules.yml".to_owned(),
            text: RULES.to_owned(),
        };
        let recording = Path::new("tests/recordings/k2");
        ChangedLines::of(diff, Path::new("pr.diff"), &[file], recording)
    }

    fn diff_of(file: &str, line: &str) -> String {
        format!(
            "--- a/{file}\n+++ b/{file}\n@@ -4,2 +4,2 @@\n   - alert: A\n-    expr: up < 1\n+{line}\n"
        )
    }

    #[test]
    fn lines_that_a_diff_adds_to_the_rules_are_changed_and_those_of_other_files_are_not() {
        let line = ("/etc/prometheus/rules.yml".to_owned(), 5);
        assert_eq!(
            changed(&diff_of("docker/rules.yml", "    expr: up == 0")).unwrap(),
            ChangedLines::Some([line].into())
        );
        let none = ChangedLines::Some(BTreeSet::new());
        assert_eq!(changed(&diff_of("docs/page.md", "x")).unwrap(), none);
        assert_eq!(changed("").unwrap(), none);
    }

    #[test]
    fn another_recording_concerns_every_rule() {
        let diff = diff_of("tests/recordings/k2/recording.json", "x");
        assert_eq!(changed(&diff).unwrap(), ChangedLines::All);
    }

    #[test]
    fn diff_that_does_not_fit_the_rules_or_is_none_is_refused() {
        let error = changed(&diff_of("docker/rules.yml", "    expr: up == 1")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to read the diff pr.diff: it does not fit docker/rules.yml: line 5 of the file \
             is not what the diff says"
        );
        assert!(
            changed("not a diff\n")
                .unwrap_err()
                .to_string()
                .contains("no unified diff")
        );
    }
}
