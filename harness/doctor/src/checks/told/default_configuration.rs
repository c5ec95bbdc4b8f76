//! An Alertmanager that runs with the configuration of its image.

use std::path::Path;

use alertdrill_core::Finding;
use alertdrill_project::Service;

use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names, host_and_port};

pub(in crate::checks) const DEFAULT_CONFIGURATION: Check = Check {
    id: "told/default-configuration",
    title: "Alertmanager runs with its image's own configuration",
    run,
};

/// Where the image has its configuration.
const FOLDER: &str = "/etc/alertmanager";
/// What the image is called, without a registry.
const IMAGES: [&str; 2] = ["prom/alertmanager", "prometheus/alertmanager"];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let (Some(prometheus), Some(names), Some(model)) =
        (&checkout.prometheus, Names::of(checkout), &checkout.compose)
    else {
        return Vec::new();
    };
    let (Some(asker), Some(alert)) = (&prometheus.service, checkout.alerts().next()) else {
        return Vec::new();
    };
    let told = prometheus.alertmanagers.iter().filter_map(|told| {
        let (host, _) = host_and_port(&told.address.text);
        let Answers::Service(name) = names.answers(host, asker) else {
            return None;
        };
        let places = checkout.compose_places.services.get(name)?;
        if !has_its_images_own(model.services.get(name)?) {
            return None;
        }
        let unused = checkout.files.iter().find(|path| {
            let file = path.file_name().and_then(|file| file.to_str());
            file.is_some_and(|file| file == "alertmanager.yml" || file == "alertmanager.yaml")
        });
        let unused = unused.map_or_else(String::new, |path| {
            format!("; nothing mounts {}", path.display())
        });
        let said = Said::error(
            format!(
                "`{name}` runs with its image's own configuration, which tells of `{}` and all \
                 others a web hook on its own loopback address: nobody{unused}",
                alert.name.text
            ),
            format!("mount your configuration as `{FOLDER}/alertmanager.yml`"),
        );
        let at = &places.name;
        Some(said.about(name, DEFAULT_CONFIGURATION.id, &at.file, at.place))
    });
    told.collect()
}

/// Whether a service is the image as it is published, and nothing gives it a configuration.
fn has_its_images_own(service: &Service) -> bool {
    let image = service.image.as_deref().unwrap_or_default();
    let image = image.split('@').next().unwrap_or_default();
    let (name, tag) = image.rsplit_once(':').unwrap_or((image, ""));
    let name = if tag.contains('/') { image } else { name };
    let is_published = IMAGES.iter().any(|it| name.ends_with(it));
    let mut mounts = service.volumes.iter().map(|volume| volume.target.as_str());
    let mut configs = service.configs.iter();
    let is_given = mounts.any(|target| {
        Path::new(target).starts_with(FOLDER) || Path::new(FOLDER).starts_with(target)
    });
    let mut words = service.command.iter().chain(&service.entrypoint);
    is_published
        && service.build.is_none()
        && !is_given
        && configs.next().is_none()
        && !words.any(|word| word.contains("config.file") || word.contains(' '))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/default-configuration";

    fn project(alertmanager: &str) -> String {
        format!(
            "--- docker-compose.yml\nservices:\n  prometheus:\n    image: prom/prometheus\n    \
             volumes: ['.:/etc/prometheus']\n  alertmanager:\n{alertmanager}\
             --- prometheus.yml\nrule_files: [rules.yml]\nalerting: {{alertmanagers: \
             [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}\nscrape_configs: []\n\
             --- rules.yml\ngroups: [{{name: g, rules: [{{alert: Down, expr: up == 0}}]}}]\n\
             --- alertmanager/alertmanager.yml\nroute: {{receiver: a}}\nreceivers: [{{name: a}}]\n"
        )
    }

    #[test]
    fn image_that_nothing_configures_is_found() {
        for service in [
            "    image: prom/alertmanager:v0.27.0\n",
            "    image: registry.example:5000/prom/alertmanager\n    \
             volumes: ['data:/alertmanager']\n",
            "    image: prom/alertmanager\n    command: ['--log.level=debug']\n",
        ] {
            let expected = "docker-compose.yml:5:3 error: `alertmanager` runs with its image's own \
                            configuration, which tells of `Down` and all others a web hook on its \
                            own loopback address: nobody; nothing mounts \
                            alertmanager/alertmanager.yml";
            assert_finds(ID, &project(service), &[expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        for service in [
            "    image: prom/alertmanager\n    volumes: ['./alertmanager:/etc/alertmanager']\n",
            "    image: prom/alertmanager\n    \
             volumes: ['./alertmanager/alertmanager.yml:/etc/alertmanager/alertmanager.yml']\n",
            "    image: prom/alertmanager\n    command: ['--config.file=/etc/am.yml']\n",
            "    image: prom/alertmanager\n    command: sh -c 'envsubst > /etc/am.yml'\n",
            "    build: ./alertmanager\n",
            "    image: me/alertmanager\n",
        ] {
            assert_silent(ID, &project(service));
        }
    }
}
