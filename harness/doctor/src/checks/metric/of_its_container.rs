//! File systems and networks of a machine, read from an exporter that sees those of its container
//! only.

mod network;

use std::collections::HashSet;
use std::path::Path;

use alertdrill_core::Finding;
use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;
use promql_parser::label::Matcher;

use self::network::of_its_own_network;
use super::selectors::{Selected, selectors};
use crate::checkout::Checkout;
use crate::checks::check::{Case, Check, Said};
use crate::expression::alternatives;
use crate::network::{flag, is_for_a_shell};

pub(in crate::checks) const OF_ITS_CONTAINER: Check = Check {
    id: "metric/of-its-container",
    title: "an exporter sees its own container where the machine is meant",
    run,
};

const METRICS: &str = "node_filesystem_";
const IMAGES: [&str; 2] = ["node-exporter", "node_exporter"];
const PORT: &str = ":9100";
/// Files that the engine mounts into each container.
const OF_EACH_CONTAINER: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];
const HELP: &str = "mount the machine's root, `/:/host:ro,rslave`, and tell it: \
                    `--path.rootfs=/host`";

fn run(case: &Case<'_>) -> Vec<Finding> {
    let mut said = HashSet::new();
    let mut findings = Vec::new();
    for selected in selectors(case) {
        let found = if selected.name.starts_with(METRICS) {
            of_selector(case.checkout, &selected)
        } else {
            of_its_own_network(case.checkout, &selected)
        };
        let Some(found) = found else {
            continue;
        };
        if said.insert(std::ptr::from_ref(selected.rule)) {
            let place = selected.rule.place_of(selected.name);
            findings.push(found.of_rule(OF_ITS_CONTAINER.id, selected.rule, place));
        }
    }
    findings
}

fn of_selector(checkout: &Checkout, selected: &Selected<'_>) -> Option<Said> {
    let exporters = exporters(checkout, &selected.selector.matchers.find_matchers("job"))?;
    let (name, _) = exporters.first()?;
    let sights: Vec<_> = exporters.iter().map(|(_, it)| Sight::of(it)).collect();
    if let Some(Sight::Nothing(root)) = sights.first()
        && sights.iter().all(|it| matches!(it, Sight::Nothing(_)))
        && !selected.name.ends_with("_device_error")
    {
        return Some(Said::error(
            format!(
                "`{name}` has no `{}`: it looks for file systems below `--path.rootfs={root}`, \
                 where nothing is mounted",
                selected.name
            ),
            format!("mount the machine's root there: `/:{root}:ro,rslave`"),
        ));
    }
    let matchers = selected.selector.matchers.find_matchers("mountpoint");
    if let Some(said) = with_the_root(&exporters, &matchers) {
        return Some(said);
    }
    let unseen = matchers.iter().find(|matcher| {
        alternatives(matcher).is_some_and(|paths| {
            let mut all = sights.iter();
            all.all(|sight| paths.iter().all(|path| !sight.has(path)))
        })
    })?;
    Some(Said::warning(
        format!(
            "`{unseen}` may match nothing: `{name}` sees the file systems of its own container, and \
             leaves out the overlay that is its `/`"
        ),
        HELP,
    ))
}

/// That a mount point is asked for as the exporter's container has it, while the exporter takes that
/// beginning away.
fn with_the_root(exporters: &[(&str, &Service)], matchers: &[Matcher]) -> Option<Said> {
    let (name, first) = exporters.first()?;
    let root = flag(first, "path.rootfs").filter(|root| *root != "/" && !root.contains('$'))?;
    let have_it = exporters
        .iter()
        .all(|(_, it)| flag(it, "path.rootfs") == Some(root));
    let matcher = matchers.iter().find(|matcher| {
        alternatives(matcher)
            .is_some_and(|paths| paths.iter().all(|path| Path::new(path).starts_with(root)))
    });
    let matcher = matcher.filter(|_| have_it)?;
    Some(Said::error(
        format!(
            "`{matcher}` matches nothing: with `--path.rootfs={root}` `{name}` tells of mount points \
             without `{root}` before them"
        ),
        format!("write them as the machine has them: `/` for `{root}`"),
    ))
}

/// The services that all of these jobs' node exporters are; `None` if some may be elsewhere.
fn exporters<'a>(checkout: &'a Checkout, jobs: &[Matcher]) -> Option<Vec<(&'a str, &'a Service)>> {
    let compose = checkout.compose.as_ref()?;
    let prometheus = checkout.prometheus.as_ref()?;
    let mut found = Vec::new();
    let asked = prometheus.jobs.iter();
    for job in asked.filter(|job| jobs.iter().all(|it| it.is_match(&job.name.text))) {
        let may_be_one = job.name.text.contains("node");
        if job.finds_targets && may_be_one || prometheus.has_unread_jobs {
            return None;
        }
        for target in &job.targets {
            let Some(name) = target.service.as_deref() else {
                let address = &target.address.text;
                if may_be_one || address.ends_with(PORT) || address.contains('$') {
                    return None;
                }
                continue;
            };
            let (name, service) = compose.services.get_key_value(name)?;
            let image = service.image.as_deref().unwrap_or_default();
            if IMAGES.contains(&short_name(image)) && service.build.is_none() {
                found.push((name.as_str(), service));
            } else if may_be_one && target.address.text.ends_with(PORT) {
                return None;
            }
        }
    }
    Some(found)
}

