//! Whether the services of a stack run, and why one does not.

use std::time::Duration;

use alertdrill_core::{Error, Health, Replica, Result, ServiceState, Target as _};
use alertdrill_progress::Step;
use tokio::time::Instant;

use super::containers::Containers;
use super::project::Project;

/// How long the services may take to become healthy.
const HEALTHY_WITHIN: Duration = Duration::from_secs(240);
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Whether every service runs, apart from those that are there to end.
pub(super) async fn all_run(project: &Project, containers: &Containers) -> Result<bool> {
    let running = containers.running().await?;
    let mut services = project.services().keys();
    Ok(services.all(|service| running.contains(service) || project.may_end(service)))
}

/// Waits until every service is healthy, or has ended well if it is there to end.
///
/// # Errors
/// [`Error::NotHealthy`] for the first service that cannot recover, or that takes too long.
pub(super) async fn wait_until_healthy(
    project: &Project,
    containers: &Containers,
    began: Instant,
    step: &Step,
) -> Result<()> {
    loop {
        let mut waiting = containers.states().await?;
        waiting.retain(|state| !is_ready(project, state));
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
        tokio::time::sleep(LOOK_EVERY).await;
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
    fn port_that_another_program_uses_is_told_by_the_line_that_names_it() {
        let log =
            "Container a  Starting\n Bind for 127.0.0.1:1 failed: port is already allocated\n";
        let line = "Bind for 127.0.0.1:1 failed: port is already allocated";
        assert_eq!(taken_port(log).as_deref(), Some(line));
        assert_eq!(taken_port("the container a is already unhealthy"), None);
    }
}
