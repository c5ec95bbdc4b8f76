//! The servers of a running stack: Prometheus, Alertmanager with its sink, Grafana.

use std::sync::Arc;
use std::time::Duration;

use alertdrill_core::settings::Endpoint;
use alertdrill_core::{
    Clock, Error, Result, Routes, Site, UtcInstant, query_offsets_of, rewritten_labels_of,
};
use alertdrill_engine::{
    Alertmanager, AlertmanagerAlone, AlertmanagerWithSink, Grafana, Locate, NobodyIsTold,
    NotificationSink, Notifier, Prometheus, RuleEngine, VmAlert, WrittenOffsets,
};
use alertdrill_target::compose::{Containers, Project, ServerAddresses, Stack};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::message_broker::topics_of;
use crate::system_clock::SystemClock;
use crate::written::{text_file, text_files};

/// How long the first evaluation of reloaded rules may take, beyond its group's interval.
const EVALUATED_WITHIN: Duration = Duration::from_secs(30);

/// Where faults of `project`, which has these containers, are injected.
#[must_use]
pub fn site_of(project: &Project, containers: &Containers) -> Site {
    let topics = topics_of(project.settings());
    Site {
        target: Arc::new(containers.clone().with_topics(topics)),
        clock: Arc::new(SystemClock::default()),
    }
}

/// A client of the stack's Prometheus, or of the VictoriaMetrics in its place.
///
/// # Errors
/// As [`Containers::address`].
pub async fn prometheus(stack: &Stack) -> Result<Prometheus> {
    let settings = stack.project().settings();
    let endpoint = &settings.prometheus;
    let address = stack.address(endpoint).await?;
    if settings.rule_engine.is_some() {
        let samples = Prometheus::victoria_metrics(&address);
        return Ok(samples.found_by(locate(stack, endpoint)));
    }
    let prometheus = Prometheus::new(&address).found_by(locate(stack, endpoint));
    Ok(prometheus.with_query_offsets(written_offsets(stack)))
}

/// A client of the vmalert that evaluates the stack's rules over `samples`; `None` if Prometheus
/// does.
///
/// # Errors
/// As [`Containers::address`].
pub async fn vmalert(stack: &Stack, samples: &Prometheus) -> Result<Option<VmAlert>> {
    let Some(endpoint) = &stack.project().settings().rule_engine else {
        return Ok(None);
    };
    let address = stack.address(endpoint).await?;
    let vmalert = VmAlert::new(&address, samples.clone());
    Ok(Some(vmalert.found_by(locate(stack, endpoint))))
}

/// What evaluates the stack's rules over `samples`.
///
/// # Errors
/// As [`Containers::address`].
pub async fn rule_engine(stack: &Stack, samples: &Prometheus) -> Result<Arc<dyn RuleEngine>> {
    Ok(match vmalert(stack, samples).await? {
        Some(vmalert) => Arc::new(vmalert),
        None => Arc::new(samples.clone()),
    })
}

/// The offsets of the rules that the stack's Prometheus has, read anew each time.
fn written_offsets(stack: &Stack) -> WrittenOffsets {
    let (configuration, rules) = stack.prometheus_files();
    Arc::new(move || query_offsets_of(&text_file(&configuration)?, &text_files(&rules)?))
}

/// The routes that `notifier` has, and what the stack's Prometheus may change before them; `None`
/// if nobody is told of anything.
///
/// # Errors
/// [`Error::NoAnswer`], [`Error::BadAnswer`], or [`Error::File`].
pub async fn routes(stack: &Stack, notifier: &dyn Notifier) -> Result<Option<Routes>> {
    let (configuration, _) = stack.prometheus_files();
    let rewritten = rewritten_labels_of(&text_file(&configuration)?)?;
    let routes = notifier.routes().await?;
    Ok(routes.map(|routes| routes.after_rewriting(rewritten)))
}

/// Who is notified of the stack's alerts: its Alertmanager, with the sink if there is one, or
/// nobody. Instants that no sink tells are those of `clock`.
///
/// # Errors
/// As [`Containers::address`].
pub async fn notifier(stack: &Stack, clock: Arc<dyn Clock>) -> Result<Arc<dyn Notifier>> {
    let settings = stack.project().settings();
    let Some(endpoint) = &settings.alertmanager else {
        return Ok(Arc::new(NobodyIsTold));
    };
    let alertmanager = Alertmanager::new(&stack.address(endpoint).await?);
    let alertmanager = alertmanager.found_by(locate(stack, endpoint));
    let Some(sink) = &settings.notification_sink else {
        return Ok(Arc::new(AlertmanagerAlone::new(alertmanager, clock)));
    };
    let sink_address = stack.address(sink).await?;
    Ok(Arc::new(AlertmanagerWithSink {
        alertmanager,
        sink: NotificationSink::new(&sink_address).found_by(locate(stack, sink)),
    }))
}

/// A client of the stack's Grafana, if that runs.
///
/// # Errors
/// [`Error::Docker`].
pub async fn grafana(stack: &Stack) -> Result<Option<Grafana>> {
    let Some(endpoint) = &stack.project().settings().grafana else {
        return Ok(None);
    };
    match stack.address(endpoint).await {
        Ok(address) => Ok(Some(Grafana::new(&address))),
        Err(Error::NoSuchService { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

fn locate(stack: &Stack, endpoint: &Endpoint) -> Locate {
    let (containers, endpoint) = (stack.containers().clone(), endpoint.clone());
    Arc::new(move || {
        let (containers, endpoint) = (containers.clone(), endpoint.clone());
        async move { containers.address_of(&endpoint).await }.boxed()
    })
}

/// Has the servers at these addresses load their files anew, and waits for the next evaluation of
/// every rule: alerts say nothing about the new rules before it.
#[must_use]
pub fn reload(servers: ServerAddresses) -> BoxFuture<'static, Result<()>> {
    async move {
        if let Some(alertmanager) = &servers.alertmanager {
            Alertmanager::new(alertmanager).reload().await?;
        }
        let since = UtcInstant::from(Timestamp::now());
        let Some(vmalert) = &servers.rule_engine else {
            let prometheus = Prometheus::new(&servers.prometheus);
            prometheus.reload().await?;
            return wait_until_evaluated(&prometheus, since).await;
        };
        let samples = Prometheus::victoria_metrics(&servers.prometheus);
        samples.reload().await?;
        let vmalert = VmAlert::new(vmalert, samples);
        vmalert.reload().await?;
        wait_until_evaluated(&vmalert, since).await
    }
    .boxed()
}

async fn wait_until_evaluated(engine: &dyn RuleEngine, since: UtcInstant) -> Result<()> {
    let began = Instant::now();
    loop {
        let mut rules = engine.evaluations().await?.until.into_iter();
        let Some((alert, evaluated)) = rules.find(|(_, it)| it.until < since) else {
            return Ok(());
        };
        if began.elapsed() >= evaluated.interval + EVALUATED_WITHIN {
            return Err(Error::TimedOut {
                awaited: format!("the first evaluation of {alert} after the reload"),
                last_seen: format!("its last one at {}", evaluated.until),
                waited: began.elapsed(),
            });
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
