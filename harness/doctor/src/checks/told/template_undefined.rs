//! A receiver that shows a template which no file defines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use alertdrill_core::Finding;
use alertdrill_project::Service;
use alertdrill_project::discovery::matches_pattern;
use alertdrill_project::yaml_tree::{Node, Value};
use regex::Regex;

use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};

pub(in crate::checks) const TEMPLATE_UNDEFINED: Check = Check {
    id: "told/template-undefined",
    title: "a receiver shows a template that no loaded file defines",
    run,
};

/// Where Alertmanager's images have its configuration, from which relative paths start.
const FOLDER: &str = "/etc/alertmanager";

static SHOWN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\{\{-?\s*template\s+"([^"]+)""#).ok());
static DEFINED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"\{\{-?\s*define\s+"([^"]+)""#).ok());

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    let used = told.routing.used_receivers();
    let Some(loaded) = loaded(case, &told) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut said_of = BTreeSet::new();
    for node in used.flat_map(|receiver| receiver.configs.iter().flat_map(|(_, it)| texts_of(it))) {
        let text = node.text().unwrap_or_default();
        let shown = SHOWN.iter().flat_map(|it| it.captures_iter(text));
        for name in shown.filter_map(|it| it.get(1)) {
            let is_own = text.contains(&format!("define \"{}\"", name.as_str()));
            if is_of_alertmanager(name.as_str()) || is_own || loaded.contains(name.as_str()) {
                continue;
            }
            if said_of.insert(name.as_str().to_owned()) {
                let said = undefined(case, name.as_str());
                let place = file.place_in(node, name.start());
                findings.push(said.at(TEMPLATE_UNDEFINED.id, &file.path, place));
            }
        }
    }
    findings
}

fn undefined(case: &Case<'_>, name: &str) -> Said {
    let sources = case.checkout.sources.iter();
    let mut there = sources.filter(|file| defined_in(&file.text).contains(name));
    let (where_it_is, help) = match there.next() {
        Some(file) => (
            format!(
                ": {} does, and Alertmanager does not load it",
                file.path.display()
            ),
            "mount the file, and let a pattern of `templates` match it",
        ),
        None => (
            String::new(),
            "define it in a file that a pattern of `templates` matches, or write the text itself",
        ),
    };
    Said::error(
        format!(
            "nothing that is loaded defines the template `{name}`{where_it_is}: Alertmanager cannot \
             fill it in, and sends nothing"
        ),
        help,
    )
}

/// The templates that Alertmanager has by itself: `slack.default.text`, `__subject`.
fn is_of_alertmanager(name: &str) -> bool {
    name.contains(".default.") || name.starts_with("__")
}

/// The names that are defined in the files that `templates` loads; `None` if that is not known.
fn loaded(case: &Case<'_>, told: &ToldCase<'_>) -> Option<BTreeSet<String>> {
    let checkout = case.checkout;
    let patterns = told.alertmanager.node.get("templates");
    let patterns: Vec<_> = patterns.map_or(&[][..], Node::items).iter().collect();
    let patterns: Option<Vec<&str>> = patterns.into_iter().map(Node::text).collect();
    let patterns = patterns?;
    let files = checkout.sources.iter();
    let files = files.filter(|file| file.path.extension().is_some_and(|end| end == "tmpl"));
    if patterns.is_empty() {
        return Some(BTreeSet::new());
    }
    let compose = checkout.compose.as_ref()?;
    let service = compose.services.get(told.alertmanager.service.as_ref()?)?;
    if service.build.is_some() || !service.configs.is_empty() || !service.entrypoint.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    for pattern in patterns {
        let pattern = Path::new(FOLDER).join(pattern);
        let text = pattern.to_string_lossy();
        let matched = checkout.files.iter().filter(|path| {
            let seen = paths_in(service, &checkout.root.join(path));
            seen.iter()
                .any(|seen| matches_pattern(&text, &seen.to_string_lossy()))
        });
        let mut is_any = false;
        for path in matched {
            is_any = true;
            // What is no `.tmpl` is not read.
            let file = files.clone().find(|file| file.path == *path)?;
            names.extend(defined_in(&file.text));
        }
        let mut targets = service
            .volumes
            .iter()
            .map(|volume| Path::new(&volume.target));
        if !is_any && targets.any(|target| pattern.starts_with(target)) {
            // What is mounted there is not in the checkout.
            return None;
        }
    }
    Some(names)
}

/// The paths at which a container of the service sees a file.
fn paths_in(service: &Service, file: &Path) -> Vec<PathBuf> {
    let binds = service
        .volumes
        .iter()
        .filter(|volume| volume.kind == "bind");
    let seen = binds.filter_map(|volume| {
        let rest = file.strip_prefix(volume.source.as_deref()?).ok()?;
        let target = Path::new(&volume.target);
        Some(if rest.as_os_str().is_empty() {
            target.to_owned()
        } else {
            target.join(rest)
        })
    });
    seen.collect()
}

fn defined_in(text: &str) -> BTreeSet<String> {
    let defined = DEFINED.iter().flat_map(|it| it.captures_iter(text));
    defined
        .filter_map(|it| Some(it.get(1)?.as_str().to_owned()))
        .collect()
}

/// The texts in what is written of a way to tell a receiver.
fn texts_of(config: &Node) -> Vec<&Node> {
    let mut open = vec![config];
    let mut texts = Vec::new();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(entries) => open.extend(entries.iter().rev().map(|(_, value)| value)),
            Value::List(items) => open.extend(items.iter().rev()),
            Value::Text { .. } => texts.push(node),
            Value::Null => {}
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/template-undefined";

    fn project(templates: &str, mount: &str, text: &str, files: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./am/alertmanager.yml:/etc/alertmanager/alertmanager.yml'{mount}]
--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- am/alertmanager.yml
templates: [{templates}]
route: {{receiver: a}}
receivers:
  - name: a
    slack_configs: [{{api_url_file: /a, text: '{text}'}}]
{files}"
        )
    }

    const TEXT: &str = "{{ template \"shop.text\" . }}";
    const FILE: &str = "--- am/shop.tmpl\n{{ define \"shop.text\" }}{{ .Status }}{{ end }}\n";
    const MOUNT: &str = ", './am/shop.tmpl:/etc/alertmanager/templates/shop.tmpl'";

    #[test]
    fn template_that_nothing_loaded_defines_is_found() {
        for (templates, mount, files, expected) in [
            (
                "",
                "",
                "",
                "nothing that is loaded defines the template `shop.text`: Alertmanager",
            ),
            (
                "'templates/*.tmpl'",
                "",
                FILE,
                "nothing that is loaded defines the template `shop.text`: am/shop.tmpl does, and \
                 Alertmanager does not load it",
            ),
            (
                "'/tmpl/*.tmpl'",
                MOUNT,
                FILE,
                "nothing that is loaded defines the template",
            ),
            (
                "",
                MOUNT,
                FILE,
                "nothing that is loaded defines the template",
            ),
        ] {
            let expected = format!("am/alertmanager.yml:5:60 error: {expected}");
            assert_finds(ID, &project(templates, mount, TEXT, files), &[&expected]);
        }
    }

    #[test]
    fn template_of_a_configuration_that_is_made_of_a_template_is_found() {
        let made = project("'templates/*.tmpl'", MOUNT, TEXT, FILE)
            .replace("--- am/alertmanager.yml", "--- am/alertmanager.yml.tpl")
            .replace("shop.text\" . ", "shop.title\" . ");
        let expected = "am/alertmanager.yml.tpl:5:60 error: nothing that is loaded defines the \
                        template `shop.title`";
        assert_finds(ID, &made, &[expected]);
        assert_silent(ID, &made.replace("shop.title", "shop.text"));
    }

    #[test]
    fn template_that_is_loaded_is_silent() {
        for templates in [
            "'/etc/alertmanager/templates/*.tmpl'",
            "'templates/shop.tmpl'",
        ] {
            assert_silent(ID, &project(templates, MOUNT, TEXT, FILE));
        }
        let own = "{{ template \"slack.default.text\" . }}{{ template \"__subject\" . }}";
        assert_silent(ID, &project("", "", own, ""));
        let volume = ", 'templates:/etc/alertmanager/templates'";
        assert_silent(ID, &project("'templates/*.tmpl'", volume, TEXT, ""));
    }
}
