//! A share of a limit that is 0 where none is set.

use promql_parser::label::Matcher;
use promql_parser::parser::{Expr, VectorSelector};

use crate::checkout::Checkout;
use crate::checks::check::{Case, Said};
use crate::expression::{Comparison, Operator, name_of, parts, selectors};

const MEMORY_OF_CONTAINERS: &str = "container_spec_memory_limit_bytes";
const MEMORY_OF_REDIS: &str = "redis_memory_max_bytes";
const SIZE_OF_PROMETHEUS: &str = "prometheus_tsdb_retention_limit_bytes";
const ADDRESSES_OF_A_PROCESS: &str = "process_virtual_memory_max_bytes";

/// A share that is infinite because the project sets no limit.
pub(super) fn no_limit(case: &Case<'_>, expr: &Expr, compared: &Comparison<'_>) -> Option<Said> {
    if !matches!(compared.operator, Operator::Above | Operator::AtLeast) {
        return None;
    }
    let mut divisors = parts(compared.subject).into_iter().filter_map(divisor);
    let (selector, limit) = divisors.next()?;
    if limit == ADDRESSES_OF_A_PROCESS {
        return None;
    }
    let is_guarded = parts(expr).into_iter().any(|part| {
        let guard = Comparison::of(part);
        guard.is_some_and(|guard| {
            let is_other = !std::ptr::eq(guard.subject, compared.subject);
            let selectors = selectors(guard.subject);
            let is_of_limit = is_other
                && selectors
                    .iter()
                    .any(|selector| name_of(selector) == Some(limit));
            is_of_limit || guard.number.is_infinite()
        })
    });
    // That the limit is not exported is another finding.
    let is_absent = case.knowledge.absence(selector).is_some();
    let unlimited = unlimited(case.checkout, limit, selector)
        .or_else(|| groups_of_the_machine(case, limit, compared.subject));
    let unlimited = unlimited.filter(|_| !is_guarded && !is_absent)?;
    Some(Said::warning(
        format!(
            "`{limit}` is 0 for {unlimited}, without a limit: the share is infinite then, and the \
             alert may always fire"
        ),
        format!("divide by those that have one: `/ ({limit} > 0)`, or set a limit"),
    ))
}

/// A share of a process's address space, which has no end where nobody sets one.
pub(super) fn no_end(compared: &Comparison<'_>) -> Option<Said> {
    if !matches!(compared.operator, Operator::Above | Operator::AtLeast) {
        return None;
    }
    let mut divisors = parts(compared.subject).into_iter().filter_map(divisor);
    let (_, limit) = divisors.next()?;
    (limit == ADDRESSES_OF_A_PROCESS).then(|| {
        Said::warning(
            format!(
                "`{limit}` has no end where nobody limits a process's address space, as is usual: \
                 the share may always be about 0"
            ),
            "compare the memory with bytes, or with the container's limit",
        )
    })
}

fn divisor(part: &Expr) -> Option<(&VectorSelector, &'static str)> {
    let Expr::Binary(binary) = part else {
        return None;
    };
    if Operator::of(binary) != Operator::DividedBy {
        return None;
    }
    let selector = selectors(&binary.rhs).into_iter().next()?;
    let name = name_of(selector)?;
    let limits = [
        MEMORY_OF_CONTAINERS,
        MEMORY_OF_REDIS,
        SIZE_OF_PROMETHEUS,
        ADDRESSES_OF_A_PROCESS,
    ];
    let limit = limits.into_iter().find(|limit| *limit == name)?;
    Some((selector, limit))
}

/// The groups of processes of the machine, which cAdvisor counts beside containers, unless a matcher
/// leaves them out.
fn groups_of_the_machine(case: &Case<'_>, limit: &str, subject: &Expr) -> Option<String> {
    const OF_CONTAINERS: [&str; 6] = ["name", "image", "id", "container", "container_name", "pod"];
    let leaves_them_out = |matcher: &Matcher| {
        let is_of_one = OF_CONTAINERS.contains(&matcher.name.as_str())
            || matcher.name.starts_with("container_label");
        is_of_one && !matcher.is_match(if matcher.name == "id" { "/" } else { "" })
    };
    let selectors = selectors(subject);
    let mut matchers = selectors.iter().flat_map(|it| &it.matchers.matchers);
    let is_counted = limit == MEMORY_OF_CONTAINERS && case.checkout.prometheus.is_some();
    (is_counted && !matchers.any(leaves_them_out))
        .then(|| "groups of the machine that are no container (`/system.slice`)".to_owned())
}

