package mutants

import (
	"testing"
)

func TestEachMutatorGivesJustItsMutants(t *testing.T) {
	for _, test := range []struct {
		says, mutator, expression string
		metrics, want             []string
	}{
		{"above: the boundary and the direction", "comparison", "a > 5", nil,
			[]string{"a >= 5", "a < 5"}},
		{"at least", "comparison", "a >= 5", nil, []string{"a > 5", "a <= 5"}},
		{"below", "comparison", "a < 5", nil, []string{"a <= 5", "a > 5"}},
		{"at most", "comparison", "a <= 5", nil, []string{"a < 5", "a >= 5"}},
		{"equal", "comparison", "a == 5", nil, []string{"a != 5"}},
		{"unequal", "comparison", "a != 5", nil, []string{"a == 5"}},
		{"bool is dropped", "comparison", "a == bool 5", nil, []string{"a != bool 5", "a == 5"}},
		{"each of two, in the order of the text", "comparison", "(a > 1) and b < 2", nil,
			[]string{"(a >= 1) and b < 2", "(a < 1) and b < 2", "(a > 1) and b <= 2",
				"(a > 1) and b > 2"}},
		{"a comment's operator is none", "comparison", "a # > 3\n== 5", nil,
			[]string{"a # > 3\n!= 5"}},

		{"a number compared with", "threshold", "a > 120", nil,
			[]string{"a > 60", "a > 96", "a > 150", "a > 240"}},
		{"a fraction stays readable", "threshold", "a > 0.1", nil,
			[]string{"a > 0.05", "a > 0.08", "a > 0.125", "a > 0.2"}},
		{"a negative number keeps its sign", "threshold", "a < -10", nil,
			[]string{"a < -5", "a < -8", "a < -12.5", "a < -20"}},
		{"a number of any size", "threshold", "a > 1e+21", nil,
			[]string{"a > 5e+20", "a > 8e+20", "a > 1.25e+21", "a > 2e+21"}},
		{"above zero", "threshold", "a > 0", nil, []string{"a > 1", "a > -1"}},
		{"zero on the other side", "threshold", "0 <= a", nil, []string{"1 <= a", "-1 <= a"}},
		{"equal to zero", "threshold", "a == 0", nil, []string{"a == 1"}},
		{"what scales the compared", "threshold", "a * 10 > b", nil,
			[]string{"a * 5 > b", "a * 8 > b", "a * 12.5 > b", "a * 20 > b"}},
		{"a factor of a factor says the same", "threshold", "a > 4 * 60", nil,
			[]string{"a > 2 * 60", "a > 3.2 * 60", "a > 5 * 60", "a > 8 * 60"}},
		{"an argument is none", "threshold", "topk(5, a)", nil, nil},
		{"infinity is none", "threshold", "a < Inf", nil, nil},

		{"a range", "range", "rate(a[5m])", nil, []string{"rate(a[2m30s])", "rate(a[10m])"}},
		{"a subquery's range and step", "range", "max_over_time(a[1h:30s])", nil,
			[]string{"max_over_time(a[30m:30s])", "max_over_time(a[2h:30s])",
				"max_over_time(a[1h:15s])", "max_over_time(a[1h:1m])"}},
		{"no step that is not there", "range", "max_over_time(a[1h:])", nil,
			[]string{"max_over_time(a[30m:])", "max_over_time(a[2h:])"}},
		{"no half of a millisecond", "range", "rate(a[1ms])", nil, []string{"rate(a[2ms])"}},

		{"an offset", "offset", "a offset 5m", nil,
			[]string{"a", "a offset 2m30s", "a offset 10m"}},
		{"a negative offset", "offset", "a offset -5m", nil,
			[]string{"a", "a offset -2m30s", "a offset -10m"}},
		{"a range's offset beside @", "offset", "rate(a[1m] @ 100 offset 2m)", nil,
			[]string{"rate(a[1m] @ 100)", "rate(a[1m] @ 100 offset 1m)",
				"rate(a[1m] @ 100 offset 4m)"}},
		{"a subquery's offset is not its selector's", "offset",
			"max_over_time(a offset 1m [1h:1m] offset 2h)", nil,
			[]string{"max_over_time(a [1h:1m] offset 2h)",
				"max_over_time(a offset 30s [1h:1m] offset 2h)",
				"max_over_time(a offset 2m [1h:1m] offset 2h)",
				"max_over_time(a offset 1m [1h:1m])",
				"max_over_time(a offset 1m [1h:1m] offset 1h)",
				"max_over_time(a offset 1m [1h:1m] offset 4h)"}},

		{"@ with a time", "at", "a{b=\"c\"} @ 1600000000.5 offset 1m", nil,
			[]string{"a{b=\"c\"} offset 1m"}},
		{"@ with a sign", "at", "a @ -1", nil, []string{"a"}},
		{"@ with an end", "at", "rate(a[5m] offset 1m @ end())", nil,
			[]string{"rate(a[5m] offset 1m)"}},

		{"rate", "function", "rate(a[5m])", nil, []string{"increase(a[5m])", "irate(a[5m])"}},
		{"increase", "function", "increase(a[5m])", nil,
			[]string{"rate(a[5m])", "delta(a[5m])"}},
		{"irate", "function", "irate(a[5m])", nil, []string{"rate(a[5m])", "increase(a[5m])"}},
		{"delta", "function", "delta(a[5m])", nil, []string{"increase(a[5m])", "rate(a[5m])"}},
		{"min over time, and its range dropped", "function", "min_over_time(a[5m] offset 1m)", nil,
			[]string{"max_over_time(a[5m] offset 1m)", "avg_over_time(a[5m] offset 1m)",
				"a offset 1m"}},
		{"a subquery is not dropped", "function", "max_over_time(a[5m:])", nil,
			[]string{"min_over_time(a[5m:])", "avg_over_time(a[5m:])"}},
		{"last over time", "function", "last_over_time(a[1m])", nil,
			[]string{"max_over_time(a[1m])", "min_over_time(a[1m])", "a"}},
		{"sum over time", "function", "sum_over_time(a[1m])", nil,
			[]string{"avg_over_time(a[1m])", "count_over_time(a[1m])"}},
		{"count over time", "function", "count_over_time(a[1m])", nil,
			[]string{"sum_over_time(a[1m])", "last_over_time(a[1m])"}},
		{"changes", "function", "changes(a[1m])", nil, []string{"resets(a[1m])"}},
		{"resets", "function", "resets(a[1m])", nil, []string{"changes(a[1m])"}},
		{"a wrapping function", "function", "abs(a - b) > 1", nil, []string{"(a - b) > 1"}},
		{"one that would be taken for labels", "function", "a / on (x) group_left abs(b)", nil,
			[]string{"a / on (x) group_left () (b)"}},
		{"one with more arguments", "function", "2 * clamp_max(a + b, 5)", nil,
			[]string{"2 * (a + b)"}},
		{"one of another type stays", "function", "vector(1)", nil, nil},
		{"a quantile, and what it is of", "function", "histogram_quantile(0.95, a)", nil,
			[]string{"a", "histogram_quantile(0.9, a)", "histogram_quantile(0.99, a)"}},
		{"absent", "function", "absent(up{job=\"x\"})", nil, []string{"(up{job=\"x\"})"}},

		{"sum", "aggregation", "sum(a)", nil, []string{"max(a)", "avg(a)"}},
		{"max", "aggregation", "max(a)", nil, []string{"min(a)", "avg(a)"}},
		{"min", "aggregation", "min(a)", nil, []string{"max(a)", "avg(a)"}},
		{"avg", "aggregation", "avg(a)", nil, []string{"max(a)", "sum(a)"}},
		{"count", "aggregation", "count(a)", nil, []string{"sum(a)", "max(a)"}},
		{"topk", "aggregation", "topk(2, a)", nil, []string{"bottomk(2, a)"}},
		{"none has no neighbour", "aggregation", "stddev(a)", nil, nil},

		{"labels before the argument", "aggregation_labels", "sum by (x, y) (a)", nil,
			[]string{"sum (a)", "sum without (x, y) (a)", "sum by (y) (a)", "sum by (x) (a)"}},
		{"labels after it, with a comma at the end", "aggregation_labels", "sum(a) by (x, y,)", nil,
			[]string{"sum(a)", "sum(a) without (x, y,)", "sum(a) by (y,)", "sum(a) by (x,)"}},
		{"the only label is the clause", "aggregation_labels", "sum by (x) (a)", nil,
			[]string{"sum (a)", "sum without (x) (a)"}},
		{"without", "aggregation_labels", "sum(a) without (x)", nil,
			[]string{"sum(a)", "sum(a) by (x)", "sum(a) without ()"}},
		{"labels named like keywords", "aggregation_labels", "sum by (on, by) (a)", nil,
			[]string{"sum (a)", "sum without (on, by) (a)", "sum by (by) (a)", "sum by (on) (a)"}},

		{"the only matcher", "matcher", "a{x=\"1\"}", nil, []string{"a{}", "a{x!=\"1\"}"}},
		{"each of two", "matcher", "a{x!=\"1\", y=~\"2.*\",}", nil,
			[]string{"a{y=~\"2.*\",}", "a{x=\"1\", y=~\"2.*\",}", "a{x!=\"1\",}",
				"a{x!=\"1\", y!~\"2.*\",}"}},
		{"alternatives", "matcher", "a{x=~\"b|c|d\"}", nil,
			[]string{"a{}", "a{x!~\"b|c|d\"}", "a{x=~\"c|d\"}", "a{x=~\"b|d\"}", "a{x=~\"b|c\"}"}},
		{"alternatives in parentheses, with a class", "matcher", "a{x!~'(b[|)]|c)'}", nil,
			[]string{"a{}", "a{x=~'(b[|)]|c)'}", "a{x!~'(c)'}", "a{x!~'(b[|)])'}"}},
		{"alternatives with escapes", "matcher", "a{x=~\"b\\\\.c|d\"}", nil,
			[]string{"a{}", "a{x!~\"b\\\\.c|d\"}", "a{x=~\"d\"}", "a{x=~\"b\\\\.c\"}"}},
		{"a bar that is escaped is none", "matcher", "a{x=~`b\\|c`}", nil,
			[]string{"a{}", "a{x!~`b\\|c`}"}},
		{"a metric's name in quotes is none", "matcher", "{\"a\", x=\"1\"}", nil,
			[]string{"{\"a\"}", "{\"a\", x!=\"1\"}"}},

		{"on", "matching", "a and on (x, y) b", nil,
			[]string{"a and b", "a and ignoring (x, y) b", "a and on (y) b", "a and on (x) b"}},
		{"on nothing", "matching", "a unless on () b", nil, []string{"a unless b"}},
		{"group_left", "matching", "a * on (x) group_left (y, z) b", nil,
			[]string{"a * b", "a * ignoring (x) group_left (y, z) b",
				"a * on () group_left (y, z) b", "a * on (x) b", "a * on (x) group_left (z) b",
				"a * on (x) group_left (y) b"}},
		{"group_right without labels", "matching", "a / ignoring (x) group_right b", nil,
			[]string{"a / b", "a / on (x) group_right b", "a / ignoring () group_right b",
				"a / ignoring (x) b"}},
		{"parentheses after group_left are its labels only if they are", "matching",
			"a * on (x) group_left () (b)", nil,
			[]string{"a * (b)", "a * ignoring (x) group_left () (b)",
				"a * on () group_left () (b)", "a * on (x) (b)"}},

		{"and", "set_operator", "a and b", nil, []string{"a unless b"}},
		{"unless", "set_operator", "a UNLESS b", nil, []string{"a and b"}},
		{"or", "set_operator", "a or b", nil, []string{"a and b"}},
		{"or binds as before", "set_operator", "a or b unless c", nil,
			[]string{"a and (b unless c)", "a or b and c"}},
		{"or before or", "set_operator", "x or a or b and c", nil,
			[]string{"(x or a) and (b and c)", "x and a or b and c", "x or a or b unless c"}},

		{"each side", "side", "a and on (x) b", nil, []string{"b", "a"}},
		{"sides of sides", "side", "a or b unless c", nil,
			[]string{"b unless c", "a", "a or c", "a or b"}},

		{"plus", "arithmetic", "a + b", nil, []string{"b", "a", "a - b"}},
		{"times, where one side is a number", "arithmetic", "a * 100", nil,
			[]string{"a", "a / 100"}},
		{"two numbers", "arithmetic", "a > 4 - 3", nil, []string{"a > 3", "a > 4", "a > 4 + 3"}},
		{"a power", "arithmetic", "a ^ 2", nil, []string{"a"}},
		{"what is subtracted stays together", "arithmetic", "a - (b / c)", nil,
			[]string{"(b / c)", "a", "a + (b / c)", "a - (c)", "a - (b)", "a - (b * c)"}},

		{"the nearest name", "metric", "errors_total > 0", []string{"error_totals", "errors_count"},
			[]string{"error_totals > 0"}},
		{"the nearest with the same suffix", "metric", "rate(errors_total[1m])",
			[]string{"errors_tota", "failures_total", "error_total_total"},
			[]string{"rate(error_total_total[1m])"}},
		{"of equals the first", "metric", "ab{x=\"1\"}", []string{"ad", "ac", "ab"},
			[]string{"ac{x=\"1\"}"}},
		{"none without names", "metric", "a", nil, nil},
		{"none but itself", "metric", "a", []string{"a"}, nil},
	} {
		t.Run(test.mutator+"/"+test.says, func(t *testing.T) {
			text := recording(test.expression)
			same(t, test.expression, by(t, test.mutator, text, of(t, text, test.metrics...)),
				test.want)
		})
	}
}

