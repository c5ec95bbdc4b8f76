//! An Alertmanager that answers, but not at the path or in the version that Prometheus asks for.

use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;
use alertdrill_project::yaml_tree::Node;

use crate::checkout::Prometheus;
use crate::checks::check::Said;
use crate::network::{flag, is_for_a_shell, is_since};

/// Why the Alertmanager `service` does not take what Prometheus sends to `address`.
pub(super) fn refuses(prometheus: &Prometheus, service: &Service, address: &str) -> Option<Said> {
    let image = service.image.as_deref()?;
    if short_name(image) != "alertmanager" || service.build.is_some() || is_for_a_shell(service) {
        return None;
    }
    let told = prometheus.node.at(&["alerting", "alertmanagers"])?;
    let group = told.items().iter().find(|group| has(group, address))?;
    old_version(group, image, address).or_else(|| other_prefix(group, service, address))
}

fn has(group: &Node, address: &str) -> bool {
    let groups = group.get("static_configs").map_or(&[][..], Node::items);
    let mut targets = groups
        .iter()
        .flat_map(|it| it.get("targets").map_or(&[][..], Node::items));
    targets.any(|target| target.text() == Some(address))
}

/// `api_version: v1`, which Alertmanager has no more since 0.27.
fn old_version(group: &Node, image: &str, address: &str) -> Option<Said> {
    let asks_for_old = group.text_at(&["api_version"]) == Some("v1");
    (asks_for_old && is_since(image, 27)).then(|| {
        Said::error(
            format!(
                "`{address}` has no `api_version: v1` since Alertmanager 0.27: it takes no alert"
            ),
            "say `api_version: v2`, or nothing",
        )
    })
}

fn other_prefix(group: &Node, service: &Service, address: &str) -> Option<Said> {
    let asked = group.text_at(&["path_prefix"]).unwrap_or_default();
    let serves = prefix(service)?;
    let plain = |path: &str| path.trim_matches('/').to_owned();
    (!asked.contains('$') && plain(asked) != plain(&serves)).then(|| {
        let serves = plain(&serves);
        let asked = plain(asked);
        Said::error(
            format!("`{address}` takes alerts below `/{serves}`, and Prometheus sends them to `/{asked}`"),
            if serves.is_empty() {
                "take `path_prefix` away".to_owned()
            } else {
                format!("say `path_prefix: /{serves}`, or give Alertmanager `--web.route-prefix=/`")
            },
        )
    })
}

/// The path below which a server of Prometheus's family serves everything; `None` if it is not
/// known.
fn prefix(service: &Service) -> Option<String> {
    if let Some(prefix) = flag(service, "web.route-prefix") {
        return (!prefix.contains('$')).then(|| prefix.to_owned());
    }
    let Some(url) = flag(service, "web.external-url") else {
        return Some(String::new());
    };
    if url.contains('$') {
        return None;
    }
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let path = rest.find('/').and_then(|at| rest.get(at..));
    Some(path.unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/alertmanager-unknown";

    fn project(tag: &str, command: &str, asks: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['.:/etc/prometheus']
  alertmanager:
    image: prom/alertmanager{tag}
    command: ['--config.file=/etc/alertmanager/alertmanager.yml'{command}]
    volumes: ['.:/etc/alertmanager']
--- prometheus.yml
rule_files: [rules.yml]
alerting: {{alertmanagers: [{{{asks}static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
--- rules.yml
groups: [{{name: g, rules: [{{alert: A, expr: up == 0}}]}}]
--- alertmanager.yml
route: {{receiver: a}}
receivers: [{{name: a}}]
"
        )
    }

    const PREFIX: &str = ", '--web.external-url=https://corp.net/alerts/'";

    #[test]
    fn other_path_is_found() {
        assert_finds(
            ID,
            &project("", PREFIX, ""),
            &[
                "prometheus.yml:2:57 error: `alertmanager:9093` takes alerts below `/alerts`, and \
               Prometheus sends them to `/`",
            ],
        );
        let asks = "path_prefix: /alerts, ";
        assert_finds(ID, &project("", "", asks), &["prometheus.yml:2:"]);
        assert_silent(ID, &project("", PREFIX, asks));
        let root = ", '--web.external-url=https://corp.net/alerts', '--web.route-prefix=/'";
        assert_silent(ID, &project("", root, ""));
        assert_silent(
            ID,
            &project("", ", '--web.external-url=https://corp.net'", ""),
        );
        assert_silent(ID, &project("", ", '--web.external-url=${URL}'", ""));
    }

    #[test]
    fn version_that_is_gone_is_found() {
        let asks = "api_version: v1, ";
        for tag in ["", ":latest", ":v0.27.0", ":v0.28.1"] {
            assert_finds(ID, &project(tag, "", asks), &["prometheus.yml:2:74 error"]);
        }
        assert_silent(ID, &project(":v0.26.0", "", asks));
        assert_silent(ID, &project("", "", "api_version: v2, "));
    }
}
