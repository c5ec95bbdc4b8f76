//! What the kernel and the engine do to containers: `ServiceOOMKill`.

use alertdrill::prelude::*;

use super::k2::{EXPORTER, HANDLER, each_trade_arrives_once, seconds, shell};

/// `tail` keeps what has no line end, and nobody reads what it would print.
const FILL: &str = "[ -e /tmp/fills ] || { touch /tmp/fills; \
    (head -c 475000000 /dev/zero | tail | sleep 3600) >/dev/null 2>&1 & }";
const FREE: &str = "rm -f /tmp/fills; for process in /proc/[0-9]*; do \
    case \"$(tr '\\0' ' ' <$process/cmdline)\" in \
    'tail ' | 'sleep 3600 ' | 'head -c 4'*) kill -9 ${process#/proc/} ;; esac; \
    done 2>/dev/null; true";

pub(super) fn drills() -> Vec<Drill> {
    [
        // The alert resolves when the rule's two minutes are over.
        Drill::new("service_oom_killed", Fault::oom_kill(HANDLER))
            .expect_alert(
                ExpectedAlert::new("ServiceOOMKill", "critical", seconds(60))
                    .label("service", HANDLER)
                    .when(format!(
                        "increase({}[2m]) > 0",
                        of_handler("container_restart_count")
                    ))
                    .onset(seconds(0), seconds(10))
                    .recovery(seconds(125)),
            )
            .afterwards(each_trade_arrives_once("{lane}")),
        Drill::new("service_restarted_by_hand", Fault::restart(HANDLER)).silent(oom_kill()),
        Drill::new("service_at_90_percent_of_its_memory", filled_memory())
            .silent(oom_kill().near(memory_above(0.88), seconds(40))),
    ]
    .map(|drill| drill.shared(EXPORTER))
    .to_vec()
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
