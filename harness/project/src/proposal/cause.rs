//! What brings an alert, by its rule alone.

use alertdrill_core::LoadedRule;
use alertdrill_core::promql::{Selector, is_constant, number_of};

use super::reading::{Look, looks_of};
use super::reasons;

/// What brings an alert.
#[derive(Debug)]
pub(super) enum Cause {
    /// It always fires.
    Always,
    /// What Prometheus scrapes is down.
    TargetDown(TargetDown),
    /// What Prometheus scrapes is not even configured any more.
    TargetAbsent(Selector),
    /// A container is gone; its name.
    ContainerGone(String),
    /// An exporter cannot reach what it watches.
    WatchedDown(Selector),
    /// An exporter counts less of what it watches.
    Fewer(Selector),
    /// A prober gets no answer.
    ProbeFails(Selector),
    /// A process has started anew.
    Restarted(Selector),
    /// The kernel has killed a process for its memory.
    OomKilled(Selector),
    /// Nobody takes what waits.
    QueueGrows(Selector),
    /// Something fails.
    Errors(Selector),
    /// Something takes long.
    Slow(Selector),
    /// A metric is no longer there.
    Gone(Selector),
    /// A metric is there and stands still.
    Stalled(Stalled),
    /// No fault brings it; why.
    BeyondReach(&'static str),
}

/// What Prometheus scrapes is down.
#[derive(Debug)]
pub(super) struct TargetDown {
    /// Says which targets are meant.
    pub(super) selector: Selector,
    /// Whether each of them brings an alert of its own; else it takes so many of them.
    pub(super) is_of_each: bool,
}

/// A metric that stands still.
#[derive(Debug)]
pub(super) struct Stalled {
    pub(super) selector: Selector,
    /// Whether the rule still sees the metric once what exports it is gone.
    pub(super) outlives_its_exporter: bool,
    /// How long it may stand still, if the rule says so.
    pub(super) for_seconds: Option<f64>,
}

/// What brings the alert of `rule`.
pub(super) fn cause_of(rule: &LoadedRule) -> Cause {
    if is_constant(&rule.query) == Ok(true) {
        return Cause::Always;
    }
    let Ok(looks) = looks_of(&rule.query) else {
        return Cause::BeyondReach(reasons::NO_PROMQL);
    };
    // What no fault reaches is the answer only if nothing else is.
    let is_in_reach =
        |cause: &Cause| !matches!(cause, Cause::BeyondReach(_) | Cause::TargetAbsent(_));
    let causes = |looks: &[Look]| looks.iter().filter_map(cause_of_look).collect::<Vec<_>>();
    let bring = causes(&looks.bring);
    let (reached, others): (Vec<_>, Vec<_>) = bring.into_iter().partition(is_in_reach);
    let besides = causes(&looks.besides).into_iter();
    let mut known = reached.into_iter().chain(others).chain(besides);
    known
        .next()
        .unwrap_or(Cause::BeyondReach(reasons::NOT_UNDERSTOOD))
}

fn cause_of_look(look: &Look) -> Option<Cause> {
    out_of_reach(look)
        .map(Cause::BeyondReach)
        .or_else(|| down(look))
        .or_else(|| restarted(look))
        .or_else(|| silent(look))
        .or_else(|| degraded(look))
        .or_else(|| fewer(look))
}

fn out_of_reach(look: &Look) -> Option<&'static str> {
    let any =
        |words: &[&str]| look.metric_is(|metric| words.iter().any(|word| metric.contains(word)));
    if any(&[
        "cert_expiry",
        "certificate",
        "_not_after",
        "ssl_expiry",
        "tls_expiry",
    ]) {
        return Some(reasons::CERTIFICATE);
    }
    if any(&[
        "filesystem",
        "_disk_",
        "disk_usage",
        "disk_free",
        "volume_stats",
    ]) {
        return Some(reasons::DISK);
    }
    if look.metric_is(|metric| {
        ["node_", "windows_", "machine_"]
            .iter()
            .any(|host| metric.starts_with(host))
            && metric != "node_up"
    }) {
        return Some(reasons::HOST);
    }
    if look.metric_is(|metric| {
        metric.starts_with("prometheus_") || metric.starts_with("alertmanager_")
    }) {
        return Some(reasons::OBSERVER);
    }
    let is_a_load = [
        "_cpu_",
        "cpu_usage",
        "cpu_seconds",
        "memory_",
        "_memory",
        "heap",
        "load1",
        "load5",
    ];
    if any(&is_a_load) && !any(&["oom"]) && !look.calls("absent") {
        return Some(reasons::LOAD);
    }
    let tells_the_calendar = ["hour", "day_of_week", "day_of_month", "month", "minute"];
    let is_the_calendar = look.selectors.is_empty()
        && tells_the_calendar
            .iter()
            .any(|function| look.calls(function));
    is_the_calendar.then_some(reasons::CALENDAR)
}

