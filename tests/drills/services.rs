//! What the kernel and the engine do to containers: `ServiceOOMKill`.

use alertdrill::prelude::*;

use super::k2::{EXPORTER, HANDLER, no_trade_is_lost_or_doubled, seconds, shell};

pub(super) fn drills() -> Vec<Drill> {
    vec![
        service_oom_killed(),
        service_restarted_by_hand(),
        service_at_90_percent_of_its_memory(),
    ]
    .into_iter()
    .map(|drill| drill.shared(EXPORTER))
    .collect()
}

/// It resolves when the rule's two minutes are over.
fn service_oom_killed() -> Drill {
    let alert = ExpectedAlert::new("ServiceOOMKill", "critical", seconds(60))
        .label("service", HANDLER)
        .when(format!(
            "increase(container_restart_count{{service=\"{HANDLER}\"}}[2m]) > 0"
        ))
        .onset(seconds(0), seconds(10))
        .recovery(seconds(125));
    Drill::new("service_oom_killed", Fault::oom_kill(HANDLER))
        .expect_alert(alert)
        .afterwards(no_trade_is_lost_or_doubled("{lane}"))
}

fn oom_kill() -> SilentAlert {
    SilentAlert::new("ServiceOOMKill").label("service", HANDLER)
}

fn service_restarted_by_hand() -> Drill {
    Drill::new("service_restarted_by_hand", Fault::restart(HANDLER)).silent(oom_kill())
}

/// `tail` keeps what has no line's end, and nobody reads what it would print.
fn service_at_90_percent_of_its_memory() -> Drill {
    let fill = "[ -e /tmp/fills ] || { touch /tmp/fills; (head -c 475000000 /dev/zero | tail | sleep 3600) >/dev/null 2>&1 & }";
    let free = "rm -f /tmp/fills; for process in /proc/[0-9]*; do \
        case \"$(tr '\\0' ' ' <$process/cmdline)\" in 'tail ' | 'sleep 3600 ' | 'head -c 4'*) kill -9 ${process#/proc/} ;; esac; \
        done 2>/dev/null; true";
    let fault = Fault::run_command(HANDLER, shell(fill), shell(free))
        .what(format!("{HANDLER} uses 90 % of its memory"));
    let memory = |metric: &str| format!("{metric}{{service=\"{HANDLER}\"}}");
    let near = format!(
        "{} > 0.88 * {}",
        memory("container_memory_usage_bytes"),
        memory("container_spec_memory_limit_bytes")
    );
    Drill::new("service_at_90_percent_of_its_memory", fault)
        .silent(oom_kill().near(near, seconds(40)))
}
