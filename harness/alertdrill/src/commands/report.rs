//! `alertdrill report`: a run's report, made again from what is saved of it; of a run that is going
//! on, what is known so far.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use alertdrill_core::{Error, Outcome, Result, judge};
use alertdrill_report::{
    Report, Rest, RunFolder, Unfinished, drill_line, end_table, failure_text, record_history,
    save_report, save_so_far, saved_history,
};
use jiff::Timestamp;

const PAGE: &str = "index.html";
/// What starts a browser has failed within this time, or it has not.
const OPENED_WITHIN: Duration = Duration::from_secs(2);

/// Makes the report of the run in `folder` again from what is saved of it, and opens its page in a
/// browser if that is asked for. Gives what a terminal shows of it at a run's end, and where it is.
///
/// # Errors
/// [`Error::File`] or [`Error::BadDescription`]. That there is no browser is none: it is told.
pub fn report(folder: &Path, open: bool) -> Result<Vec<String>> {
    let folder = RunFolder::existing(
        folder
            .canonicalize()
            .map_err(|error| no_run(folder, error))?,
    );
    let mut lines = match Unfinished::of(&folder, Timestamp::now().into())? {
        Some(unfinished) => so_far(&unfinished, &folder)?,
        None => at_its_end(&folder)?,
    };
    if open {
        lines.extend(open_page(&folder.path().join(PAGE)));
    }
    Ok(lines)
}

fn no_run(folder: &Path, error: std::io::Error) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return Error::file("open the run's folder", folder)(error);
    }
    Error::Refused {
        attempted: format!("show the run in {}", folder.display()),
        reason: "no run is there; `alertdrill run` makes one, and a run has a page from its first \
                 drill on"
            .to_owned(),
    }
}

fn at_its_end(folder: &RunFolder) -> Result<Vec<String>> {
    // The history that was saved with the run stays, for those runs may be gone, unless the user
    // says where others are.
    if saved_history(folder)?.is_empty() || std::env::var_os("DRILL_HISTORY").is_some() {
        record_history(folder)?;
    }
    let mut report = Report::of(folder)?;
    // What was measured while it ran is in no record.
    report.run.measured = Report::saved_in(folder)?.and_then(|before| before.run.measured);
    save_report(&report, folder)?;
    let mut lines = failures_of(folder)?;
    lines.push(end_table(&report.drills));
    lines.extend(["report.json", "junit.xml", PAGE].map(|name| shown(folder, name)));
    Ok(lines)
}

fn so_far(unfinished: &Unfinished, folder: &RunFolder) -> Result<Vec<String>> {
    save_so_far(unfinished, folder)?;
    let Unfinished { report, rest } = unfinished;
    let mut lines = failures_of(folder)?;
    if !report.drills.is_empty() {
        lines.push(end_table(&report.drills));
    }
    lines.extend(rest_lines(report.drills.len(), rest));
    lines.push(shown(folder, PAGE));
    Ok(lines)
}

/// What did not pass, and why.
fn failures_of(folder: &RunFolder) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for record in folder.records()? {
        let verdict = judge(&record.drill, &record.timeline);
        if verdict.outcome > Outcome::Skipped {
            lines.extend([
                drill_line(&record, &verdict),
                failure_text(&record, &verdict),
                String::new(),
            ]);
        }
    }
    Ok(lines)
}

fn rest_lines(ended: usize, rest: &Rest) -> Vec<String> {
    let running: Vec<_> = rest.running.iter().map(|drill| &*drill.name).collect();
    let waiting: Vec<_> = rest.waiting.iter().map(|name| &**name).collect();
    let all = ended + running.len() + waiting.len();
    let [standing, run, wait] = if rest.is_going_on {
        ["the run is going on", "running", "waiting"]
    } else {
        ["the run was broken off", "never ended", "never begun"]
    };
    let mut lines = vec![format!("{standing}: {ended} of {all} drills have ended")];
    for (what, names) in [(run, running), (wait, waiting)] {
        if !names.is_empty() {
            lines.push(format!("{what}: {}", names.join(", ")));
        }
    }
    lines
}

fn shown(folder: &RunFolder, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// Opens `page`; gives what is to be said if that fails.
fn open_page(page: &Path) -> Option<String> {
    // A browser that is not there says so at once; one that stays is not waited for.
    open::that_detached_with_timeout(page, OPENED_WITHIN).err()?;
    Some(format!(
        "no browser could be opened; open {} in one",
        page.display()
    ))
}

#[cfg(test)]
mod tests {
    use alertdrill_core::UtcInstant;

    use super::*;

    #[test]
    fn rest_of_a_run_is_told_by_name_whether_it_goes_on_or_was_broken_off() {
        let rest = |is_going_on| Rest {
            is_going_on,
            as_of: UtcInstant::EPOCH,
            running: Vec::new(),
            waiting: vec!["lag".to_owned(), "target_lost".to_owned()],
        };
        let wanted = [
            "the run is going on: 3 of 5 drills have ended",
            "waiting: lag, target_lost",
        ];
        assert_eq!(rest_lines(3, &rest(true)), wanted);
        let wanted = [
            "the run was broken off: 0 of 2 drills have ended",
            "never begun: lag, target_lost",
        ];
        assert_eq!(rest_lines(0, &rest(false)), wanted);
    }
}
