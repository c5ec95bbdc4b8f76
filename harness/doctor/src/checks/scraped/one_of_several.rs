//! A target behind which several stand that count each for itself.

mod workers;

use alertdrill_core::Finding;

use super::scraped_targets::asked;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names};

pub(in crate::checks) const ONE_OF_SEVERAL: Check = Check {
    id: "scraped/one-of-several",
    title: "each scrape of a target is answered by another of several",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    let checkout = case.checkout;
    let Some(names) = Names::of(checkout) else {
        return Vec::new();
    };
    let targets = asked(checkout, &names);
    let findings = targets.iter().filter(|it| !it.is_probed).filter_map(|it| {
        let Answers::Service(name) = it.answers else {
            return None;
        };
        let service = names.service(name)?;
        let containers = service.replicas();
        let said = if containers > 1 && !it.job.asks_a_prober() {
            Said::warning(
                format!(
                    "`{}` is {containers} containers, and each scrape is answered by one of them: \
                     their counters are taken for one that falls and rises",
                    it.address
                ),
                format!(
                    "let Prometheus find each of them: `dns_sd_configs` with the name `{name}` and \
                     the type `A`"
                ),
            )
        } else {
            workers::several(checkout, name, service, it)?
        };
        Some(said.about(
            &it.job.name.text,
            ONE_OF_SEVERAL.id,
            &it.file.path,
            it.place,
        ))
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/one-of-several";

    pub(super) fn project(api: &str, discovery: &str, files: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  api:
    {api}
--- prometheus.yml
scrape_configs:
  - job_name: api
    {discovery}
{files}"
        )
    }

    pub(super) const STATIC: &str = "static_configs: [{targets: ['api:8000']}]";

    #[test]
    fn several_containers_under_one_name_are_found() {
        let expected = "prometheus.yml:3:33 warning: `api:8000` is 3 containers, and each scrape";
        for api in [
            "image: me/api\n    deploy: {replicas: 3}",
            "image: me/api\n    scale: 3",
        ] {
            assert_finds(ID, &project(api, STATIC, ""), &[expected]);
        }
    }

    #[test]
    fn look_alikes_are_silent() {
        let several = "image: me/api\n    deploy: {replicas: 3}";
        let each = "dns_sd_configs: [{names: [api], type: A, port: 8000}]";
        assert_silent(ID, &project(several, each, ""));
        let one = "image: me/api\n    deploy: {replicas: 1}";
        assert_silent(ID, &project(one, STATIC, ""));
    }
}
