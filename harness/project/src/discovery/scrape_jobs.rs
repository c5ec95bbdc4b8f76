//! What Prometheus scrapes, and which service answers there.

use std::time::Duration;

use alertdrill_core::{Labels, Result, prometheus_duration};

use super::addresses::Addresses;
use super::found::{ScrapeJob, ScrapeTarget};
use super::mounts::{Mounts, Seen, beside};
use super::prometheus_configuration::{Global, TargetGroup, WrittenJob, WrittenTargets};
use super::relabelling::instance_of;
use super::written_yaml::read_yaml;

/// Prometheus's defaults.
pub(super) const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// What `jobs` scrape, as the containers of the service `asker` with these `mounts` see it.
///
/// # Errors
/// A duration that is none.
pub(super) fn scrape_jobs(
    jobs: &[WrittenJob],
    global: &Global,
    prometheus: (&str, &Mounts, &str),
    addresses: &Addresses,
    notes: &mut Vec<String>,
) -> Result<Vec<ScrapeJob>> {
    let (asker, mounts, configuration) = prometheus;
    let of_all = duration_or(global.scrape_interval.as_deref(), DEFAULT_INTERVAL)?;
    let timeout_of_all = duration_or(global.scrape_timeout.as_deref(), DEFAULT_TIMEOUT)?;
    let mut found = Vec::new();
    for job in jobs {
        let resolved = |target: Target| ScrapeTarget {
            service: addresses
                .service_at(&target.address, asker)
                .map(str::to_owned),
            address: target.address,
            labels: target.labels,
        };
        let asked_through = asked_through(job).map(|address| {
            resolved(Target {
                address,
                labels: Labels::new(),
            })
        });
        let mut job_notes = Vec::new();
        let mut targets = written_targets(&job.targets, mounts, configuration, &mut job_notes);
        let about_the_job = |note| format!("the job {}: {note}", job.job_name);
        notes.extend(job_notes.into_iter().map(about_the_job));
        for target in &mut targets {
            let instance = instance_of(&target.address, &job.relabel_configs);
            let instance = instance.map(|instance| ("instance".to_owned(), instance));
            target.labels.extend(instance);
        }
        let scrape_interval = duration_or(job.scrape_interval.as_deref(), of_all)?;
        let scrape_timeout = duration_or(job.scrape_timeout.as_deref(), timeout_of_all)?;
        found.push(ScrapeJob {
            job: job.job_name.clone(),
            targets: targets.into_iter().map(resolved).collect(),
            asked_through,
            scrape_interval,
            scrape_timeout: scrape_timeout.min(scrape_interval),
        });
    }
    Ok(found)
}

/// `written`, or what holds without it.
pub(super) fn duration_or(written: Option<&str>, inherited: Duration) -> Result<Duration> {
    written.map_or(Ok(inherited), prometheus_duration)
}

/// A target as it is written.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: String,
    pub(super) labels: Labels,
}

/// The targets that are known by files; a note for each way to find more.
pub(super) fn written_targets(
    written: &WrittenTargets,
    mounts: &Mounts,
    configuration: &str,
    notes: &mut Vec<String>,
) -> Vec<Target> {
    let mut found = Vec::new();
    let of_group = |group: TargetGroup| {
        let labels = group.labels;
        let targets = group.targets.into_iter();
        targets.map(move |address| Target {
            address,
            labels: labels.clone(),
        })
    };
    for group in &written.static_configs {
        found.extend(group.targets.iter().map(|address| Target {
            address: address.clone(),
            labels: group.labels.clone(),
        }));
    }
    for pattern in written
        .file_sd_configs
        .iter()
        .flat_map(|files| &files.files)
    {
        let paths = mounts.expand(&beside(configuration, pattern));
        if paths.is_empty() {
            notes.push(format!("no mounted file of targets is {pattern}"));
        }
        for path in paths {
            let (Seen::Mounted(file) | Seen::Copied(file)) = mounts.look_at(&path) else {
                continue;
            };
            match read_yaml::<Option<Vec<TargetGroup>>>(&file.on_host) {
                Ok(groups) => {
                    found.extend(groups.unwrap_or_default().into_iter().flat_map(of_group));
                }
                Err(error) => notes.push(error.to_string()),
            }
        }
    }
    for names in &written.dns_sd_configs {
        found.extend(names.names.iter().map(|name| {
            Target {
                address: names
                    .port
                    .map_or_else(|| name.clone(), |port| format!("{name}:{port}")),
                labels: Labels::new(),
            }
        }));
    }
    let others = written
        .rest
        .keys()
        .filter(|key| key.ends_with("_sd_configs"));
    notes.extend(others.map(|key| format!("what `{key}` finds is known to Prometheus alone")));
    found
}

/// The exporter that is scraped in the place of a job's targets, which become a parameter.
fn asked_through(job: &WrittenJob) -> Option<String> {
    let sets = |label: &str| {
        let mut relabellings = job.relabel_configs.iter();
        relabellings.rfind(|relabelling| relabelling.target_label.as_deref() == Some(label))
    };
    sets("__param_target")?;
    sets("__address__")?.replacement.clone()
}
