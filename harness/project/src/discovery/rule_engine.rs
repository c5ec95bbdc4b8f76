//! What evaluates the rules where it is not Prometheus: vmalert, beside a VictoriaMetrics that
//! scrapes and keeps.

use std::time::Duration;

use alertdrill_core::{Error, EvaluationDelays, Result};

use super::addresses::Addresses;
use super::command_line::CommandLine;
use super::found::{FoundServer, Wishes};
use super::mounts::Mounts;
use super::prometheus_configuration::{
    Alerting, PrometheusConfiguration, TargetGroup, WrittenAlertmanagers, WrittenTargets,
};
use super::prometheus_service::{service, services_like};
use super::scrape_jobs::duration_or;
use crate::ComposeModel;

/// Where vmalert and VictoriaMetrics listen unless they are told otherwise.
const VMALERT_PORT: u16 = 8880;
const VICTORIA_METRICS_PORT: u16 = 8428;
/// What vmalert does unless it is told otherwise.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const DEFAULT_DELAY: Duration = Duration::from_secs(30);
/// The flag that names VictoriaMetrics's scrape configuration.
const SCRAPE_CONFIGURATION: &str = "promscrape.config";

/// The vmalert of a project, by its flags.
#[derive(Debug)]
pub(super) struct FoundVmAlert {
    pub(super) server: FoundServer,
    /// The VictoriaMetrics that it asks.
    pub(super) samples: FoundServer,
    /// The path in the container of the configuration by which that scrapes.
    pub(super) scrape_configuration: String,
    pub(super) delays: EvaluationDelays,
    rules: Vec<String>,
    notifiers: Vec<String>,
}

/// The vmalert that evaluates the rules of the project; `None` if Prometheus does.
///
/// # Errors
/// [`Error::BadDescription`] of one that cannot be drilled, with what to do.
pub(super) fn find_vmalert(
    model: &ComposeModel,
    wishes: &Wishes,
    has_prometheus: bool,
) -> Result<Option<FoundVmAlert>> {
    let found = services_like(model, |model, service| {
        let command_line = CommandLine::of(service, &Mounts::of(model, service));
        command_line.flag("datasource.url").is_some() && command_line.flag("rule").is_some()
    });
    let name = match &wishes.rule_engine {
        Some(named) => {
            service(model, &named.service)?;
            found.into_iter().find(|name| *name == named.service)
        }
        None if has_prometheus => None,
        None => match found.as_slice() {
            [] => None,
            [only] => Some(*only),
            several => {
                return Err(refused(
                    model,
                    format!(
                        "it has more than one vmalert: {}; say which one is meant, as \
                         `rule_engine: {}` in alertdrill.yml",
                        several.join(", "),
                        several[0]
                    ),
                ));
            }
        },
    };
    let wished_port = wishes.rule_engine.as_ref().and_then(|wished| wished.port);
    name.map(|name| vmalert(model, name, wished_port))
        .transpose()
}

fn vmalert(model: &ComposeModel, name: &str, port: Option<u16>) -> Result<FoundVmAlert> {
    let described = service(model, name)?;
    let command_line = CommandLine::of(described, &Mounts::of(model, described));
    if command_line.flag("notifier.config").is_some() {
        let reason = format!(
            "`{name}` names whom it tells in a file (-notifier.config), where they are not found, \
             and drills would page them; name them by -notifier.url"
        );
        return Err(refused(model, reason));
    }
    let asked = command_line.flag("datasource.url").unwrap_or_default();
    let addresses = Addresses::of(model);
    let samples = addresses.service_at(asked, name);
    let samples = samples.ok_or_else(|| {
        let reason = format!("`{name}` asks {asked} (-datasource.url), which is no service of it");
        refused(model, reason)
    })?;
    let of_samples = service(model, samples)?;
    let of_samples = CommandLine::of(of_samples, &Mounts::of(model, of_samples));
    let scrape_configuration = of_samples.flag(SCRAPE_CONFIGURATION).ok_or_else(|| {
        let reason = format!(
            "`{samples}`, which `{name}` asks, scrapes nothing itself (-{SCRAPE_CONFIGURATION}); \
             how often somebody else scrapes for it cannot be asked"
        );
        refused(model, reason)
    })?;
    let list = |flag: &str| {
        let values = command_line.flags(flag).into_iter();
        let values = values.flat_map(|value| value.split(','));
        values.map(str::to_owned).collect()
    };
    Ok(FoundVmAlert {
        server: FoundServer {
            service: name.to_owned(),
            port: port.unwrap_or_else(|| listens_on(&command_line, VMALERT_PORT)),
            path_prefix: path_prefix(&command_line),
        },
        samples: FoundServer {
            service: samples.to_owned(),
            port: listens_on(&of_samples, VICTORIA_METRICS_PORT),
            path_prefix: path_prefix(&of_samples),
        },
        scrape_configuration: scrape_configuration.to_owned(),
        delays: EvaluationDelays {
            evaluation_interval: duration_or(
                command_line.flag("evaluationInterval"),
                DEFAULT_INTERVAL,
            )?,
            evaluation_delay: duration_or(command_line.flag("rule.evalDelay"), DEFAULT_DELAY)?,
        },
        rules: list("rule"),
        notifiers: list("notifier.url"),
    })
}

impl FoundVmAlert {
    /// What VictoriaMetrics is configured by, with what vmalert's flags say in place of what would
    /// be Prometheus's matter.
    pub(super) fn complete(&self, scrapes: PrometheusConfiguration) -> PrometheusConfiguration {
        let told = self.notifiers.iter().map(|url| {
            let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
            let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
            let group = TargetGroup {
                targets: vec![format!("{scheme}://{address}")],
                ..TargetGroup::default()
            };
            WrittenAlertmanagers {
                targets: WrittenTargets {
                    static_configs: vec![group],
                    ..WrittenTargets::default()
                },
                path_prefix: Some(path.trim_end_matches('/').to_owned()),
            }
        });
        PrometheusConfiguration {
            rule_files: self.rules.clone(),
            alerting: Alerting {
                alertmanagers: told.collect(),
            },
            ..scrapes
        }
    }
}

/// The port of `-httpListenAddr`, else `default`.
fn listens_on(command_line: &CommandLine, default: u16) -> u16 {
    let address = command_line.flag("httpListenAddr");
    let port = address.and_then(|address| address.rsplit(':').next()?.parse().ok());
    port.unwrap_or(default)
}

fn path_prefix(command_line: &CommandLine) -> String {
    let prefix = command_line.flag("http.pathPrefix").unwrap_or_default();
    match prefix.trim_matches('/') {
        "" => String::new(),
        prefix => format!("/{prefix}"),
    }
}

fn refused(model: &ComposeModel, reason: String) -> Error {
    Error::BadDescription {
        what: format!("the compose project `{}`", model.name),
        reason,
    }
}
