package mutants

import (
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

func canonicalOf(t *testing.T, text string) string {
	t.Helper()
	expression, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	return canonical(expression)
}

func TestSpellingDoesNotCount(t *testing.T) {
	for _, test := range []struct{ says, a, b string }{
		{"spaces, comments and parentheses", "a>1", "( a ) # x\n > (1)"},
		{"the order of matchers", `a{x="1",y="2"}`, `a{y="2",x="1"}`},
		{"where the metric's name stands", "a", `{__name__="a"}`},
		{"a regular expression that is one word", `a{x=~"b"}`, `a{x="b"}`},
		{"the order of labels", "sum by (x, y) (a)", "sum(a) by (y, x)"},
		{"by nothing", "sum by () (a)", "sum(a)"},
		{"ignoring nothing", "a and ignoring () b", "a and b"},
		{"the side of a number", "5 < a", "a > 5"},
		{"the side of a summand", "1 + a", "a + 1"},
		{"what is a number already", "a > 2 * 3 ^ 2 - -2", "a > 20"},
		{"a plus before it", "+a", "a"},
		{"how a duration is written", "rate(a[60s] offset 120s)", "rate(a[1m] offset 2m)"},
	} {
		if a, b := canonicalOf(t, test.a), canonicalOf(t, test.b); a != b {
			t.Errorf("%s: %s and %s", test.says, a, b)
		}
	}
}

func TestMeaningCounts(t *testing.T) {
	for _, test := range []struct{ says, a, b string }{
		{"the sides of a comparison of series", "a > b", "b < a"},
		{"the sides of and", "a and b", "b and a"},
		{"what is subtracted", "1 - a", "a - 1"},
		{"bool", "a > 1", "a > bool 1"},
		{"without nothing", "sum without () (a)", "sum(a)"},
		{"on nothing", "a and on () b", "a and b"},
		{"group_left without labels", "a / ignoring () group_left b", "a / b"},
		{"which side is many", "a / on (x) group_left b", "a / on (x) group_right b"},
		{"a regular expression", `a{x=~"b."}`, `a{x="b."}`},
		{"a minus", "-a", "a"},
		{"@", "a @ 1", "a @ 2"},
		{"@ start", "a @ start()", "a @ end()"},
		{"a step", "max_over_time(a[5m:1m])", "max_over_time(a[5m:])"},
		{"a parameter", "topk(1, a)", "topk(2, a)"},
		{"how operators bind", "a or b and c", "(a or b) and c"},
	} {
		if a, b := canonicalOf(t, test.a), canonicalOf(t, test.b); a == b {
			t.Errorf("%s: both are %s", test.says, a)
		}
	}
}
