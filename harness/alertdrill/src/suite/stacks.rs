//! The stacks that a run spreads its drills over, each drill on one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use alertdrill_core::plan::{Outlook, Plan};
use alertdrill_core::schedule::spread;
use alertdrill_core::{Drill, Error, Result};
use alertdrill_report::RunFolder;
use alertdrill_target::WaitingLine;
use alertdrill_target::compose::{Project, StackNumber};

use crate::keeper;
use crate::session::Session;
use crate::written::Written;

/// How many stacks the drills of a run are spread over; one if it is not said.
const STACKS: &str = "STACKS";
/// What more stacks than that would need, nobody has on one machine.
const AT_MOST: u32 = 16;

/// A session on a stack, and the folder of the run that it is of.
pub(super) type Running = Arc<(Session, RunFolder)>;

/// A stack is started once; if that fails, every drill on it is told why.
pub(super) enum SessionState {
    NotStarted,
    Running(Running),
    Failed(String),
}

/// One of the stacks of a run.
pub(super) struct OwnStack {
    pub(super) number: StackNumber,
    /// The names of the drills that this process runs there.
    pub(super) drills: BTreeSet<String>,
    /// The compose project, opened once, and the drills that wait on its stack; or why it cannot be
    /// opened.
    pub(super) opened: OnceLock<Result<(Project, WaitingLine), String>>,
    pub(super) state: Mutex<SessionState>,
    /// As long as it is open, others know that the run is going on.
    pub(super) going_on: OnceLock<File>,
}

impl OwnStack {
    fn of(number: StackNumber, drills: BTreeSet<String>) -> Self {
        Self {
            number,
            drills,
            opened: OnceLock::new(),
            state: Mutex::new(SessionState::NotStarted),
            going_on: OnceLock::new(),
        }
    }
}

/// The stacks for these drills of `project`: as many as the variable says, at least one, and none
/// without a drill but for the first.
///
/// # Errors
/// [`Error::BadDescription`] of the variable, or where each drill is a process of its own; as
/// [`Written::read`] and [`Outlook::of`].
pub(super) fn stacks_for(project: &Path, drills: Vec<Drill>) -> Result<Vec<OwnStack>> {
    let stacks = stacks()?;
    let names: Vec<_> = drills.iter().map(|drill| drill.name.clone()).collect();
    if stacks == 1 {
        let names = names.into_iter().collect();
        return Ok(vec![OwnStack::of(StackNumber::FIRST, names)]);
    }
    if keeper::is_one_process_of_many() {
        return Err(refused(
            "nextest runs each drill as a process of its own, and those share one stack; \
             use `--partition slice:1/2` and a COMPOSE_PROJECT_NAME for each part, or cargo test",
        ));
    }
    let Written {
        settings,
        rules,
        routes,
        ..
    } = Written::read(project)?;
    let (plan, routes) = (
        Plan {
            drills,
            waivers: Vec::new(),
        },
        routes.as_ref(),
    );
    let timed = Outlook::of(&plan, &settings, &rules, routes)?.usual();
    let number_of = spread(&timed, &settings, routes, stacks.try_into().unwrap_or(1));
    let mut drills_on = BTreeMap::<_, BTreeSet<_>>::new();
    for (name, number) in names.into_iter().zip(number_of) {
        drills_on.entry(number).or_default().insert(name);
    }
    let numbers = StackNumber::all(stacks).enumerate();
    let stacks = numbers.filter_map(|(index, number)| {
        let drills = drills_on.remove(&index);
        let drills = drills.or_else(|| (index == 0).then(BTreeSet::new))?;
        Some(OwnStack::of(number, drills))
    });
    Ok(stacks.collect())
}

fn stacks() -> Result<u32> {
    match std::env::var_os(STACKS) {
        Some(asked) => count_in(&asked.to_string_lossy()),
        None => Ok(1),
    }
}

fn count_in(asked: &str) -> Result<u32> {
    let count = asked.parse().ok();
    count
        .filter(|count| (1..=AT_MOST).contains(count))
        .ok_or_else(|| {
            refused(&format!(
                "`{asked}` is no number of stacks from 1 to {AT_MOST}"
            ))
        })
}

fn refused(reason: &str) -> Error {
    Error::BadDescription {
        what: format!("the variable {STACKS}"),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_stacks_is_one_that_a_machine_may_bear() {
        assert_eq!(count_in("2").unwrap(), 2);
        for asked in ["0", "17", "-1", "two", ""] {
            let error = count_in(asked).unwrap_err().to_string();
            let reason = format!("the variable STACKS: `{asked}` is no number of stacks");
            assert!(error.contains(&reason), "{error}");
        }
    }
}
