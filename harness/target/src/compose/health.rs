//! Whether the services of a stack run, and why one does not.

use std::collections::BTreeSet;
use std::time::Duration;

use alertdrill_core::{Error, Health, Replica, Result, ServiceState, Target as _};
use alertdrill_progress::Step;
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::containers::Containers;
use super::project::Project;

/// How long the services may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(240);
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a healthcheck may take when it is asked here.
const HEALTHCHECK_WITHIN: Duration = Duration::from_secs(5);

/// Whether every service runs, apart from those that are there to end.
pub(super) async fn all_run(project: &Project, containers: &Containers) -> Result<bool> {
    let running = containers.running().await?;
    let mut services = project.services().keys();
    Ok(services.all(|service| running.contains(service) || project.may_end(service)))
}

/// Waits until every service is healthy, or has ended well if it is there to end.
///
/// The engine runs a healthcheck for the first time when its interval is over. A service may have
/// been ready for long by then, so its healthcheck is run here too.
///
/// # Errors
/// [`Error::NotHealthy`] for the first service that cannot recover, or that takes too long.
pub(super) async fn wait_until_healthy(
    project: &Project,
    containers: &Containers,
    began: Instant,
    step: &Step,
) -> Result<()> {
    let mut answered = BTreeSet::new();
    loop {
        let mut waiting = containers.states().await?;
        waiting.retain(|state| !is_ready(project, state) && !answered.contains(&state.service));
        let Some(first) = waiting.first() else {
            return Ok(());
        };
        let broken = waiting.iter().find(|state| is_broken(project, state));
        if began.elapsed() >= HEALTHY_WITHIN || broken.is_some() {
            let culprit = broken.unwrap_or(first).clone();
            return Err(not_healthy(containers, culprit, began).await?);
        }
        let names: Vec<_> = waiting.iter().map(|state| state.service.as_str()).collect();
        step.update(&format!("waiting for {}", names.join(", ")));
        let starting = waiting.iter().filter(|state| is_starting(state));
        let asked = starting.map(|state| async {
            let passes = timeout(
                HEALTHCHECK_WITHIN,
                passes_its_healthcheck(containers, state),
            );
            let passes = passes.await.unwrap_or(false);
            passes.then(|| state.service.clone())
        });
        answered.extend(join_all(asked).await.into_iter().flatten());
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_starting(state: &ServiceState) -> bool {
    state.is_running() && state.health == Some(Health::Starting)
}

/// Whether the healthcheck of a service succeeds now. What cannot be asked does not: the engine
/// asks again.
async fn passes_its_healthcheck(containers: &Containers, state: &ServiceState) -> bool {
    let Ok(container) = containers.inspect(&state.service).await else {
        return false;
    };
    let check = container.config.and_then(|config| config.healthcheck);
    let Some(command) = check.and_then(|check| command_of(&check.test?)) else {
        return false;
    };
    let ended = containers.run(&state.service, None, &command).await;
    ended.is_ok_and(|ended| ended.code == 0)
}

/// The command of a healthcheck, as Docker's API writes it: its first word says how to run the rest.
fn command_of(test: &[String]) -> Option<Vec<String>> {
    match test {
        [how, command @ ..] if how == "CMD" => Some(command.to_vec()),
        [how, line] if how == "CMD-SHELL" => {
            Some(["/bin/sh", "-c", line].map(str::to_owned).into())
        }
        _ => None,
    }
}

/// Why `docker compose up` failed. It says that a dependency is unhealthy, but not why; the log of
/// the container does.
pub(super) async fn explained(
    error: Error,
    project: &Project,
    containers: &Containers,
    began: Instant,
) -> Result<Error> {
    let Error::Compose { log, .. } = &error else {
        return Ok(error);
    };
    if let Some(reason) = taken_port(log) {
        return Ok(Error::PortTaken { reason });
    }
    let mut states = containers.states().await?.into_iter();
    match states.find(|state| is_broken(project, state)) {
        Some(culprit) => not_healthy(containers, culprit, began).await,
        None => Ok(error),
    }
}

/// The line that names a port which another program uses, if that is what went wrong.
fn taken_port(log: &str) -> Option<String> {
    let words = ["port is already allocated", "address already in use"];
    if !words.iter().any(|words| log.contains(words)) {
        return None;
    }
    let line = log.lines().rev().find(|line| line.contains("already"));
    Some(line.unwrap_or(log).trim().to_owned())
}

/// Whether waiting cannot help: the container has ended although it should run, or its healthcheck
/// gave up.
fn is_broken(project: &Project, state: &ServiceState) -> bool {
    match state.exit_code {
        Some(code) => code != 0 || !project.may_end(Replica::of(&state.service).service),
        None => state.is_restarting() || state.health == Some(Health::Unhealthy),
    }
}

/// Whether a service is healthy, or has ended well if it is there to end.
fn is_ready(project: &Project, state: &ServiceState) -> bool {
    if state.exit_code == Some(0) && project.may_end(Replica::of(&state.service).service) {
        return true;
    }
    if project.is_one_shot(Replica::of(&state.service).service) {
        return false;
    }
    state.is_running() && matches!(state.health, None | Some(Health::Healthy))
}

async fn not_healthy(
    containers: &Containers,
    state: ServiceState,
    began: Instant,
) -> Result<Error> {
    let log = containers.last_log_lines(&state.service).await?;
    Ok(Error::NotHealthy {
        state: state.to_string(),
        service: state.service,
        waited: began.elapsed(),
        log,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn healthcheck_is_a_command_or_a_line_for_the_shell() {
        let words = |words: &[&str]| -> Vec<String> { words.iter().map(|&it| it.into()).collect() };
        let command = command_of(&words(&["CMD", "curl", "localhost"]));
        assert_eq!(command, Some(words(&["curl", "localhost"])));
        let line = command_of(&words(&["CMD-SHELL", "curl localhost || exit 1"]));
        let shell = words(&["/bin/sh", "-c", "curl localhost || exit 1"]);
        assert_eq!(line, Some(shell));
        assert_eq!(command_of(&words(&["NONE"])), None);
    }

    #[test]
    fn port_that_another_program_uses_is_told_by_the_line_that_names_it() {
        let log =
            "Container a  Starting\n Bind for 127.0.0.1:1 failed: port is already allocated\n";
        let line = "Bind for 127.0.0.1:1 failed: port is already allocated";
        assert_eq!(taken_port(log).as_deref(), Some(line));
        assert_eq!(taken_port("the container a is already unhealthy"), None);
    }
}
