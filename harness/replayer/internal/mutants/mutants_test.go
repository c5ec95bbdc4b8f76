package mutants

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestEachMutantOfTheK2RulesLoadsAndDiffersInItsRuleAlone(t *testing.T) {
	text := readK2(t)
	original := loadedByPrometheus(t, text)
	answer := of(t, text, "up", "kafka_consumer_group_lag", "kafka_consumer_group_members")
	if len(answer.Mutants) < 200 {
		t.Errorf("only %d mutants", len(answer.Mutants))
	}
	if len(answer.Refused) > 0 {
		t.Errorf("refused: %v", answer.Refused)
	}
	for _, m := range answer.Mutants {
		mutated := loadedByPrometheus(t, m.applied(text))
		var differing []string
		for g, group := range original.Groups {
			for i := range group.Rules {
				if !sameText(&group.Rules[i], &mutated.Groups[g].Rules[i]) {
					differing = append(differing, fmt.Sprintf("%s %d", group.Name, i))
				}
			}
		}
		same(t, m.ID, differing, []string{fmt.Sprintf("%s %d", m.Group, m.Index)})
	}
}

func TestTheK2RulesHaveMutantsOfEachKindThatTheyCanHave(t *testing.T) {
	kinds := map[string]bool{}
	for _, m := range of(t, readK2(t), "up", "upp").Mutants {
		kinds[m.Mutator] = true
	}
	same(t, "kinds", slices.Sorted(maps.Keys(kinds)), []string{
		"aggregation", "aggregation_labels", "annotation", "arithmetic", "comparison", "for",
		"function", "keep_firing_for", "label", "matcher", "matching", "metric", "offset", "range",
		"set_operator", "severity", "side", "threshold",
	})
}

func TestMutantsStandInTheOrderOfTheFileAndTwiceTheSame(t *testing.T) {
	text := readK2(t)
	first, second := of(t, text, "up", "down"), of(t, text, "up", "down")
	if !reflect.DeepEqual(first, second) {
		t.Error("two answers to one question differ")
	}
	at := 0
	for _, m := range first.Mutants {
		if m.StartByte < at {
			t.Errorf("%s stands after what comes later in the file", m.ID)
		}
		at = m.StartByte
	}
}

