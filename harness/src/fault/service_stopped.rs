//! A service's container is stopped, as an operator or a failed deployment stops it.
//!
//! Stopped by hand, so that the restart policy leaves it down: a killed process would be back within a second.

use std::time::Duration;

use crate::Result;
use crate::stack::{ContainerState, Containers};

const SEEN_WITHIN: Duration = Duration::from_secs(30);

pub(super) async fn inject(containers: &Containers, service: &str) -> Result<()> {
    containers.stop(service).await
}

pub(super) async fn wait_for_effect(containers: &Containers, service: &str) -> Result<()> {
    containers.wait_for_state(service, "stopped", SEEN_WITHIN, |state| !state.is_running()).await
}

pub(super) async fn revert(containers: &Containers, service: &str) -> Result<()> {
    containers.start(service).await?;
    containers.wait_for_state(service, "running", SEEN_WITHIN, ContainerState::is_running).await
}
