package mutants

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
)

const k2Rules = "../../../../docker/prometheus/alert_rules.yml"

func of(t *testing.T, text string, metrics ...string) Answer {
	t.Helper()
	answer, err := Of([]File{{Path: "rules.yml", Text: text}}, metrics)
	if err != nil {
		var wrong *RulesError
		errors.As(err, &wrong)
		t.Fatalf("%v\n%s", err, text)
	}
	return answer
}

func readK2(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(k2Rules)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func loadedByPrometheus(t *testing.T, text string) *rulefmt.RuleGroups {
	t.Helper()
	groups, errs := rulefmt.Parse([]byte(text))
	if len(errs) > 0 {
		t.Fatalf("Prometheus does not load it: %v\n%s", errs, text)
	}
	return groups
}

func (m Mutant) applied(text string) string {
	return edit{m.StartByte, m.EndByte, m.Replacement}.applied(text)
}

// recording is a file with one rule that has nothing but an expression.
func recording(expression string) string {
	return "groups:\n- name: g\n  rules:\n  - record: r\n    expr: |-\n      " +
		strings.ReplaceAll(expression, "\n", "\n      ") + "\n"
}

func alerting(fields string) string {
	return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up == 0\n    " +
		strings.ReplaceAll(fields, "\n", "\n    ") + "\n"
}

// by keeps the mutants of one mutator, as the expressions that they make.
func by(t *testing.T, mutator, text string, answer Answer) []string {
	t.Helper()
	var all []string
	for _, m := range answer.Mutants {
		if m.Mutator == mutator {
			groups := loadedByPrometheus(t, m.applied(text))
			all = append(all, groups.Groups[0].Rules[0].Expr.Value)
		}
	}
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwanted:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// lineOf is the line at a byte, or nothing if it is blank.
func lineOf(text string, at int) string {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	if strings.TrimSpace(line) == "" {
		return ""
	}
	return line
}
