package mutants

import (
	"fmt"
	"strings"
	"testing"
)

// boundaries gives where each `>` that becomes `>=` stands, and the expression that it makes.
func boundaries(t *testing.T, text string) []string {
	t.Helper()
	var got []string
	for _, m := range of(t, text).Mutants {
		if m.Mutator != "comparison" || m.Replacement != ">=" {
			continue
		}
		if got := text[m.StartByte:m.EndByte]; got != m.Original {
			t.Errorf("%q stands at the bytes of %q", got, m.Original)
		}
		mutated := loadedByPrometheus(t, m.applied(text))
		expression := mutated.Groups[0].Rules[m.Index].Expr.Value
		got = append(got, fmt.Sprintf("%d:%d-%d:%d %s → %s", m.Start.Line, m.Start.Column,
			m.End.Line, m.End.Column, m.Original, expression))
	}
	return got
}

func ruleWith(expression string) string {
	return "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: " + expression + "\n    for: 1m\n"
}

func TestAPlaceIsFoundInEachStyleOfYAML(t *testing.T) {
	for _, test := range []struct {
		says, text string
		want       []string
	}{
		{"plain", ruleWith("a > 1"), []string{"5:13-5:14 > → a >= 1"}},
		{"plain with a comment after it", ruleWith("a > 1 # b > 2"),
			[]string{"5:13-5:14 > → a >= 1"}},
		{"plain over lines", ruleWith("a\n       or\n\n     b > 1"),
			[]string{"8:8-8:9 > → a or\nb >= 1"}},
		{"plain in the next line", ruleWith("\n      a > 1"), []string{"6:9-6:10 > → a >= 1"}},
		{"plain between braces", "groups: [{name: g, rules: [{alert: A, expr: a > 1}]}]",
			[]string{"1:47-1:48 > → a >= 1"}},
		{"single quotes", ruleWith("'a{b=''c''} > 1'"), []string{"5:23-5:24 > → a{b='c'} >= 1"}},
		{"single quotes over lines", ruleWith("'a\n\n      > 1'"),
			[]string{"7:7-7:8 > → a\n>= 1"}},
		{"double quotes", ruleWith(`"a{b=\"\x63\u0064\"} > 1"`),
			[]string{"5:32-5:33 > → a{b=\"cd\"} >= 1"}},
		{"double quotes over lines", ruleWith("\"a  \\\n    > 1 or\n\n      b > 2\""),
			[]string{"6:5-6:6 > → a  >= 1 or\nb > 2", "8:9-8:10 > → a  > 1 or\nb >= 2"}},
		{"a literal", ruleWith("|\n      a\n        > 1"), []string{"7:9-7:10 > → a\n  >= 1\n"}},
		{"a literal with a comment in its head", ruleWith("|- # > 3\n      a > 1"),
			[]string{"6:9-6:10 > → a >= 1"}},
		{"a literal with a comment in PromQL", ruleWith("|\n      a # > 3\n      > 1"),
			[]string{"7:7-7:8 > → a # > 3\n>= 1\n"}},
		{"a literal after empty lines", ruleWith("|+\n\n      \n      a > 1\n\n"),
			[]string{"8:9-8:10 > → \n\na >= 1\n\n\n"}},
		{"a literal with its indentation told", ruleWith("|2\n        a\n      > 1"),
			[]string{"7:7-7:8 > →   a\n>= 1\n"}},
		{"folded", ruleWith(">\n      a\n      > 1"), []string{"7:7-7:8 > → a >= 1\n"}},
		{"folded, with a deeper line and an empty one",
			ruleWith(">-\n      a\n        > 1\n\n      or\n      b > 2"),
			[]string{"7:9-7:10 > → a\n  >= 1\n\nor b > 2", "10:9-10:10 > → a\n  > 1\n\nor b >= 2"}},
		{"folded, with its indentation told", ruleWith(">2-\n       a\n      > 1"),
			[]string{"7:7-7:8 > →  a\n>= 1"}},
		{"carriage returns", strings.ReplaceAll(
			ruleWith("|\n      a\n      > 1"), "\n", "\r\n"), []string{"7:7-7:8 > → a\n>= 1\n"}},
		{"carriage returns, folded", strings.ReplaceAll(
			ruleWith(">\n      a\n\n      > 1"), "\n", "\r\n"), []string{"8:7-8:8 > → a\n>= 1\n"}},
		{"letters of several bytes", ruleWith("\"a{b='äöü→'} > 1 # é\""),
			[]string{"5:24-5:25 > → a{b='äöü→'} >= 1 # é"}},
		{"letters of two units in JavaScript", ruleWith("|\n      a{b='😀'} > 1"),
			[]string{"6:17-6:18 > → a{b='😀'} >= 1\n"}},
		{"letters before it in the file", "# é😀\n" + ruleWith("a > 1"),
			[]string{"6:13-6:14 > → a >= 1"}},
		{"a byte order mark", byteOrderMark + ruleWith("a > 1"), []string{"5:13-5:14 > → a >= 1"}},
		{"a tag and an anchor that nobody uses", ruleWith("!!str &x # c\n      a > 1"),
			[]string{"6:9-6:10 > → a >= 1"}},
		{"the last line without its end", "groups:\n- name: g\n  rules:\n  - record: r\n" +
			"    expr: |\n      a > 1", []string{"6:9-6:10 > → a >= 1"}},
		{"the second document is not Prometheus's", ruleWith("a > 1") + "---\nb > 2\n",
			[]string{"5:13-5:14 > → a >= 1"}},
	} {
		t.Run(test.says, func(t *testing.T) {
			same(t, test.text, boundaries(t, test.text), test.want)
		})
	}
}

func TestAnAliasIsReplacedAsAWholeWhereItIsUsed(t *testing.T) {
	text := "groups:\n- name: g\n  rules:\n  - {alert: A, for: &w 4m, expr: a}\n" +
		"  - {alert: B, for: *w, expr: a}\n"
	answer := of(t, text)
	var got, refused []string
	for _, m := range answer.Mutants {
		if m.Mutator == "for" {
			got = append(got, m.ID+" "+m.Original+" → "+m.Replacement)
		}
	}
	for _, r := range answer.Refused {
		refused = append(refused, r.ID+" "+r.Error)
	}
	same(t, "of the alias", got, []string{
		`B/for/for/2m *w → "2m"`, `B/for/for/8m *w → "8m"`, `B/for/for/0s *w → "0s"`,
	})
	same(t, "of the anchor, which would change both", refused, []string{
		"A/for/for/2m " + notAlone, "A/for/for/8m " + notAlone, "A/for/for/0s " + notAlone,
	})
}

func TestWhatIsMergedIsChangedWhereItIsWrittenIfNobodyElseHasIt(t *testing.T) {
	text := "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: a\n    labels:\n" +
		"      <<: &l {severity: critical}\n"
	var got []string
	for _, m := range of(t, text).Mutants {
		if m.Mutator == "severity" {
			got = append(got, m.Original+" → "+m.Replacement)
		}
	}
	same(t, "severity", got, []string{"severity: critical → ", "critical → warning"})
}