func TestAnExpressionHasTheMutantsOfAllItsParts(t *testing.T) {
	var got []string
	for _, m := range of(t, recording("sum by (x) (rate(a[5m])) > 10")).Mutants {
		got = append(got, m.ID+"  "+m.Original+"  "+m.Says)
	}
	same(t, "mutants", got, []string{
		"r/expr/aggregation/0.0/max  sum  `sum` becomes `max`",
		"r/expr/aggregation/0.0/avg  sum  `sum` becomes `avg`",
		"r/expr/aggregation_labels/0.0/no clause   by (x)  `by (x)` is removed",
		"r/expr/aggregation_labels/0.0/without  by  `by` becomes `without`",
		"r/expr/function/0.0.0/increase  rate  `rate` becomes `increase`",
		"r/expr/function/0.0.0/irate  rate  `rate` becomes `irate`",
		"r/expr/range/0.0.0.0/2m30s  5m  `5m` becomes `2m30s`",
		"r/expr/range/0.0.0.0/10m  5m  `5m` becomes `10m`",
		"r/expr/comparison/0/>=  >  `>` becomes `>=`",
		"r/expr/comparison/0/<  >  `>` becomes `<`",
		"r/expr/threshold/0.1/5  10  `10` becomes `5`",
		"r/expr/threshold/0.1/8  10  `10` becomes `8`",
		"r/expr/threshold/0.1/12.5  10  `10` becomes `12.5`",
		"r/expr/threshold/0.1/20  10  `10` becomes `20`",
	})
}

