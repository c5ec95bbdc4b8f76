//! The three things that every fault kind can do, found by its kind.

use super::service_stopped;
use crate::Result;
use crate::drill::Fault;
use crate::stack::Containers;

/// Injects `fault`. The journal must hold it before.
///
/// # Errors
/// What the target answers.
pub async fn inject(fault: &Fault, containers: &Containers) -> Result<()> {
    match fault {
        Fault::ServiceStopped { service } => service_stopped::inject(containers, service).await,
    }
}

/// Waits until the fault's own effect is seen on its target, alerts apart.
///
/// # Errors
/// [`crate::Error::TimedOut`] if there is none.
pub async fn wait_for_effect(fault: &Fault, containers: &Containers) -> Result<()> {
    match fault {
        Fault::ServiceStopped { service } => service_stopped::wait_for_effect(containers, service).await,
    }
}

/// Reverts `fault`, and waits until that is seen. A fault that is reverted already is left alone.
///
/// # Errors
/// What the target answers, or [`crate::Error::TimedOut`].
pub async fn revert(fault: &Fault, containers: &Containers) -> Result<()> {
    match fault {
        Fault::ServiceStopped { service } => service_stopped::revert(containers, service).await,
    }
}