/// Which file systems a node exporter in a container tells of.
enum Sight {
    /// Those of the machine, or it is not known.
    Machine,
    /// Those that are mounted at these paths of its container.
    Container(Vec<String>),
    /// None at all: the folder in which it looks for them is not there.
    Nothing(String),
}

impl Sight {
    fn of(service: &Service) -> Self {
        let mut words = service.command.iter();
        let tells_overlays = words.any(|word| {
            let is_about_kinds = word.contains("fs-types") && !word.contains("mount-points");
            is_about_kinds && !word.contains("overlay")
        });
        if is_for_a_shell(service) || tells_overlays {
            return Self::Machine;
        }
        let mounted = |path: &str| {
            let mut volumes = service.volumes.iter();
            volumes.any(|volume| Path::new(path).starts_with(&volume.target))
        };
        let root = flag(service, "path.rootfs").filter(|root| *root != "/");
        match root {
            Some(root) if root.contains('$') => Self::Machine,
            Some(root) if !mounted(root) => Self::Nothing(root.to_owned()),
            Some(_) => Self::Machine,
            None => {
                let sees_processes = service.pid.is_some()
                    || flag(service, "path.procfs").is_some()
                    || mounted("/proc");
                if sees_processes {
                    return Self::Machine;
                }
                let targets = service.volumes.iter().map(|it| it.target.clone());
                Self::Container(targets.collect())
            }
        }
    }

    fn has(&self, path: &str) -> bool {
        match self {
            Self::Machine => true,
            Self::Nothing(_) => false,
            Self::Container(mounted) => {
                let is_mounted = |target: &String| Path::new(path).starts_with(target);
                OF_EACH_CONTAINER.contains(&path)
                    || !path.starts_with('/')
                    || mounted.iter().any(is_mounted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    pub(super) const ID: &str = "metric/of-its-container";

    pub(super) fn project(exporter: &str, target: &str, expression: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['.:/etc/prometheus']
  node-exporter:
    image: prom/node-exporter:v1.8.1
{exporter}
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ['{target}']}}]
--- rules.yml
groups:
- name: g
  rules:
  - alert: A
    expr: {expression}
"
        )
    }

    const ROOT: &str = "node_filesystem_avail_bytes{mountpoint=\"/\"} < 1e9";

    #[test]
    fn root_of_a_container_is_found() {
        for exporter in [
            "",
            "    volumes: ['/:/rootfs:ro']",
            "    volumes: ['/proc:/host/proc:ro']",
        ] {
            assert_finds(
                ID,
                &project(exporter, "node-exporter:9100", ROOT),
                &[
                    "rules.yml:5:11 warning: `mountpoint=\"/\"` may match nothing: `node-exporter` sees",
                ],
            );
        }
        let others = "node_filesystem_avail_bytes{mountpoint=~\"/|/data\"} < 1e9";
        assert_finds(
            ID,
            &project("", "node-exporter:9100", others),
            &["rules.yml:5:11"],
        );
    }

    #[test]
    fn root_that_is_not_mounted_is_found() {
        let exporter = "    command: ['--path.rootfs=/host']\n    volumes: ['/:/rootfs:ro']";
        let any = "node_filesystem_avail_bytes < 1e9";
        assert_finds(
            ID,
            &project(exporter, "node-exporter:9100", any),
            &["rules.yml:5:11 error: `node-exporter` has no `node_filesystem_avail_bytes`"],
        );
    }

    #[test]
    fn mount_point_below_the_exporters_own_root_is_found() {
        let exporter = "    command: ['--path.rootfs=/rootfs']\n    volumes: ['/:/rootfs:ro']";
        let below = "node_filesystem_avail_bytes{mountpoint=\"/rootfs\"} < 1e9";
        assert_finds(
            ID,
            &project(exporter, "node-exporter:9100", below),
            &["rules.yml:5:11 error: `mountpoint=\"/rootfs\"` matches nothing"],
        );
    }

    #[test]
    fn file_systems_of_the_machine_are_silent() {
        for exporter in [
            "    command: ['--path.rootfs=/host']\n    volumes: ['/:/host:ro,rslave']",
            "    command: ['--path.rootfs', '/host']\n    volumes: ['/:/host:ro,rslave']",
            "    command: ['--path.procfs=/host/proc']\n    volumes: ['/proc:/host/proc:ro']",
            "    pid: host",
            "    command: ['--collector.filesystem.fs-types-exclude=^tmpfs$$']",
        ] {
            assert_silent(ID, &project(exporter, "node-exporter:9100", ROOT));
        }
        assert_silent(ID, &project("", "192.168.1.5:9100", ROOT));
        for expression in [
            "node_filesystem_avail_bytes < 1e9",
            "node_filesystem_avail_bytes{mountpoint=\"/etc/hosts\"} < 1e9",
            "node_filesystem_avail_bytes{mountpoint=~\"/.*\"} < 1e9",
            "node_filesystem_avail_bytes{mountpoint!=\"/\"} < 1e9",
        ] {
            assert_silent(ID, &project("", "node-exporter:9100", expression));
        }
        let mounted = "    volumes: ['/data:/data:ro']";
        let of_data = "node_filesystem_avail_bytes{mountpoint=\"/data\"} < 1e9";
        assert_silent(ID, &project(mounted, "node-exporter:9100", of_data));
    }
}
