//! What the kernel and the engine do to containers: `ServiceOOMKill`.

use alertdrill::prelude::*;

use super::k2::{
    EXCHANGES, EXPORTER, HANDLER, between_runs, each_trade_arrives_once, seconds, shell,
};

/// `tail` keeps what has no line end, and nobody reads what it would print.
const FILL: &str = "[ -e /tmp/fills ] || { touch /tmp/fills; \
    (head -c 475000000 /dev/zero | tail | sleep 3600) >/dev/null 2>&1 & }";
const FREE: &str = "rm -f /tmp/fills; for process in /proc/[0-9]*; do \
    case \"$(tr '\\0' ' ' <$process/cmdline)\" in \
    'tail ' | 'sleep 3600 ' | 'head -c 4'*) kill -9 ${process#/proc/} ;; esac; \
    done 2>/dev/null; true";

pub(super) fn drills() -> Vec<Drill> {
    [
        Drill::new("service_oom_killed", Fault::oom_kill(HANDLER))
            .expect_alert(killed(HANDLER, 10))
            .afterwards(each_trade_arrives_once("{lane}")),
        many_services_oom_killed(),
        // One of two containers is killed for its memory, the other crashes meanwhile: that one is
        // no alert.
        Drill::new(
            "one_of_two_containers_oom_killed",
            Fault::oom_kill("docker-api#1"),
        )
        .fault(Fault::kill("docker-api#2", "SIGTERM"))
        .expect_alert(killed("docker-api", 10)),
        Drill::new("service_restarted_by_hand", Fault::restart(HANDLER)).silent(oom_kill()),
        Drill::new("service_at_90_percent_of_its_memory", filled_memory())
            .silent(oom_kill().near(memory_above(0.88), seconds(40))),
    ]
    .map(|drill| drill.shared(EXPORTER))
    .to_vec()
}

/// Within a minute, each as soon as the one before it is started again. What tells of it has the
/// longest time to come back, and the offload's worker would crash while its server starts: so the
/// one comes last and the others first.
fn many_services_oom_killed() -> Drill {
    let handlers = EXCHANGES.map(|exchange| HANDLER.replace("{lane}", exchange));
    let mut services = vec![
        EXPORTER,
        "docker-api#1",
        "prefect-server",
        "postgres",
        "minio",
    ];
    services.extend(handlers.iter().map(String::as_str));
    services.extend([
        "exchange-simulator",
        "kafka",
        "clickhouse",
        "lag-exporter",
        "clickhouse-exporter",
        "clickhouse-log-exporter",
        "offload-exporter",
        "offload-worker",
    ]);
    let drill = Drill::new("many_services_oom_killed", Fault::oom_kill(services[0]));
    let drill = drill.at(between_runs());
    let drill = (services[1..].iter()).fold(drill, |drill, service| {
        drill.fault(Fault::oom_kill(*service))
    });
    (services.iter()).fold(drill, |drill, container| {
        drill.expect_alert(killed(Replica::of(container).service, 40))
    })
}

/// The alert resolves when the rule's two minutes are over.
fn killed(service: &str, latest_s: u64) -> ExpectedAlert {
    ExpectedAlert::new("ServiceOOMKill", "critical", seconds(50 + latest_s))
        .label("service", service)
        .when(format!(
            "increase(container_restart_count{{service=\"{service}\"}}[2m]) > 0"
        ))
        .onset(seconds(0), seconds(latest_s))
        .recovery(seconds(125))
}

fn filled_memory() -> Fault {
    Fault::run_command(HANDLER, shell(FILL), shell(FREE))
        .what(format!("{HANDLER} uses 90 % of its memory"))
        .into()
}

fn memory_above(part: f64) -> String {
    let usage = of_handler("container_memory_usage_bytes");
    let limit = of_handler("container_spec_memory_limit_bytes");
    format!("{usage} > {part} * {limit}")
}

fn of_handler(metric: &str) -> String {
    format!("{metric}{{service=\"{HANDLER}\"}}")
}

fn oom_kill() -> SilentAlert {
    SilentAlert::new("ServiceOOMKill").label("service", HANDLER)
}
