//! A prober that is asked for a module that its configuration does not have.

use std::collections::BTreeSet;
use std::path::Path;

use alertdrill_core::{Finding, nearest};
use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;
use alertdrill_project::yaml_tree::{Node, Place, parse};

use super::scraped_targets::asked;
use crate::checkout::{Checkout, SourceFile};
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names, flag, is_for_a_shell, is_since};

pub(in crate::checks) const NO_SUCH_MODULE: Check = Check {
    id: "scraped/no-such-module",
    title: "a prober is asked for a module that it does not have",
    run,
};

/// An exporter that is asked by module.
struct Kind {
    images: [&'static str; 2],
    /// Where the image has its configuration.
    configuration: &'static str,
    /// The modules of the configuration that is in the image, if they are known.
    modules: Option<&'static [&'static str]>,
}

const BLACKBOX: Kind = Kind {
    images: ["blackbox-exporter", "blackbox_exporter"],
    configuration: "/etc/blackbox_exporter/config.yml",
    modules: Some(&OF_BLACKBOX),
};
const SNMP: Kind = Kind {
    images: ["snmp-exporter", "snmp_exporter"],
    configuration: "/etc/snmp_exporter/snmp.yml",
    modules: None,
};
const OF_BLACKBOX: [&str; 12] = [
    "http_2xx",
    "http_post_2xx",
    "tcp_connect",
    "pop3s_banner",
    "grpc",
    "grpc_plain",
    "ssh_banner",
    "ssh_banner_extract",
    "irc_banner",
    "icmp",
    "icmp_ttl5",
    "tcp_connect_example",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(compose), Some(names)) = (&checkout.compose, Names::of(checkout)) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut told_of_format = BTreeSet::new();
    for it in asked(checkout, &names) {
        let Answers::Service(prober) = it.answers else {
            continue;
        };
        if it.is_probed || !it.job.asks_a_prober() {
            continue;
        }
        let service = compose.services.get(prober);
        let old = service.and_then(|service| in_old_format(checkout, prober, service));
        if let Some((said, file, place)) = old
            && told_of_format.insert(prober)
        {
            findings.push(said.about(prober, NO_SUCH_MODULE.id, &file.path, place));
        }
        let modules = service.and_then(|service| modules(checkout, service));
        let (Some((modules, whose)), Some(asked_for)) =
            (modules, it.job.node.at(&["params", "module"]))
        else {
            continue;
        };
        for node in asked_for.one_or_many() {
            // Several stand between commas.
            let mut wanted = node.text().into_iter().flat_map(|text| text.split(','));
            let Some(module) = wanted.find(|it| !modules.iter().any(|module| module == it)) else {
                continue;
            };
            let like = nearest(module, modules.iter().map(String::as_str));
            let like = like.map_or_else(String::new, |like| format!("; the nearest is `{like}`"));
            let said = Said::error(
                format!(
                    "`{prober}` has no module `{module}` in {whose}, so each probe of it fails{like}"
                ),
                "name one of its modules, or add this one",
            );
            let job = &it.job.name.text;
            findings.push(said.about(job, NO_SUCH_MODULE.id, &it.job.file.path, node.place));
        }
    }
    findings
}

/// The modules of such an exporter, and whose they are; `None` if that is not known.
fn modules(checkout: &Checkout, service: &Service) -> Option<(Vec<String>, String)> {
    let image = service.image.as_deref()?;
    let kinds = [BLACKBOX, SNMP];
    let mut kinds = kinds.iter();
    let kind = kinds.find(|kind| kind.images.contains(&short_name(image)))?;
    if service.build.is_some() || is_for_a_shell(service) || !service.configs.is_empty() {
        return None;
    }
    let path = flag(service, "config.file").unwrap_or(kind.configuration);
    let path = Path::new(path);
    let mut mounts = service.volumes.iter();
    if !mounts.any(|volume| path.starts_with(&volume.target)) {
        let of_image = kind.modules?.iter().map(|it| (*it).to_owned()).collect();
        let is_the_images = path == Path::new(kind.configuration);
        return is_the_images.then(|| (of_image, "its image's own configuration".to_owned()));
    }
    let file = mounted_file(checkout, service, path)?;
    let (text, file) = (&file.text, &file.path);
    let documents = parse(text).ok()?;
    let document = documents.first()?;
    // The SNMP exporter's old format has its modules at the top.
    let modules = document.get("modules").unwrap_or(document).entries();
    let names = modules.iter().filter_map(|(name, _)| name.text());
    Some((
        names.map(str::to_owned).collect(),
        file.display().to_string(),
    ))
}

/// The file of the checkout that a service mounts at `path`.
fn mounted_file<'a>(
    checkout: &'a Checkout,
    service: &Service,
    path: &Path,
) -> Option<&'a SourceFile> {
    let mut mounts = service.volumes.iter();
    let mount = mounts.find(|volume| path.starts_with(&volume.target))?;
    let source = Path::new(mount.source.as_deref()?);
    let source = source.strip_prefix(&checkout.root).ok()?;
    let below = path.strip_prefix(&mount.target).ok()?;
    let file = if below.as_os_str().is_empty() {
        source.to_owned()
    } else {
        source.join(below)
    };
    checkout.sources.iter().find(|it| it.path == file)
}

