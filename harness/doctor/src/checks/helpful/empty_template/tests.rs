use crate::test_projects::{assert_finds, assert_silent};

const ID: &str = "helpful/empty-template";

fn rules(expression: &str, summary: &str) -> String {
    format!(
        "--- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: \
         {expression}\n        labels: {{severity: page}}\n        annotations:\n          \
         summary: '{summary}'\n"
    )
}

#[test]
fn label_that_the_expression_takes_away_is_found() {
    for (expression, summary, expected) in [
        (
            "sum(rate(x[5m])) > 1",
            "on {{ $labels.instance }}",
            "rules.yml:8:27 warning: `$labels.instance` is always empty: the expression's \
             result has no labels",
        ),
        (
            "sum by (job) (rate(x[5m])) > 1",
            "{{ .Labels.instance }} of {{ $labels.job }}",
            "rules.yml:8:24 warning: `$labels.instance` is always empty: the expression's \
             result has only the label `job`",
        ),
        (
            "absent(up{job=\"a\"})",
            "{{ index $labels \"instance\" }} {{ $labels.instance }}",
            "rules.yml:8:30 warning: `$labels.instance` is always empty",
        ),
        (
            "up == 0",
            "{{ $labels.severity }}",
            "rules.yml:8:24 warning: `$labels.severity` is always empty: templates see the \
             labels of the expression's result, not those of the rule",
        ),
    ] {
        assert_finds(ID, &rules(expression, summary), &[expected]);
    }
}

#[test]
fn template_that_prometheus_cannot_read_is_found() {
    for (summary, expected) in [
        (
            "{{ $label.job }}",
            "rules.yml:8:24 error: there is no variable `$label`",
        ),
        (
            "{{ labels.job }}",
            "rules.yml:8:24 error: there is no function `labels.job`",
        ),
        (
            "{{ $value.x }}",
            "rules.yml:8:24 error: `$value.x` cannot be printed",
        ),
        (
            "{{ .labels.job }}",
            "rules.yml:8:24 error: `.labels.job` is nothing that",
        ),
        (
            "a {{ $labels.job }",
            "rules.yml:8:23 error: `summary`: an action that begins",
        ),
        (
            "{{ $value | humanise }}",
            "rules.yml:8:33 error: there is no function `humanise`",
        ),
        (
            "{{ if $value }}a",
            "rules.yml:8:21 error: `summary`: a block",
        ),
    ] {
        assert_finds(ID, &rules("up == 0", summary), &[expected]);
    }
}

#[test]
fn look_alikes_are_silent() {
    for (expression, summary) in [
        (
            "up == 0",
            "{{ $labels.instance }} {{ .Labels.job }} {{ $value | humanize }}",
        ),
        ("sum by (job) (x) > 1", "{{ $labels.job }} {{ .Value }}"),
        (
            "sum(x) > 1",
            "{{ if $labels.instance }}{{ $labels.instance }}{{ end }}",
        ),
        ("absent(up{job=\"a\"})", "{{ $labels.job }}"),
        (
            "sum(x) > 1",
            "{{ range query \"up == 0\" }}{{ .Labels.instance }} {{ .Value }}{{ end }}",
        ),
        (
            "sum(x) > 1",
            "{{ with query \"up\" }}{{ . | first | value }}{{ end }}",
        ),
        ("up == 0", "{{ $x := $labels.job }}{{ $x | title }}"),
        (
            "up == 0",
            "{{ printf \"%.2f\" $value }} {{ $externalLabels.cluster }}",
        ),
        ("ALERTS == 1", "{{ $labels.alertname }}"),
        ("sum by (severity) (x) > 1", "{{ $labels.severity }}"),
        (
            "sum(x) > 1",
            "{{ $externalURL }} {{/* $labels.x */}} { $labels.x }",
        ),
        (
            "sum by (a) (x) * on (a) group_left (b) y > 1",
            "{{ $labels.a }} {{ $labels.b }}",
        ),
    ] {
        assert_silent(ID, &rules(expression, summary));
    }
}

#[test]
fn label_that_the_targets_of_some_jobs_lack_is_found() {
    let project = |expression: &str| {
        format!(
            "{}--- prometheus.yml\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: a\n  \
             static_configs: [{{targets: ['a:1'], labels: {{team: shop}}}}]\n- job_name: b\n  \
             static_configs: [{{targets: ['b:1']}}]\n",
            rules(expression, "{{ $labels.team }}")
        )
    };
    let found = "rules.yml:8:24 warning: `$labels.team` is empty for the job `b`";
    assert_finds(ID, &project("up == 0"), &[found]);
    for expression in ["up{job=\"a\"} == 0", "up{team=\"shop\"} == 0", "x == 0"] {
        assert_silent(ID, &project(expression));
    }
}
