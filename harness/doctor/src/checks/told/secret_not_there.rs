//! A file with a secret that Alertmanager's container does not have.

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::Finding;
use alertdrill_project::Service;
use alertdrill_project::yaml_tree::{Node, Value};

use super::filled_in::Reading;
use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const SECRET_NOT_THERE: Check = Check {
    id: "told/secret-not-there",
    title: "a receiver's secret is in a file that Alertmanager's container does not have",
    run,
};

/// Folders that images have by themselves.
const OF_IMAGES: [&str; 4] = [
    "/etc/ssl",
    "/etc/pki",
    "/usr",
    "/var/run/secrets/kubernetes.io",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let (Some(compose), Some(name)) = (&case.checkout.compose, &told.alertmanager.service) else {
        return Vec::new();
    };
    let (Some(service), Some(places)) = (
        compose.services.get(name),
        case.checkout.compose_places.services.get(name),
    ) else {
        return Vec::new();
    };
    let may_have_more = places.keys.contains_key("secrets")
        || places.keys.contains_key("volumes_from")
        || service.build.is_some();
    if may_have_more || Reading::of(case, Some(name)) != Reading::AsWritten {
        return Vec::new();
    }
    let file = &told.alertmanager.file;
    let used = told.routing.used_receivers();
    let configs = used.flat_map(|receiver| receiver.configs.iter().map(|(_, it)| it));
    let global = told.alertmanager.node.get("global");
    let mut said_of = BTreeSet::new();
    let mut findings = Vec::new();
    for node in configs.chain(global).flat_map(secrets_of) {
        let path = node.text().unwrap_or_default();
        if !lacks(service, path) || !said_of.insert(path) {
            continue;
        }
        let said = Said::error(
            format!(
                "`{name}` has no file `{path}`: nothing is mounted there, so Alertmanager cannot \
                 read the secret, and tells nobody"
            ),
            "mount the file, or give the service the secret by `secrets`",
        );
        findings.push(said.at(SECRET_NOT_THERE.id, &file.path, node.place));
    }
    findings
}

/// The values of keys that name files: `api_url_file`, `bot_token_file`, ….
fn secrets_of(config: &Node) -> Vec<&Node> {
    let mut open = vec![config];
    let mut found = Vec::new();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(entries) => {
                for (key, value) in entries.iter().rev() {
                    let names_a_file = key.text().is_some_and(|key| key.ends_with("_file"));
                    if names_a_file && value.text().is_some() {
                        found.push(value);
                    } else {
                        open.push(value);
                    }
                }
            }
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Text { .. } | Value::Null => {}
        }
    }
    found
}

/// Whether nothing brings a file into a service's container.
fn lacks(service: &Service, path: &str) -> bool {
    let file = Path::new(path);
    let is_sure = file.is_absolute() && !path.contains(['$', '{']);
    let is_of_the_image = OF_IMAGES.iter().any(|folder| file.starts_with(folder));
    let mut mounts = service.volumes.iter();
    let is_mounted = mounts.any(|it| file.starts_with(&it.target));
    let is_a_config = !service.configs.is_empty() || service.tmpfs.is_some();
    is_sure && !is_of_the_image && !is_mounted && !is_a_config
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/secret-not-there";

    fn project(service: &str, path: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
{service}secrets: {{slack: {{file: ./slack}}}}
--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- alertmanager.yml
route: {{receiver: a}}
receivers: [{{name: a, slack_configs: [{{channel: c, api_url_file: {path}}}]}}]
"
        )
    }

    const CONFIGURATION: &str =
        "    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml'";

    #[test]
    fn secret_that_is_not_mounted_is_found() {
        assert_finds(
            ID,
            &project(&format!("{CONFIGURATION}]\n"), "/run/secrets/slack"),
            &[
                "alertmanager.yml:2:66 error: `alertmanager` has no file `/run/secrets/slack`: \
                 nothing is mounted there",
            ],
        );
    }

    #[test]
    fn secret_that_is_there_is_silent() {
        let mounted = format!("{CONFIGURATION}, './secrets:/run/secrets']\n");
        assert_silent(ID, &project(&mounted, "/run/secrets/slack"));
        let given = format!("{CONFIGURATION}]\n    secrets: [slack]\n");
        assert_silent(ID, &project(&given, "/run/secrets/slack"));
        let plain = format!("{CONFIGURATION}]\n");
        assert_silent(ID, &project(&plain, "/etc/ssl/slack"));
        assert_silent(ID, &project(&plain, "slack"));
    }
}