func idsOf(answer Answer) []string {
	var ids []string
	for _, m := range answer.Mutants {
		ids = append(ids, m.ID)
	}
	for _, r := range answer.Refused {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestNoTwoMutantsHaveOneID(t *testing.T) {
	twins := "groups:\n- name: g\n  rules:\n"
	for _, severity := range []string{"critical", "warning", "warning"} {
		twins += "  - {alert: A, expr: 'a{x!=\"1\",x!=\"2\"} > 1', labels: {severity: " +
			severity + "}}\n"
	}
	other := strings.Replace(twins, "name: g", "name: h", 1)
	for _, files := range [][]File{
		{{"k2.yml", readK2(t)}},
		{{"a.yml", twins}},
		{{"a.yml", twins}, {"b.yml", twins}, {"c.yml", other}},
	} {
		answer, err := Of(files, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, id := range idsOf(answer) {
			if seen[id] {
				t.Errorf("%s stands twice", id)
			}
			seen[id] = true
		}
	}
}

func TestIDsStayWhenLinesMoveOrARuleIsAddedBefore(t *testing.T) {
	text := readK2(t)
	before := idsOf(of(t, text))
	moved := "# One line more.\n\n" + strings.Replace(text, "groups:\n", "groups:\n\n", 1)
	same(t, "lines moved", idsOf(of(t, moved)), before)
	for _, added := range []string{
		"      - alert: Another\n        expr: up == 0\n",
		"      - alert: FeedHandlerDown\n        expr: up == 0\n" +
			"        labels: {severity: critical, cause: third}\n",
	} {
		longer := strings.Replace(text, "    rules:\n", "    rules:\n"+added, 1)
		var kept []string
		for _, id := range idsOf(of(t, longer)) {
			if !strings.HasPrefix(id, "Another/") && !strings.Contains(id, `cause="third"`) {
				kept = append(kept, id)
			}
		}
		same(t, "a rule added", kept, before)
	}
}

func TestRulesOfOneNameAreToldApartByWhatTheyAreAbout(t *testing.T) {
	text := "groups:\n- name: g\n  rules:\n" +
		"  - {alert: A, expr: a, labels: {cause: x, severity: critical}}\n" +
		"  - {alert: A, expr: a, labels: {cause: y, severity: critical}}\n" +
		"  - {alert: B, expr: a, labels: {severity: critical}}\n" +
		"  - {alert: B, expr: a, labels: {severity: warning}}\n" +
		"  - {alert: C, expr: a}\n  - {alert: C, expr: b}\n" +
		"- name: h\n  rules:\n  - {alert: C, expr: a}\n"
	file, wrong := load(File{"r.yml", text})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	identify([]*rulesFile{file})
	var got []string
	for _, r := range file.rules {
		got = append(got, r.identity)
	}
	same(t, "identities", got, []string{
		`A{cause="x"}`, `A{cause="y"}`, `B{severity="critical"}`, `B{severity="warning"}`,
		"C@g@r.yml", "C@g@r.yml#2", "C@h",
	})
}

func TestWhatSaysTheSameIsLeftOutAndCounted(t *testing.T) {
	for _, test := range []struct {
		says, text string
		gone       []string
		equivalent int
	}{
		{"the only label of a clause is the clause", recording("sum by (x) (a)"),
			[]string{"r/expr/aggregation_labels/0/x/removed"}, 1},
		{"4 * 60 is 8 * 30", recording("a > 4 * 60"),
			[]string{"r/expr/threshold/0.1.1/30"}, 4},
		{"no labels are ignored either way", recording("a and ignoring () b"),
			[]string{"r/expr/matching/0/no clause"}, 1},
		{"an increase above zero of which nobody sees the value",
			alerting("annotations: {summary: x}") + "  - alert: B\n    expr: increase(a[5m]) > 0\n",
			[]string{"B/expr/function/0.0/rate"}, 1},
	} {
		t.Run(test.says, func(t *testing.T) {
			answer := of(t, test.text)
			if answer.Equivalent != test.equivalent {
				t.Errorf("%d are left out, not %d", answer.Equivalent, test.equivalent)
			}
			for _, id := range test.gone {
				if slices.Contains(idsOf(answer), id) {
					t.Errorf("%s is there", id)
				}
			}
		})
	}
}

func TestAnIncreaseIsNoRateWhereItsValueIsSeen(t *testing.T) {
	for _, text := range []string{
		recording("increase(a[5m]) > 0"),
		recording("increase(a[5m]) > bool 0"),
		"groups: [{name: g, rules: [{alert: r, expr: 'increase(a[5m]) > 0', " +
			"annotations: {summary: '{{ $value }}'}}]}]",
		"groups: [{name: g, rules: [{alert: r, expr: 'sum(increase(a[5m]) > 0) > 1'}]}]",
	} {
		if answer := of(t, text); answer.Equivalent != 0 {
			t.Errorf("%d are left out of %s", answer.Equivalent, text)
		}
	}
}

func TestWhatPrometheusRefusesIsToldInItsWords(t *testing.T) {
	var got []string
	for _, r := range of(t, recording("{x=\"1\"} and vector(1 > bool 0)")).Refused {
		got = append(got, r.ID+"  "+r.Error)
	}
	in := `  5:11: group "g", rule 1, "r": could not parse expression: `
	same(t, "refused", got, []string{
		"r/expr/matcher/0.0/x/removed" + in +
			"1:1: parse error: vector selector must contain at least one non-empty matcher",
		"r/expr/matcher/0.0/x/!=" + in +
			"1:1: parse error: vector selector must contain at least one non-empty matcher",
		"r/expr/comparison/0.1.0/without bool" + in +
			"1:22: parse error: comparisons between scalars must use BOOL modifier",
	})
}

func TestRulesThatDoNotLoadAreAnErrorWithAllOfPrometheussMessages(t *testing.T) {
	_, err := Of([]File{
		{"a.yml", recording("a >")}, {"b.yml", recording("sum(")}, {"c.yml", recording("a")},
	}, nil)
	var wrong *RulesError
	if !errors.As(err, &wrong) || len(wrong.Details) != 2 ||
		!strings.HasPrefix(wrong.Details[0], "a.yml: 5:11: group \"g\", rule 1, \"r\"") ||
		!strings.HasPrefix(wrong.Details[1], "b.yml: ") {
		t.Errorf("%v", err)
	}
}

func TestNoRulesHaveNoMutants(t *testing.T) {
	for _, text := range []string{"", "groups:\n", "groups: []\n", "# nothing\n",
		"groups:\n- name: g\n  rules: []\n"} {
		answer := of(t, text)
		if answer.Mutants == nil || answer.Refused == nil || len(idsOf(answer)) > 0 {
			t.Errorf("%q gives %v", text, answer)
		}
	}
}

func TestAllFilesHaveTheirMutants(t *testing.T) {
	answer, err := Of([]File{{"b.yml", recording("b")}, {"a.yml", recording("a > 1")}},
		[]string{"c"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range answer.Mutants {
		if m.Mutator == "metric" {
			got = append(got, m.File+" "+m.ID)
		}
	}
	same(t, "metrics", got, []string{
		"b.yml r@g@b.yml/expr/metric/0/c", "a.yml r@g@a.yml/expr/metric/0.0/c",
	})
}