/// A service that a selector reads and that has no limit.
fn unlimited(checkout: &Checkout, limit: &str, selector: &VectorSelector) -> Option<String> {
    let services = &checkout.compose.as_ref()?.services;
    if limit == SIZE_OF_PROMETHEUS {
        let name = checkout.prometheus.as_ref()?.service.as_ref()?;
        let service = services.get(name)?;
        let mut words = service.command.iter().chain(&service.entrypoint);
        let is_limited = words.any(|word| word.contains("retention.size"));
        let by_file = checkout.prometheus.as_ref()?.node.get("storage").is_some();
        return (!is_limited && !by_file).then(|| format!("the service `{name}`"));
    }
    let found = services.iter().find(|(name, service)| {
        if limit == MEMORY_OF_REDIS {
            let is_redis = service.image.as_deref().is_some_and(|image| {
                let last = image.rsplit('/').next().unwrap_or_default();
                last == "redis" || last.starts_with("redis:")
            });
            let is_configured = !service.volumes.is_empty() || !service.configs.is_empty();
            let mut words = service.command.iter().chain(&service.entrypoint);
            let is_limited = words.any(|word| word.contains("maxmemory") || word.contains(".conf"));
            return is_redis && !is_limited && !is_configured;
        }
        let called = service.container_name.as_deref().unwrap_or(name);
        let is_read = selector
            .matchers
            .find_matchers("name")
            .iter()
            .all(|it| it.is_match(called));
        !service.has_memory_limit() && is_read
    });
    found.map(|(name, _)| format!("the service `{name}`"))
}

#[cfg(test)]
mod tests {
    use crate::checks::expression::of_rules::tests::{alerts_on, assert_found_in};
    use crate::test_projects::assert_silent;

    const ID: &str = "expression/threshold-outside-domain";

    fn project(expr: &str, limit: &str) -> String {
        format!(
            "{}--- docker-compose.yml
services:
  api: {{image: 'shop/api', container_name: api{limit}}}
  prometheus:
    image: prom/prometheus
    mem_limit: 1g
    volumes:
    - ./prometheus.yml:/etc/prometheus/prometheus.yml
    - ./rules.yml:/etc/prometheus/rules.yml
--- prometheus.yml
rule_files: [rules.yml]
scrape_configs: [{{job_name: api, static_configs: [{{targets: ['api:8000', 'cadvisor:8080']}}]}}]
",
            alerts_on(expr)
        )
    }

    #[test]
    fn share_of_no_limit_is_a_warning() {
        for expr in [
            "container_memory_usage_bytes{name!=\"\"} / container_spec_memory_limit_bytes > 0.8",
            "sum by (name) (container_memory_usage_bytes{image!=\"\"}) \
             / sum by (name) (container_spec_memory_limit_bytes) * 100 > 80",
            "container_memory_usage_bytes / container_spec_memory_limit_bytes{name=\"api\"} > 0.8",
        ] {
            assert_found_in(ID, "warning", &project(expr, ""));
            assert_silent(ID, &project(expr, ", mem_limit: 1g"));
        }
    }

    #[test]
    fn share_of_the_machines_groups_is_a_warning_even_where_all_services_have_a_limit() {
        for expr in [
            "container_memory_usage_bytes / container_spec_memory_limit_bytes > 0.8",
            "container_memory_usage_bytes{job=\"api\"} / container_spec_memory_limit_bytes > 0.8",
        ] {
            assert_found_in(ID, "warning", &project(expr, ", mem_limit: 1g"));
        }
    }

    #[test]
    fn limits_that_a_server_or_a_system_does_not_set_by_itself_are_a_warning() {
        let size =
            "prometheus_tsdb_storage_blocks_bytes / prometheus_tsdb_retention_limit_bytes > 0.8";
        let itself = project(size, "").replace("'cadvisor:8080'", "'localhost:9090'");
        assert_found_in(ID, "warning", &itself);
        let limited = itself.replace(
            "mem_limit: 1g\n",
            "mem_limit: 1g\n    command: ['--storage.tsdb.retention.size=5GB']\n",
        );
        assert_silent(ID, &limited);
        let addresses = "process_resident_memory_bytes / process_virtual_memory_max_bytes > 0.9";
        assert_found_in(ID, "warning", &project(addresses, ""));
    }

    #[test]
    fn guarded_shares_are_fine() {
        for expr in [
            "container_memory_usage_bytes / (container_spec_memory_limit_bytes > 0) > 0.8",
            "container_memory_usage_bytes / container_spec_memory_limit_bytes > 0.8 \
             and container_spec_memory_limit_bytes > 0",
            "container_memory_usage_bytes / container_spec_memory_limit_bytes < 0.8",
            "container_memory_usage_bytes / container_spec_memory_limit_bytes != +Inf > 0.8",
            "container_memory_usage_bytes / container_spec_memory_limit_bytes{name=\"x\"} > 0.8",
        ] {
            assert_silent(ID, &project(expr, ""));
        }
    }
}
