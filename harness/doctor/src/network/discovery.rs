//! Jobs that find their targets by asking somebody who is not there.

use std::path::Path;

use alertdrill_project::Service;
use alertdrill_project::yaml_tree::{Node, Place};

use super::flags::flag;
use crate::checkout::{Checkout, Job};

/// Why a job's discovery finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FindsNothing {
    /// It asks the cluster that Prometheus runs in, and Prometheus runs in none.
    NoCluster(Place),
    /// It asks Docker by a socket that Prometheus's container does not have.
    NoSocket(String, Place),
    /// It reads a file, or files, that Prometheus's container does not have.
    Unmounted(String, Place),
}

/// Why a job finds no target at all; `None` if it has some that are written, or may find some.
pub(crate) fn finds_nothing(checkout: &Checkout, job: &Job) -> Option<FindsNothing> {
    let prometheus = checkout.prometheus.as_ref()?;
    let compose = checkout.compose.as_ref()?;
    let service = compose.services.get(prometheus.service.as_ref()?)?;
    if !job.targets.is_empty() {
        return None;
    }
    let mut why = None;
    for (key, ways) in job.node.entries() {
        let key_text = key.text().unwrap_or_default();
        if !key_text.ends_with("_sd_configs") {
            continue;
        }
        for way in ways.items() {
            let nothing = match key_text {
                "kubernetes_sd_configs" => no_cluster(way, service, key.place),
                "file_sd_configs" => no_file(way, service),
                "docker_sd_configs" | "dockerswarm_sd_configs" => no_socket(way, service),
                _ => None,
            };
            why = Some(nothing?);
        }
    }
    why
}

fn no_cluster(way: &Node, service: &Service, place: Place) -> Option<FindsNothing> {
    let is_told = way.get("api_server").is_some() || way.get("kubeconfig_file").is_some();
    let is_in_one = service.environment.contains_key("KUBERNETES_SERVICE_HOST");
    (!is_told && !is_in_one).then_some(FindsNothing::NoCluster(place))
}

/// The first file of those that a job reads, if nothing brings any of them into the container.
fn no_file(way: &Node, service: &Service) -> Option<FindsNothing> {
    let may_have_more =
        service.build.is_some() || !service.entrypoint.is_empty() || !service.configs.is_empty();
    let configuration = flag(service, "config.file").unwrap_or("/etc/prometheus/prometheus.yml");
    let folder = Path::new(configuration).parent()?;
    let files = way.get("files").map_or(&[][..], Node::items);
    let lacks = |file: &Node| {
        let pattern = folder.join(file.text().unwrap_or_default());
        let folder = pattern.parent().map(Path::to_owned).unwrap_or_default();
        let mut targets = service.volumes.iter().map(|it| Path::new(&it.target));
        let is_plain = !pattern.to_string_lossy().contains(['$', '{']);
        is_plain
            && !targets.any(|it| folder.starts_with(it) || it == pattern || is_like(&pattern, it))
    };
    let first = files.first().filter(|_| !may_have_more)?;
    let path = first.text()?.to_owned();
    files
        .iter()
        .all(lacks)
        .then_some(FindsNothing::Unmounted(path, first.place))
}

/// Whether a mounted file may be one of a pattern's.
fn is_like(pattern: &Path, mounted: &Path) -> bool {
    pattern.to_string_lossy().contains('*') && mounted.parent() == pattern.parent()
}

fn no_socket(way: &Node, service: &Service) -> Option<FindsNothing> {
    let host = way.get("host")?;
    let path = host.text()?.strip_prefix("unix://")?;
    // Docker has its socket below both.
    let of_run = |path: &str| {
        path.strip_prefix("/var/run")
            .map(|rest| format!("/run{rest}"))
    };
    let paths = [Some(path.to_owned()), of_run(path)];
    let mut volumes = service.volumes.iter();
    let has_it = volumes.any(|volume| {
        let mut paths = paths.iter().flatten();
        paths.any(|path| Path::new(path).starts_with(&volume.target))
    });
    (!has_it).then(|| FindsNothing::NoSocket(path.to_owned(), host.place))
}
