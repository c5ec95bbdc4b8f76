//! A run as Markdown, for the page of a job of GitHub Actions.

use std::path::Path;

use super::phrases::named;
use crate::model::{DrillReport, Latency, Report};
use alertdrill_core::{Error, Outcome, Result};

/// Writes the summary of `report` to the end of the file `path`. Each process of a run writes it,
/// so a summary of the same run that stands there already is replaced.
///
/// # Errors
/// [`Error::File`].
pub fn save_summary(report: &Report, path: &Path) -> Result<()> {
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Error::file("read", path)(error)),
    };
    std::fs::write(path, with_summary(&before, report)).map_err(Error::file("write", path))
}

fn with_summary(text: &str, report: &Report) -> String {
    let [begin, end] = ["begin", "end"]
        .map(|what| format!("<!-- alertdrill {}: {what} -->\n", report.run.info.id));
    let summary = format!("{begin}{}{end}", markdown(report));
    let own = text
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    match own {
        Some((before, after)) => format!("{before}{summary}{after}"),
        None => format!("{text}{summary}"),
    }
}

fn markdown(report: &Report) -> String {
    let counts = [
        Outcome::Fail,
        Outcome::Error,
        Outcome::Pass,
        Outcome::Skipped,
    ]
    .map(|outcome| {
        let drills = report
            .drills
            .iter()
            .filter(|drill| drill.verdict == outcome);
        let count = drills.count();
        (count > 0).then(|| format!("{count} {outcome}"))
    });
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let minutes = report.run.wall_s / 60.0;
    let mut parts = vec![format!("## Drills: {counts}, in {minutes:.0} min\n")];
    let not_passed: Vec<_> = report
        .drills
        .iter()
        .filter(|drill| drill.verdict > Outcome::Skipped)
        .collect();
    if !not_passed.is_empty() {
        parts.push(table(
            ["drill", "verdict", "why"],
            not_passed.into_iter().map(verdict),
        ));
    }
    let slower: Vec<_> = report.drills.iter().flat_map(slower).collect();
    if !slower.is_empty() {
        parts.push("### Slower than usual\n".to_owned());
        parts.push(table(["drill", "alert", "what"], slower));
    }
    let latencies: Vec<_> = report
        .drills
        .iter()
        .flat_map(|drill| drill.latencies.iter().map(|one| latency(drill, one)))
        .collect();
    if !latencies.is_empty() {
        parts.push("<details><summary>Where the time of each alert went</summary>\n".to_owned());
        parts.push(table(["drill", "alert", "how it went"], latencies));
        parts.push("</details>\n".to_owned());
    }
    parts.join("\n")
}

fn verdict(drill: &DrillReport) -> [String; 3] {
    let reasons: Vec<_> = drill
        .reasons
        .iter()
        .map(|reason| format!("{}: {}", reason.kind, reason.message))
        .collect();
    [
        drill.name.clone(),
        drill.verdict.to_string(),
        reasons.join("\n"),
    ]
}

fn slower(drill: &DrillReport) -> impl Iterator<Item = [String; 3]> {
    drill.slower().map(|(latency, trend)| {
        let alert = named(&latency.alert, &latency.labels);
        [drill.name.clone(), alert, trend.to_string()]
    })
}

fn latency(drill: &DrillReport, latency: &Latency) -> [String; 3] {
    [
        drill.name.clone(),
        named(&latency.alert, &latency.labels),
        latency.to_string(),
    ]
}

fn table(head: [&str; 3], rows: impl IntoIterator<Item = [String; 3]>) -> String {
    let row = |cells: [String; 3]| format!("| {} |\n", cells.join(" | "));
    let rows: String = rows
        .into_iter()
        .map(|cells| row(cells.map(|cell| escaped(&cell))))
        .collect();
    format!(
        "{}| --- | --- | --- |\n{rows}",
        row(head.map(str::to_owned))
    )
}

/// Text for a cell of a table: a backslash makes any mark an ordinary character
/// (<https://github.github.com/gfm/#backslash-escapes>).
fn escaped(text: &str) -> String {
    let marks = |c: char| {
        matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '{'
                | '}'
                | '['
                | ']'
                | '<'
                | '>'
                | '#'
                | '|'
                | '~'
                | '&'
                | '@'
                | '!'
        )
    };
    let lines = text.lines().map(|line| {
        line.chars().fold(String::new(), |mut shown, c| {
            if marks(c) {
                shown.push('\\');
            }
            shown.push(c);
            shown
        })
    });
    lines.collect::<Vec<_>>().join("<br>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::example_report;
    use crate::{Milestone, Trend};
    use alertdrill_core::{Reason, ReasonKind};

    fn run() -> Report {
        let mut report = example_report("okx");
        let drill = &mut report.drills[0];
        drill.reasons = vec![
            Reason::new(ReasonKind::NotResolved, "it <b>still</b> fires | rings"),
            Reason::new(ReasonKind::UnsteadyEnd, "so"),
        ];
        drill.latencies = drill.known_latencies();
        let earlier_s = vec![60.0; 5];
        let slow = Trend {
            until: Milestone::Firing,
            now_s: 65.0,
            earlier_s,
            usual_s: Some([60.0, 60.0]),
            is_slower: true,
        };
        drill.latencies[0].trends = vec![slow];
        let passed = DrillReport {
            name: "x".into(),
            verdict: Outcome::Pass,
            latencies: vec![],
            reasons: vec![],
            ..drill.clone()
        };
        report.drills.push(passed);
        report
    }

    #[test]
    fn summary_begins_with_what_has_to_be_looked_at() {
        insta::assert_snapshot!(markdown(&run()));
    }

    #[test]
    fn summary_of_a_run_that_passed_says_little() {
        let mut report = run();
        report.drills.remove(0);
        insta::assert_snapshot!(markdown(&report), @"## Drills: 1 pass, in 3 min");
    }

    #[test]
    fn summary_takes_the_place_of_that_of_the_same_run_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.md");
        let mut report = run();
        save_summary(&report, &path).unwrap();
        std::fs::write(
            &path,
            format!("before\n{}after\n", std::fs::read_to_string(&path).unwrap()),
        )
        .unwrap();
        report.drills.remove(0);
        save_summary(&report, &path).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r"
        before
        <!-- alertdrill run: begin -->
        ## Drills: 1 pass, in 3 min
        <!-- alertdrill run: end -->
        after
        ");
        report.run.info.id = "another".into();
        save_summary(&report, &path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path)
                .unwrap()
                .matches("begin -->")
                .count(),
            2
        );
    }
}
