//! What drills came to on several engines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

/// What a run's report says, as far as it is compared.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    run: Run,
    drills: Vec<Drill>,
}

#[derive(Debug, Deserialize)]
struct Run {
    wall_s: f64,
    provenance: Provenance,
}

#[derive(Debug, Deserialize)]
struct Provenance {
    #[serde(default)]
    versions: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Drill {
    name: String,
    lane: Option<String>,
    verdict: String,
    reasons: Vec<Reason>,
    alerts: Vec<Alert>,
}

#[derive(Debug, Deserialize)]
struct Reason {
    message: String,
}

#[derive(Debug, Deserialize)]
struct Alert {
    name: String,
    window_s: Option<(f64, f64)>,
    time_to_fire_s: Option<f64>,
}

/// Per engine, its runs; per drill, what it came to on each of them.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Matrix {
    engines: Vec<EngineRun>,
    drills: Vec<Row>,
}

#[derive(Debug, PartialEq, Serialize)]
struct EngineRun {
    name: String,
    versions: BTreeMap<String, String>,
    wall_s: f64,
}

#[derive(Debug, PartialEq, Serialize)]
struct Row {
    drill: String,
    /// By the engine's name.
    on: BTreeMap<String, Cell>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Cell {
    verdict: String,
    reasons: Vec<String>,
    alerts: Vec<Fired>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Fired {
    alert: String,
    window_s: Option<(f64, f64)>,
    time_to_fire_s: Option<f64>,
}

impl Matrix {
    /// Takes in what the drills came to on `engine`.
    pub(super) fn add(&mut self, engine: &str, report: Report) {
        let Run { wall_s, provenance } = report.run;
        self.engines.push(EngineRun {
            name: engine.to_owned(),
            versions: provenance.versions,
            wall_s,
        });
        for drill in report.drills {
            let name = match &drill.lane {
                Some(lane) => format!("{} on {lane}", drill.name),
                None => drill.name,
            };
            let alerts = drill.alerts.into_iter().map(|alert| Fired {
                alert: alert.name,
                window_s: alert.window_s,
                time_to_fire_s: alert.time_to_fire_s,
            });
            let cell = Cell {
                verdict: drill.verdict,
                reasons: drill.reasons.into_iter().map(|it| it.message).collect(),
                alerts: alerts.collect(),
            };
            let known = self.drills.iter().position(|row| row.drill == name);
            let at = known.unwrap_or_else(|| {
                self.drills.push(Row {
                    drill: name,
                    on: BTreeMap::new(),
                });
                self.drills.len() - 1
            });
            if let Some(row) = self.drills.get_mut(at) {
                row.on.insert(engine.to_owned(), cell);
            }
        }
        self.drills
            .sort_by(|one, other| one.drill.cmp(&other.drill));
    }

    /// A table as Markdown has it: per drill and engine the verdict, and per alert the seconds from
    /// the fault until it fired.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        let names: Vec<_> = self.engines.iter().map(EngineRun::shown).collect();
        let _ = writeln!(text, "| drill | {} |", names.join(" | "));
        let _ = writeln!(text, "| --- |{}", " --- |".repeat(names.len()));
        for row in &self.drills {
            let cells = self.engines.iter().map(|engine| {
                let cell = row.on.get(&engine.name);
                cell.map_or_else(|| "did not run".to_owned(), Cell::shown)
            });
            let cells: Vec<_> = cells.collect();
            let _ = writeln!(text, "| `{}` | {} |", row.drill, cells.join(" | "));
        }
        text
    }
}

impl EngineRun {
    fn shown(&self) -> String {
        let versions = ["vmalert", "prometheus"].into_iter();
        let mut versions = versions.filter_map(|name| self.versions.get(name));
        match versions.next() {
            Some(version) if version.starts_with(|it: char| it.is_ascii_digit()) => {
                format!("{} ({version})", self.name)
            }
            _ => self.name.clone(),
        }
    }
}

impl Cell {
    fn shown(&self) -> String {
        let fired = self.alerts.iter().filter_map(|alert| {
            let fired_s = alert.time_to_fire_s?;
            let of = match self.alerts.len() {
                1 => String::new(),
                _ => format!("{} ", alert.alert),
            };
            Some(format!("{of}{fired_s:.1} s"))
        });
        let fired: Vec<_> = fired.collect();
        match fired.as_slice() {
            [] => self.verdict.clone(),
            fired => format!("{}, {}", self.verdict, fired.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(version: (&str, &str), verdict: &str, fired_s: Option<f64>) -> Report {
        let (program, version) = version;
        let report = serde_json::json!({
            "run": {"wall_s": 200.0, "provenance": {"versions": {(program): version}}},
            "drills": [
                {"name": "app_restarted_in_time", "lane": null, "verdict": "pass", "reasons": [],
                 "alerts": []},
                {"name": "app_stopped", "lane": null, "verdict": verdict,
                 "reasons": [{"kind": "late", "message": "late: AppDown"}],
                 "alerts": [{"name": "AppDown", "window_s": [10.0, 16.0],
                             "time_to_fire_s": fired_s}]},
            ],
        });
        serde_json::from_value(report).unwrap()
    }

    #[test]
    fn table_has_a_row_for_each_drill_and_a_column_for_each_engine() {
        let mut matrix = Matrix::default();
        matrix.add(
            "Prometheus 2",
            report(("prometheus", "2.53.3"), "pass", Some(12.34)),
        );
        matrix.add("vmalert", report(("vmalert", "untold"), "fail", None));
        let expected = "\
| drill | Prometheus 2 (2.53.3) | vmalert |
| --- | --- | --- |
| `app_restarted_in_time` | pass | pass |
| `app_stopped` | pass, 12.3 s | fail |
";
        assert_eq!(matrix.table(), expected);
    }

    #[test]
    fn drill_that_an_engine_did_not_run_is_not_taken_for_one_that_passed() {
        let mut matrix = Matrix::default();
        matrix.add(
            "Prometheus 2",
            report(("prometheus", "2.53.3"), "pass", Some(12.34)),
        );
        let mut less = report(("prometheus", "3.14.0"), "pass", Some(11.0));
        less.drills.truncate(1);
        matrix.add("Prometheus 3", less);
        let table = matrix.table();
        assert!(
            table.ends_with("| pass, 12.3 s | did not run |\n"),
            "{table}"
        );
    }
}
