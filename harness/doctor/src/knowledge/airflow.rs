//! Names that a `StatsD` mapping gives to metrics that Airflow does not send.

use std::collections::BTreeSet;

use alertdrill_project::yaml_tree::{self, Node};

use crate::checkout::SourceFile;

/// What Airflow sends, without its prefix: by the documentation of its versions 2 and 3.
const SENT: &str = "*_start *_end *_heartbeat_failure local_task_job.task_exit.*.*.*.* \
    operator_failures operator_successes operator_failures_* operator_successes_* ti_failures \
    ti_successes previously_succeeded zombies_killed zombies_killed.*.* task_instance_created \
    task_instance_created-* task_instance_created_* triggerer_heartbeat triggerer_heartbeat.* \
    scheduler_heartbeat dag_processing.* dag_processing.*.* dag_processing.*.*.* \
    dag_file_processor_timeouts dag_file_refresh_error scheduler.tasks.* \
    scheduler.orphaned_tasks.* scheduler.critical_section_busy \
    scheduler.critical_section_duration scheduler.critical_section_query_duration \
    scheduler.scheduler_loop_duration ti.start ti.finish ti.scheduled ti.queued ti.running \
    ti.deferred ti.*.* ti.*.*.* ti.*.*.*.* dag.callback_exceptions celery.task_timeout_error \
    celery.execute_command.failure task.cpu_usage.*.* task.mem_usage.*.* cpu.usage.*.* \
    mem.usage.*.* task.cpu_usage task.mem_usage kubernetes_executor.* kubernetes_executor.*.* \
    kubernetes_executor.*.*.* triggers.* triggers.*.* triggers.*.*.* asset.* dataset.* sla_missed \
    sla_callback_notification_failure sla_email_notification_failure dagbag_size \
    executor.open_slots executor.queued_tasks executor.running_tasks executor.open_slots.* \
    executor.queued_tasks.* executor.running_tasks.* pool.open_slots pool.queued_slots \
    pool.running_slots pool.deferred_slots pool.scheduled_slots pool.starving_tasks \
    pool.used_slots pool.open_slots.* pool.queued_slots.* pool.running_slots.* \
    pool.deferred_slots.* pool.scheduled_slots.* pool.starving_tasks.* pool.used_slots.* \
    dagrun.dependency-check dagrun.dependency-check.* dag.*.*.duration dag.*.*.queued_duration \
    dag.*.*.scheduled_duration task.duration task.queued_duration task.scheduled_duration \
    dagrun.duration.success dagrun.duration.failed dagrun.duration.success.* \
    dagrun.duration.failed.* dagrun.schedule_delay dagrun.schedule_delay.* \
    dagrun.*.first_task_scheduling_delay dagrun.*.first_task_start_delay \
    dagrun.first_task_scheduling_delay dagrun.first_task_start_delay collect_db_dags \
    celery_executor.* batch_executor.* ecs_executor.* edge_executor.* edge_worker.* \
    edge_worker.*.* ol.* ol.*.* ol.*.*.* deadline_alerts.* serde.* task_restored_to_dag \
    task_removed_from_dag task_restored_to_dag.* task_removed_from_dag.*";

/// The names that only mappings of what Airflow does not send would give.
pub(super) fn never_sent(sources: &[SourceFile]) -> BTreeSet<String> {
    let (mut never, mut given) = (BTreeSet::new(), BTreeSet::new());
    for file in sources {
        if !file.text.contains("mappings:") || !file.text.contains("airflow") {
            continue;
        }
        let documents = yaml_tree::parse(&file.text).unwrap_or_default();
        let mappings = documents.iter().filter_map(|it| it.get("mappings"));
        for mapping in mappings.flat_map(Node::items) {
            let pattern = mapping.text_at(&["match"]);
            let Some((pattern, name)) = pattern.zip(mapping.text_at(&["name"])) else {
                continue;
            };
            let is_glob = mapping.text_at(&["match_type"]).unwrap_or("glob") == "glob";
            let of_airflow = pattern.strip_prefix("airflow.").filter(|_| is_glob);
            if of_airflow.is_some_and(|pattern| !is_sent(pattern)) {
                never.insert(name.to_owned());
            } else {
                given.insert(name.to_owned());
            }
        }
    }
    // What is not mapped keeps its words.
    let unmapped = SENT.split_whitespace();
    given.extend(unmapped.map(|sent| format!("airflow_{}", sent.replace(['.', '-'], "_"))));
    never.retain(|name| !given.contains(name) && !name.contains('$'));
    never
}

/// Whether a mapping's pattern may match something that Airflow sends.
fn is_sent(pattern: &str) -> bool {
    let asked: Vec<_> = pattern.split('.').collect();
    SENT.split_whitespace().any(|sent| {
        let sent: Vec<_> = sent.split('.').collect();
        let mut parts = sent.iter().zip(&asked);
        sent.len() == asked.len() && parts.all(|(sent, asked)| may_be_same(sent, asked))
    })
}

/// Whether a part of both may be the same text, where `*` stands for any.
fn may_be_same(sent: &str, asked: &str) -> bool {
    let fits = |pattern: &str, text: &str| {
        let (begin, end) = pattern.split_once('*').unwrap_or((pattern, ""));
        text.len() >= begin.len() + end.len() && text.starts_with(begin) && text.ends_with(end)
    };
    match (sent.contains('*'), asked.contains('*')) {
        (true, true) => true,
        (true, false) => fits(sent, asked),
        (false, true) => fits(asked, sent),
        (false, false) => sent == asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_airflow_never_sends_is_told() {
        let mapping = |pattern: &str, name: &str| {
            format!("  - match: \"{pattern}\"\n    name: \"{name}\"\n    labels: {{id: \"$1\"}}\n")
        };
        let text = [
            mapping("airflow.dag.*.*.failed", "airflow_dag_run_failed"),
            mapping("airflow.dag.*.*.duration", "airflow_dag_duration"),
            mapping("airflow.scheduler.heartbeat", "airflow_scheduler_heartbeat"),
            mapping("airflow.*_heartbeat_failure", "airflow_heartbeat_failures"),
            mapping("airflow.dagrun.duration.failed.*", "airflow_dagrun_failed"),
            mapping("airflow.dagrun.failed.*", "airflow_dagrun_failed"),
            mapping("shop.orders.*", "shop_orders"),
        ];
        let text = format!("mappings:\n{}", text.concat());
        let never = never_sent(&[SourceFile::new("statsd.yml", text)]);
        let never: Vec<_> = never.into_iter().collect();
        assert_eq!(never, ["airflow_dag_run_failed"]);
    }
}