/// That an SNMP exporter is given its modules as versions before 0.23 had them, without `modules:` and
/// `auths:`; the file, and where its first module stands.
fn in_old_format<'a>(
    checkout: &'a Checkout,
    name: &str,
    service: &Service,
) -> Option<(Said, &'a SourceFile, Place)> {
    let image = service.image.as_deref()?;
    let is_it = SNMP.images.contains(&short_name(image));
    if !is_it || !is_since(image, 23) || service.build.is_some() || is_for_a_shell(service) {
        return None;
    }
    let path = flag(service, "config.file").unwrap_or(SNMP.configuration);
    let file = mounted_file(checkout, service, Path::new(path))?;
    let documents = parse(&file.text).ok()?;
    let document = documents.first()?;
    if document.get("modules").is_some() || document.get("auths").is_some() {
        return None;
    }
    let is_a_module = |node: &Node| {
        ["walk", "get", "metrics"]
            .iter()
            .any(|it| node.get(it).is_some())
    };
    let mut entries = document.entries().iter();
    let (first, _) = entries.find(|(_, module)| is_a_module(module))?;
    let said = Said::error(
        format!(
            "`{name}` does not start: since its version 0.23 it reads modules below `modules:` only, \
             and {} has them at the top",
            file.path.display()
        ),
        "make the file anew with the generator of the exporter's version, or put the modules below \
         `modules:`, and what they have of `version` and `auth` below `auths:`",
    );
    Some((said, file, first.place))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/no-such-module";

    fn project(module: &str, prober: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  web: {{image: nginx}}
  blackbox:
    image: prom/blackbox-exporter
{prober}
--- blackbox.yml
modules:
  http_ok: {{prober: http}}
--- prometheus.yml
scrape_configs:
  - job_name: it
    metrics_path: /probe
    params: {{module: [{module}]}}
    static_configs: [{{targets: ['http://web:80']}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{target_label: __address__, replacement: 'blackbox:9115'}}
"
        )
    }

    const MOUNTED: &str = "    volumes: ['./blackbox.yml:/etc/blackbox_exporter/config.yml']";

    #[test]
    fn module_that_is_not_there_is_found() {
        assert_finds(
            ID,
            &project("http_2xx", MOUNTED),
            &["prometheus.yml:4:23 error: `blackbox` has no module `http_2xx` in blackbox.yml"],
        );
        assert_finds(
            ID,
            &project("http_ok", ""),
            &["prometheus.yml:4:23 error: `blackbox` has no module `http_ok` in its image's own"],
        );
        // The file is mounted where nothing looks for it.
        let unread = "    volumes: ['./blackbox.yml:/config/blackbox.yml']";
        assert_finds(
            ID,
            &project("http_ok", unread),
            &["prometheus.yml:4:23 error"],
        );
    }

    #[test]
    fn module_that_is_there_or_may_be_is_silent() {
        assert_silent(ID, &project("http_ok", MOUNTED));
        assert_silent(ID, &project("http_2xx", ""));
        let named = "    command: ['--config.file=/config/blackbox.yml']\n    \
                     volumes: ['./:/config']";
        assert_silent(ID, &project("http_ok", named));
        let elsewhere = "    volumes: ['/srv/blackbox.yml:/etc/blackbox_exporter/config.yml']";
        assert_silent(ID, &project("http_x", elsewhere));
        assert_silent(ID, &project("http_x", "    build: ./prober"));
    }

    #[test]
    fn module_that_the_snmp_exporter_lacks_is_found() {
        let snmp = |module: &str, modules: &str| {
            let mounted = "    volumes: ['./blackbox.yml:/etc/snmp_exporter/snmp.yml']";
            let project = project(module, mounted).replace("blackbox-exporter", "snmp-exporter");
            project.replace("modules:\n  http_ok: {prober: http}\n", modules)
        };
        let new = "auths: {public: {}}\nmodules: {if_mib: {}, mine: {}}\n";
        for (module, modules) in [
            ("disks", new),
            ("'if_mib,disks'", new),
            ("if_mib", "mine: {}\n"),
        ] {
            assert_finds(
                ID,
                &snmp(module, modules),
                &["prometheus.yml:4:23 error: `blackbox` has no module"],
            );
        }
        for (module, modules) in [("'if_mib,mine'", new), ("mine", "mine: {}\n")] {
            assert_silent(ID, &snmp(module, modules));
        }
        let of_the_image = project("if_mib", "").replace("blackbox-exporter", "snmp-exporter");
        assert_silent(ID, &of_the_image);
    }

    #[test]
    fn modules_in_the_format_of_old_versions_are_found() {
        let snmp = |tag: &str, modules: &str| {
            let mounted = "    volumes: ['./snmp.yml:/etc/snmp_exporter/snmp.yml']";
            let project = project("if_mib", mounted).replace("blackbox.yml", "snmp.yml");
            let image = format!("snmp-exporter{tag}");
            let project = project.replace("blackbox-exporter", &image);
            project.replace("modules:\n  http_ok: {prober: http}\n", modules)
        };
        let old = "if_mib: {walk: [1.3.6.1.2.1.2], version: 2}\n";
        for tag in ["", ":latest", ":v0.26.0"] {
            let expected = "snmp.yml:1:1 error: `blackbox` does not start: since its version 0.23";
            assert_finds(ID, &snmp(tag, old), &[expected]);
        }
        assert_silent(ID, &snmp(":v0.22.0", old));
        let new = "auths: {public: {}}\nmodules: {if_mib: {walk: [1.3.6.1.2.1.2]}}\n";
        assert_silent(ID, &snmp("", new));
    }
}
