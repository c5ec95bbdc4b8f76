//! Opens pages in a real browser, which uses them as a person does.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "in a test, a panic is how it fails, and what was measured is shown"
)]

use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::tool;

/// One browser at a time, because it is measured how long the pages take.
static BROWSER: LazyLock<Mutex<()>> = LazyLock::new(|| {
    tool::build("report-check");
    Mutex::new(())
});

/// Opens `page`; gives whether the checks of these names (separated by spaces; all, if none is
/// named) found it in order, and what they printed. `REPORT_SCREENSHOTS=FOLDER` keeps pictures.
pub(crate) fn check(page: &Path, only: &str) -> (bool, String) {
    let page = page.canonicalize().unwrap();
    let (folder, name) = (page.parent().unwrap(), page.file_name().unwrap());
    let only = format!("ONLY={only}");
    let _turn = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
    let mounted = format!("{}:/report:ro", folder.display());
    let mut run = vec!["run", "--rm", "--network", "none", "--env", &only];
    run.extend(["--volume", &mounted]);
    let screenshots =
        std::env::var("REPORT_SCREENSHOTS").map(|folder| format!("{folder}:/screenshots"));
    run.extend(screenshots.iter().flat_map(|volume| ["--volume", volume]));
    let address = format!("file:///report/{}", name.display());
    run.extend(["alertdrill/report-check", &address]);
    run.extend(screenshots.iter().map(|_| "/screenshots"));
    let output = tool::docker(&run).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    println!("{said}");
    (output.status.success(), said)
}
