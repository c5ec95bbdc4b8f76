//! A job that finds its targets by asking somebody who is not there.

use alertdrill_core::Finding;

use crate::checks::check::{Case, Check, Said};
use crate::network::{FindsNothing, finds_nothing};

pub(in crate::checks) const FINDS_NOTHING: Check = Check {
    id: "scraped/finds-nothing",
    title: "a job's discovery asks somebody who is not there",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(prometheus) = &case.checkout.prometheus else {
        return Vec::new();
    };
    let findings = prometheus.jobs.iter().filter_map(|job| {
        let (said, place) = match finds_nothing(case.checkout, job)? {
            FindsNothing::NoCluster(place) => (
                Said::warning(
                    format!(
                        "`{}` finds no targets: Prometheus is a container of the compose project, \
                         in no cluster, and is told no `api_server`",
                        job.name.text
                    ),
                    "keep the job in the configuration for the cluster only, or tell it \
                     `api_server` or `kubeconfig_file`",
                ),
                place,
            ),
            FindsNothing::NoSocket(path, place) => (
                Said::error(
                    format!(
                        "`{}` finds no targets: Prometheus's container has no `{path}` to ask \
                         Docker by",
                        job.name.text
                    ),
                    format!("mount it: `{path}:{path}:ro`"),
                ),
                place,
            ),
            FindsNothing::Unmounted(path, place) => (
                Said::error(
                    format!(
                        "`{}` finds no targets: nothing is mounted into Prometheus's container \
                         where it looks for `{path}`",
                        job.name.text
                    ),
                    "mount the file, or the folder in which it is",
                ),
                place,
            ),
        };
        Some(said.about(&job.name.text, FINDS_NOTHING.id, &job.file.path, place))
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/finds-nothing";

    fn project(discovery: &str, more: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml'{more}]
--- prometheus.yml
scrape_configs:
  - job_name: pods
    {discovery}
"
        )
    }

    #[test]
    fn files_that_are_not_mounted_are_found() {
        for (files, mount) in [
            (
                "/etc/prometheus/targets/*.json",
                "./t:/etc/prometheus/targets",
            ),
            ("targets/*.json", "./t.json:/etc/prometheus/targets/t.json"),
            ("targets.json", "./t.json:/etc/prometheus/targets.json"),
        ] {
            let discovery = format!("file_sd_configs: [{{files: ['{files}']}}]");
            let expected = format!(
                "prometheus.yml:3:32 error: `pods` finds no targets: nothing is mounted into \
                 Prometheus's container where it looks for `{files}`"
            );
            assert_finds(ID, &project(&discovery, ""), &[&expected]);
            assert_silent(ID, &project(&discovery, &format!(", '{mount}'")));
        }
    }

    #[test]
    fn pods_outside_of_a_cluster_are_found() {
        let expected = "prometheus.yml:3:5 warning: `pods` finds no targets: Prometheus is";
        assert_finds(
            ID,
            &project("kubernetes_sd_configs: [{role: pod}]", ""),
            &[expected],
        );
    }

    #[test]
    fn docker_without_its_socket_is_found() {
        let docker = "docker_sd_configs: [{host: 'unix:///var/run/docker.sock'}]";
        let expected = "prometheus.yml:3:32 error: `pods` finds no targets: Prometheus's container \
                        has no `/var/run/docker.sock`";
        assert_finds(ID, &project(docker, ""), &[expected]);
        for mounted in [
            ", '/var/run/docker.sock:/var/run/docker.sock'",
            ", '/var/run:/var/run'",
            ", '/run/docker.sock:/run/docker.sock'",
        ] {
            assert_silent(ID, &project(docker, mounted));
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for discovery in [
            "kubernetes_sd_configs: [{role: pod, api_server: 'https://k8s:6443'}]",
            "kubernetes_sd_configs: [{role: pod, kubeconfig_file: /etc/kube}]",
            "kubernetes_sd_configs: [{role: pod}]\n    static_configs: [{targets: ['localhost:9090']}]",
            "dns_sd_configs: [{names: [api], type: A, port: 80}]",
            "docker_sd_configs: [{host: 'tcp://docker-proxy:2375'}]",
        ] {
            assert_silent(ID, &project(discovery, ""));
        }
        let without_compose = "--- prometheus.yml\nscrape_configs:\n  - job_name: pods\n    \
                               kubernetes_sd_configs: [{role: pod}]\n";
        assert_silent(ID, without_compose);
    }

    #[test]
    fn metrics_of_the_other_jobs_are_known_all_the_same() {
        let project = |discovery: &str| {
            format!(
                "{}--- rules.yml\ngroups: [{{name: g, rules: [{{alert: A, expr: 'lost_total > 5'}}]}}]\n",
                project(discovery, "").replace(
                    "scrape_configs:\n",
                    "rule_files: [rules.yml]\nscrape_configs:\n  - job_name: node\n    static_configs: \
                     [{targets: ['node-exporter:9100']}]\n"
                )
            )
        };
        let id = "metric/not-exported";
        assert_finds(
            id,
            &project("kubernetes_sd_configs: [{role: pod}]"),
            &["rules.yml:1:"],
        );
        assert_silent(
            id,
            &project("kubernetes_sd_configs: [{role: pod, api_server: 'https://k8s:6443'}]"),
        );
    }
}
