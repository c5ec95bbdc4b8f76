//! A program in the place of a suite's, for tests.

use std::path::PathBuf;

use crate::child::Launch;

/// A suite whose runs end with given exit codes, one after the other.
pub(super) struct FakeSuite {
    folder: tempfile::TempDir,
}

impl FakeSuite {
    pub(super) fn ending_with(exit_codes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = exit_codes.iter().map(|code| format!("{code}\n"));
        std::fs::write(folder.path().join("codes"), lines.collect::<String>()).unwrap();
        Self { folder }
    }

    /// A run takes the next exit code, and leaves a line.
    pub(super) fn launch(&self) -> Launch {
        let script = "cd \"$0\"; echo >>runs; \
                      code=$(head -n 1 codes); sed -i 1d codes; exit \"$code\"";
        Launch::new("sh")
            .arguments(["-c", script])
            .arguments([self.folder.path()])
    }

    pub(super) fn runs(&self) -> usize {
        let runs: PathBuf = self.folder.path().join("runs");
        std::fs::read_to_string(runs).map_or(0, |runs| runs.lines().count())
    }
}
