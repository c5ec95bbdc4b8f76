//! The three things that every fault kind can do, found by its kind.

use std::time::Duration;

use backon::{ConstantBuilder, Retryable as _};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::site::Site;
use super::{
    behaviour_switched, command_run, consumer_displaced, network_cut, poison_message,
    service_flapping, service_killed, service_oom_killed, service_restarted, service_stopped,
};
use crate::drill::{Fault, UtcInstant};
use crate::{Error, Result};

/// How long after a revert that failed it is tried again.
const REVERT_AGAIN_AFTER: Duration = Duration::from_secs(2);
/// How often it is tried again before it is left to whoever heals the stack.
const REVERTED_AGAIN_AT_MOST: usize = 3;

/// How long a request that was sent may take to arrive, on one machine.
const REQUEST_UNDER_WAY: Duration = Duration::from_secs(1);

/// What a fault needs this process to go on doing. When this is dropped it is told to stop; the
/// revert waits for its end.
#[derive(Debug, Default)]
pub struct Ongoing(Option<(CancellationToken, JoinHandle<()>)>);

impl Ongoing {
    pub(super) fn new<F: Future<Output = ()> + Send + 'static>(
        start: impl FnOnce(CancellationToken) -> F,
    ) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(start(stop.clone()));
        Self(Some((stop, task)))
    }

    /// Stops it, and waits until it has.
    pub async fn end(mut self) {
        if let Some((stop, task)) = self.0.take() {
            stop.cancel();
            let _ = task.await;
        }
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        if let Some((stop, _)) = &self.0 {
            stop.cancel();
        }
    }
}

/// Writes `fault` of `drill` into the journal, then injects it.
///
/// # Errors
/// [`Error::File`]: then nothing was injected. Or what the target answers: then the journal holds
/// it open.
pub async fn inject(fault: &Fault, drill: &str, journal: &Journal, site: &Site) -> Result<Ongoing> {
    journal.open(drill, fault)?;
    inject_unwritten(fault, site).await
}

async fn inject_unwritten(fault: &Fault, site: &Site) -> Result<Ongoing> {
    match fault {
        Fault::ServiceStopped { service } => service_stopped::inject(site, service).await?,
        Fault::ServiceKilled { service, signal } => {
            service_killed::inject(site, service, signal).await?
        }
        Fault::ServiceRestarted { service } => service_restarted::inject(site, service).await?,
        Fault::ServiceFlapping {
            service,
            paused,
            running,
        } => {
            return service_flapping::inject(site, service, *paused, *running).await;
        }
        Fault::ConsumerDisplaced { topic, group, .. } => {
            return consumer_displaced::inject(site, topic, group).await;
        }
        Fault::ServiceOomKilled { service } => service_oom_killed::inject(site, service).await?,
        Fault::NetworkCut { service, network } => {
            network_cut::inject(site, service, network).await?
        }
        Fault::BehaviourSwitched {
            service,
            port,
            path,
            to,
            ..
        } => {
            behaviour_switched::inject(site, service, *port, path, to).await?;
        }
        Fault::CommandRun {
            service,
            user,
            inject,
            ..
        } => {
            command_run::run(site, service, user.as_deref(), inject).await?;
        }
        Fault::PoisonMessage {
            topic,
            payload,
            group,
            ..
        } => poison_message::inject(site, topic, payload, group).await?,
    }
    Ok(Ongoing::default())
}

/// Waits until the fault's own effect, since it was injected at `since`, is seen on its target,
/// alerts apart.
///
/// # Errors
/// [`Error::TimedOut`] if there is none.
pub async fn wait_for_effect(fault: &Fault, site: &Site, since: UtcInstant) -> Result<()> {
    match fault {
        Fault::ServiceStopped { service } => service_stopped::wait_for_effect(site, service).await,
        Fault::ServiceKilled { service, .. } => {
            service_killed::wait_for_effect(site, service, since).await
        }
        Fault::ServiceRestarted { service } => {
            service_restarted::wait_for_effect(site, service, since).await
        }
        Fault::ServiceFlapping { service, .. } => {
            service_flapping::wait_for_effect(site, service).await
        }
        Fault::ServiceOomKilled { service } => {
            service_oom_killed::wait_for_effect(site, service, since).await
        }
        Fault::NetworkCut { service, network } => {
            network_cut::wait_for_effect(site, service, network).await
        }
        // Injected is done: whoever was told has confirmed it.
        Fault::BehaviourSwitched { .. }
        | Fault::CommandRun { .. }
        | Fault::ConsumerDisplaced { .. }
        | Fault::PoisonMessage { .. } => Ok(()),
    }
}

/// How long after `fault` was injected what its process had asked for may still be under way,
/// though the process is gone: an engine that was asked to stop a container gives it its grace
/// period, whether anybody still waits for that or not.
///
/// # Errors
/// What the target answers.
pub async fn settles_within(fault: &Fault, site: &Site) -> Result<Duration> {
    match fault {
        Fault::ServiceStopped { service } | Fault::ServiceRestarted { service } => {
            Ok(site.containers.stop_grace_period(service).await? + REQUEST_UNDER_WAY)
        }
        _ => Ok(REQUEST_UNDER_WAY),
    }
}

/// Reverts `fault`, and waits until that is seen. A fault that is reverted already is left alone.
///
/// What stays broken breaks the drills that follow, and reverting twice does no harm: an attempt
/// that fails is told to `on_failure` and made again.
///
/// # Errors
/// What the target answers at last, or [`Error::TimedOut`].
pub async fn revert(fault: &Fault, site: &Site, on_failure: impl FnMut(&Error)) -> Result<()> {
    let mut on_failure = on_failure;
    let pauses = ConstantBuilder::default()
        .with_delay(REVERT_AGAIN_AFTER)
        .with_max_times(REVERTED_AGAIN_AT_MOST);
    (|| revert_once(fault, site))
        .retry(pauses)
        .when(|error| {
            !matches!(
                error,
                Error::NoSuchService { .. } | Error::NoSuchNetwork { .. }
            )
        })
        .notify(|error, _| on_failure(error))
        .await
}

async fn revert_once(fault: &Fault, site: &Site) -> Result<()> {
    match fault {
        Fault::ServiceStopped { service } => service_stopped::revert(site, service).await,
        Fault::ServiceKilled { service, .. } => service_killed::revert(site, service).await,
        Fault::ServiceRestarted { service } => service_restarted::revert(site, service).await,
        Fault::ServiceFlapping { service, .. } => service_flapping::revert(site, service).await,
        Fault::ServiceOomKilled { service } => service_oom_killed::revert(site, service).await,
        Fault::NetworkCut { service, network } => network_cut::revert(site, service, network).await,
        Fault::BehaviourSwitched {
            service,
            port,
            path,
            back,
            ..
        } => behaviour_switched::revert(site, service, *port, path, back).await,
        Fault::CommandRun {
            service,
            user,
            revert,
            ..
        } => command_run::run(site, service, user.as_deref(), revert).await,
        // It was over when this process's part in it was.
        Fault::ConsumerDisplaced { .. } => Ok(()),
        Fault::PoisonMessage {
            topic,
            payload,
            group,
            ..
        } => poison_message::revert(site, topic, payload, group).await,
    }
}
