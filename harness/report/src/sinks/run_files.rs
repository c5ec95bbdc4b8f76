//! The files of a report, beside the records that it is made from.

use super::html::{Evidence, html_page};
use super::junit::junit_xml;
use crate::model::{Receivers, Report, Rest, Unfinished};
use crate::store::RunFolder;
use alertdrill_core::{Error, Result};

/// Writes `report` as `report.json`, `junit.xml` and `index.html` into the run's folder.
///
/// # Errors
/// [`Error::File`], or [`Error::BadDescription`] if a file of the run cannot be read.
pub fn save_report(report: &Report, folder: &RunFolder) -> Result<()> {
    folder.save(Report::FILE, report)?;
    write(folder, "junit.xml", junit_xml(report))?;
    save_page(report, None, folder)
}

/// Writes what is known of a run that has not ended as `index.html` into its folder. Files that
/// programs read are written at its end.
///
/// # Errors
/// As [`save_report`].
pub fn save_so_far(unfinished: &Unfinished, folder: &RunFolder) -> Result<()> {
    save_page(&unfinished.report, Some(unfinished.rest.clone()), folder)
}

fn save_page(report: &Report, rest: Option<Rest>, folder: &RunFolder) -> Result<()> {
    let records = folder.records()?;
    let names = report.drills.iter().map(|drill| &drill.name);
    let evidence = Evidence {
        panels: folder.panels()?,
        expressions: names
            .map(|name| Ok((name.clone(), folder.expressions(name)?)))
            .collect::<Result<_>>()?,
        receivers: Receivers::of(&records),
        rest,
    };
    let html = html_page(&report.with_what_was_due(&records), &evidence);
    write(folder, "index.html", html)
}

fn write<E: ToString>(
    folder: &RunFolder,
    name: &str,
    text: std::result::Result<String, E>,
) -> Result<()> {
    let path = folder.path().join(name);
    let text = text.map_err(|error| Error::BadDescription {
        what: path.display().to_string(),
        reason: error.to_string(),
    })?;
    std::fs::write(&path, text).map_err(Error::file("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_report;

    #[test]
    fn run_that_has_no_report_yet_is_not_the_latest() {
        let target = tempfile::tempdir().unwrap();
        let [reported, _refused] = ["1", "2"].map(|id| {
            let path = target.path().join("drills").join(id);
            std::fs::create_dir_all(path.join("records")).unwrap();
            RunFolder::existing(path)
        });
        let latest = target.path().join("drills/latest");
        reported.save_run(example_report("okx").run.info).unwrap();
        assert!(!latest.exists());
        save_report(&Report::of(&reported).unwrap(), &reported).unwrap();
        reported.become_latest().unwrap();
        let linked = latest.read_link().unwrap();
        assert_eq!(linked.to_str(), Some("1"));
    }

    #[test]
    fn saved_report_is_read_back_unless_a_newer_alertdrill_wrote_it() {
        let target = tempfile::tempdir().unwrap();
        std::fs::create_dir(target.path().join("records")).unwrap();
        let folder = RunFolder::existing(target.path());
        assert_eq!(Report::saved_in(&folder).unwrap(), None);
        let mut report = example_report("okx");
        save_report(&report, &folder).unwrap();
        assert_eq!(Report::saved_in(&folder).unwrap(), Some(report.clone()));
        report.schema_version = 2;
        save_report(&report, &folder).unwrap();
        let error = Report::saved_in(&folder).unwrap_err().to_string();
        let words = "it is of version 2, and this alertdrill reads versions up to 1";
        assert!(error.contains(words), "{error}");
    }
}
