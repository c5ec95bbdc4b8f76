//! A metric that a program defines and never sets.

use alertdrill_core::Finding;

use super::selectors::{Selected, findings_of_names};
use crate::checks::check::{Case, Check, Said};
use crate::knowledge::MetricKind;

pub(in crate::checks) const NEVER_SET: Check = Check {
    id: "metric/never-set",
    title: "a program defines the metric, and nothing sets it",
    run,
};

fn run(case: &Case<'_>) -> Vec<Finding> {
    findings_of_names(case, NEVER_SET.id, |selected| said(case, selected))
}

fn said(case: &Case<'_>, selected: &Selected<'_>) -> Option<Said> {
    let name = selected.name;
    if case.knowledge.runs(name) {
        return None;
    }
    let family = case.knowledge.never_set(selected.selector)?;
    let has_labels = family
        .labels
        .as_ref()
        .is_none_or(|labels| !labels.is_empty());
    let (verb, result) = match family.kind {
        MetricKind::Counter => ("counts", "stay 0"),
        MetricKind::Histogram | MetricKind::Summary => ("observes", "stay empty"),
        _ => ("sets", "stay 0"),
    };
    let result = if has_labels { "have no series" } else { result };
    let what = format!(
        "`{name}` may {result}: {} defines it, and nothing that is run {verb} anything by it",
        family.origin
    );
    let help = "set it where the program does what it tells of, or delete it and its rule";
    Some(Said::warning(what, help))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "metric/never-set";

    fn project(file: &str, program: &str) -> String {
        format!(
            "--- prometheus.yml\nscrape_configs:\n  - job_name: shop\n    static_configs:\n      - targets: ['localhost:8000']\n\
             --- {file}\n{program}\n\
             --- rules.yml\ngroups:\n  - name: g\n    rules:\n      - alert: A\n        expr: lost_total > 5\n"
        )
    }

    fn python(uses: &str) -> String {
        let program = "from prometheus_client import Counter, start_http_server\n\
                       LOST = Counter('lost', 'x')\nstart_http_server(8000)\n";
        project("shop.py", &format!("{program}{uses}"))
    }

    fn go(uses: &str) -> String {
        let program = "package main\nimport \"github.com/prometheus/client_golang/prometheus\"\n\
                       type Metrics struct {\n\tLost prometheus.Counter\n}\n\
                       func New() *Metrics {\n\tm := &Metrics{\n\t\tLost: prometheus.NewCounter(prometheus.CounterOpts{\n\t\t\tName: \"lost_total\",\n\t\t}),\n\t}\n\tprometheus.MustRegister(m.Lost)\n\treturn m\n}\n";
        project("main.go", &format!("{program}{uses}"))
    }

    fn node(uses: &str) -> String {
        let program = "const client = require('prom-client');\n\
                       const lost = new client.Counter({ name: 'lost_total', help: 'x' });\n";
        project("app.js", &format!("{program}{uses}"))
    }

    #[test]
    fn metric_that_nothing_sets_is_found() {
        let expected = "rules.yml:5:15 warning: `lost_total` may stay 0: shop.py:2 defines it";
        assert_finds(ID, &python(""), &[expected]);
        assert_finds(
            ID,
            &node("module.exports = {\n  lost,\n};\n"),
            &["rules.yml:"],
        );
        assert_finds(
            ID,
            &node("register.registerMetric(lost);\n"),
            &["rules.yml:"],
        );
    }

    #[test]
    fn metric_that_only_a_function_sets_which_nobody_calls_is_found() {
        let dead = "def record_loss(n):\n    if n:\n        LOST.inc(n)\n";
        assert_finds(ID, &python(dead), &["rules.yml:"]);
        let dead = "func (m *Metrics) RecordLoss() {\n\tm.Lost.Inc()\n}\n";
        assert_finds(ID, &go(dead), &["rules.yml:"]);
        let dead = "function recordLoss() {\n  lost.inc();\n}\nmodule.exports = { recordLoss };\n";
        assert_finds(ID, &node(dead), &["rules.yml:"]);
    }

    #[test]
    fn metric_that_only_a_class_sets_which_nobody_names_is_found() {
        let dead = "class Losses:\n    def handle(self):\n        LOST.inc()\n";
        assert_finds(ID, &python(dead), &["rules.yml:"]);
        assert_silent(ID, &python(&format!("{dead}\nLosses().handle()\n")));
        assert_silent(ID, &python(&format!("@register\n{dead}")));
        assert_silent(
            ID,
            &python(&format!("{dead}\nHANDLERS = ['shop.Losses']\n")),
        );
        let dead = "class Losses {\n  handle() {\n    lost.inc();\n  }\n}\n";
        assert_finds(ID, &node(dead), &["rules.yml:"]);
        assert_silent(ID, &node(&format!("{dead}new Losses().handle();\n")));
        assert_silent(ID, &node(&format!("export default {dead}")));
    }

    #[test]
    fn functions_that_only_each_other_call_set_nothing() {
        let dead = "def record_loss():\n    LOST.inc()\ndef track_order():\n    record_loss()\n";
        assert_finds(ID, &python(dead), &["rules.yml:"]);
        assert_silent(
            ID,
            &python(&format!("{dead}def handle():\n    track_order()\n")),
        );
    }

    #[test]
    fn metric_that_is_set_somehow_is_silent() {
        for uses in [
            "LOST.inc()\n",
            "def record_loss():\n    LOST.inc()\nrecord_loss()\n",
            "@task\ndef record_loss():\n    LOST.inc()\n",
            "def handle():\n    LOST.inc()\n",
            "watch(LOST)\n",
            "getattr(metrics, name).inc()\n",
        ] {
            assert_silent(ID, &python(uses));
        }
        for uses in [
            "func (m *Metrics) RecordLoss() {\n\tm.Lost.Inc()\n}\nfunc main() {\n\tNew().RecordLoss()\n}\n",
            "func main() {\n\tm := New()\n\tm.Lost.Inc()\n}\n",
            "func lose(c prometheus.Counter) {}\nfunc main() {\n\tlose(New().Lost)\n}\n",
        ] {
            assert_silent(ID, &go(uses));
        }
        for uses in [
            "lost.inc();\n",
            "const recordLoss = () => {\n  lost.inc();\n};\napp.use(recordLoss);\n",
            "function recordLoss() {\n  lost.inc();\n}\nserver.register(recordLoss);\n",
            "export default fp(async function metricsPlugin(app) {\n  lost.inc();\n});\n",
            "module.exports = function metricsPlugin(app) {\n  lost.inc();\n};\n",
            "export default function recordLoss() {\n  lost.inc();\n}\n",
            "module.exports = { losses: lost };\n",
            "metrics[kind].inc();\n",
        ] {
            assert_silent(ID, &node(uses));
        }
        let own = "const client = require('prom-client');\nconst lost = new client.Gauge({ name: \
                   'lost_total', help: 'x', collect() { this.set(3); } });\n";
        assert_silent(ID, &project("app.js", own));
    }
}