/// Something is down, and a metric says so.
fn down(look: &Look) -> Option<Cause> {
    let is_absent = look.calls("absent") || look.calls("absent_over_time");
    let is_low = look.wants_less() || is_absent;
    if let Some(up) = look.selector_of(|metric| metric == "up") {
        let selector = up.clone();
        return is_low.then(|| {
            if is_absent {
                Cause::TargetAbsent(selector)
            } else {
                Cause::TargetDown(TargetDown {
                    selector,
                    is_of_each: look.is_of_each_series(),
                })
            }
        });
    }
    let probe = look.selector_of(|metric| metric.starts_with("probe_"));
    if let Some(probe) = probe {
        let takes_time = look.metric_is(|metric| metric.contains("duration"));
        return Some(if takes_time {
            Cause::Slow(probe.clone())
        } else {
            Cause::ProbeFails(probe.clone())
        });
    }
    if let Some(container) = look.selector_of(|metric| metric.starts_with("container_")) {
        let is_gone =
            look.calls("absent") || look.metric_is(|metric| metric == "container_last_seen");
        let name = container
            .value_of("name")
            .or_else(|| container.value_of("container_label_com_docker_compose_service"));
        if is_gone && let Some(name) = name {
            return Some(Cause::ContainerGone(name.to_owned()));
        }
    }
    let up = look.selector_of(|metric| {
        [
            "_up",
            "_connected",
            "_reachable",
            "_alive",
            "_health_status",
        ]
        .iter()
        .any(|end| metric.ends_with(end))
    });
    up.filter(|_| is_low)
        .map(|up| Cause::WatchedDown(up.clone()))
}

fn restarted(look: &Look) -> Option<Cause> {
    if let Some(oom) = look.selector_of(|metric| metric.contains("oom")) {
        return Some(Cause::OomKilled(oom.clone()));
    }
    if let Some(restarts) = look.selector_of(|metric| metric.contains("restart")) {
        return Some(Cause::Restarted(restarts.clone()));
    }
    let is_a_start = |metric: &str| metric.contains("start_time") || metric.contains("uptime");
    let start = look.selector_of(is_a_start)?;
    let moves = ["changes", "resets", "delta", "idelta", "increase"];
    let moves = moves.iter().any(|function| look.calls(function));
    let is_young = look
        .limits
        .iter()
        .any(|limit| limit.operator.starts_with('<'));
    (moves || is_young).then(|| Cause::Restarted(start.clone()))
}

/// Something has fallen silent: it is absent, its last success is long ago, its counter stands.
fn silent(look: &Look) -> Option<Cause> {
    let selector = look.selectors.first()?;
    if look.calls("absent") || look.calls("absent_over_time") {
        return Some(Cause::Gone(selector.clone()));
    }
    let is_long_ago = look.calls("time") && look.calls_for_more();
    let counts = ["rate", "irate", "increase", "changes", "delta"];
    let stands = look.wants_less() && counts.iter().any(|function| look.calls(function));
    (is_long_ago || stands).then(|| {
        let limits = look.limits.iter();
        let mut numbers = limits.filter_map(|limit| number_of(&limit.query));
        Cause::Stalled(Stalled {
            selector: selector.clone(),
            outlives_its_exporter: look.calls("last_over_time") || look.calls("max_over_time"),
            for_seconds: numbers.next().filter(|_| is_long_ago),
        })
    })
}

/// A plain metric is low.
fn fewer(look: &Look) -> Option<Cause> {
    let [only] = look.selectors.as_slice() else {
        return None;
    };
    let is_plain = look.is_of_each_series() && look.wants_less();
    is_plain.then(|| Cause::Fewer(only.clone()))
}

/// Something works worse than it should.
fn degraded(look: &Look) -> Option<Cause> {
    let like = |words: &'static [&str]| {
        look.selector_of(move |metric| {
            let metric = metric.to_ascii_lowercase();
            words.iter().any(|word| metric.contains(word))
        })
    };
    let fails = |selector: &&Selector| {
        selector.labels().any(|(label, value)| {
            let is_a_status = ["status", "code", "outcome", "result", "state"];
            let is_a_status = is_a_status.iter().any(|name| label.contains(name));
            let value = value.to_ascii_lowercase();
            let says_so = ["error", "fail", "server_error", "exception"];
            is_a_status && (value.contains('5') || says_so.iter().any(|word| value.contains(word)))
        })
    };
    if let Some(failing) = look.selectors.iter().find(fails) {
        return Some(Cause::Errors(failing.clone()));
    }
    if !look.calls_for_more() {
        return None;
    }
    if look.calls("histogram_quantile")
        && let Some(slow) = look.selectors.first()
    {
        return Some(Cause::Slow(slow.clone()));
    }
    if let Some(waiting) = like(&[
        "queue",
        "lag",
        "pending",
        "backlog",
        "messages_ready",
        "unprocessed",
    ]) {
        return Some(Cause::QueueGrows(waiting.clone()));
    }
    if let Some(failing) = like(&[
        "error",
        "fail",
        "exception",
        "rejected",
        "dropped",
        "timeout",
    ]) {
        return Some(Cause::Errors(failing.clone()));
    }
    let slow = like(&[
        "duration",
        "latency",
        "response_time",
        "_seconds_bucket",
        "_seconds_sum",
    ]);
    slow.map(|slow| Cause::Slow(slow.clone()))
}

#[cfg(test)]
mod tests;