func TestFieldsOfAnAlert(t *testing.T) {
	for _, test := range []struct {
		says, mutator, fields string
		want                  []string
	}{
		{"for", "for", "for: 10m", []string{"for: 5m", "for: 20m", "for: 0s"}},
		{"for in quotes", "for", "for: \"1s\"",
			[]string{"for: \"500ms\"", "for: \"2s\"", "for: \"0s\""}},
		{"for with a comment", "for", "for: 2m # long", []string{"for: 1m # long",
			"for: 4m # long", "for: 0s # long"}},
		{"no for", "for", "labels: {a: b}", []string{"for: 1m"}},
		{"for of zero", "for", "for: 0m", []string{"for: 1m"}},
		{"keep_firing_for", "keep_firing_for", "keep_firing_for: 1h",
			[]string{"keep_firing_for: 30m", "keep_firing_for: 2h", "keep_firing_for: 0s"}},
		{"no keep_firing_for", "keep_firing_for", "for: 1m", []string{"keep_firing_for: 5m"}},
		{"critical", "severity", "labels:\n  severity: critical",
			[]string{"", "  severity: warning"}},
		{"warning", "severity", "labels:\n  severity: 'warning'",
			[]string{"", "  severity: 'critical'"}},
		{"another severity", "severity", "labels:\n  severity: page",
			[]string{"", "  severity: warning"}},
		{"labels", "label", "labels:\n  severity: critical\n  team: a b\n  tier: 1",
			[]string{"", "  team: a b_", "", "  tier: 1_"}},
		{"labels between braces", "label", "labels: {team: a, tier: \"{{ $value }}\"}",
			[]string{"labels: {tier: \"{{ $value }}\"}",
				"labels: {team: a_, tier: \"{{ $value }}\"}", "labels: {team: a}",
				"labels: {team: a, tier: \"{{ $value }}_\"}"}},
		{"an annotation", "annotation", "annotations:\n  summary: no template", []string{""}},
		{"what it says of labels", "annotation",
			"annotations:\n  summary: \"{{ $labels.a }} \\u00e9 {{ .Labels.b | toUpper }}\"",
			[]string{"",
				"  summary: \"{{ $labels.a_ }} \\u00e9 {{ .Labels.b | toUpper }}\"",
				"  summary: \"{{ $labels.a }} \\u00e9 {{ .Labels.b_ | toUpper }}\""}},
		{"labels within branches", "annotation",
			"annotations:\n  d: '{{ if eq $labels.a \"$labels.b\" }}{{ $labels.c }}{{ end }}'",
			[]string{"",
				"  d: '{{ if eq $labels.a_ \"$labels.b\" }}{{ $labels.c }}{{ end }}'",
				"  d: '{{ if eq $labels.a \"$labels.b\" }}{{ $labels.c_ }}{{ end }}'"}},
		{"a runbook", "annotation", "annotations:\n  runbook_url: https://x.example/a/B.md#c",
			[]string{"", "  runbook_url: https://x.example/a/B_.md#c"}},
		{"a runbook without extension", "annotation", "annotations:\n  runbook: B",
			[]string{"", "  runbook: B_"}},
		{"a runbook that a template names", "annotation",
			"annotations:\n  runbook_url: x/{{ $value }}", []string{""}},
	} {
		t.Run(test.mutator+"/"+test.says, func(t *testing.T) {
			text := alerting(test.fields)
			var got []string
			for _, m := range of(t, text).Mutants {
				if m.Mutator == test.mutator {
					mutated := m.applied(text)
					loadedByPrometheus(t, mutated)
					got = append(got, lineOf(mutated, m.StartByte))
				}
			}
			for i, want := range test.want {
				if want != "" {
					test.want[i] = "    " + want
				}
			}
			same(t, test.fields, got, test.want)
		})
	}
}
