package mutants

import (
	"testing"

	"github.com/prometheus/prometheus/model/rulefmt"
)

// What Prometheus loads has mutants that it loads too, and nothing makes this panic.
func FuzzNoTextMakesItPanic(f *testing.F) {
	for _, text := range []string{
		"", "groups:\n", "a: &a [*a]\n", "      <<:\n      ? 0:", "groups: [{name: g, rules: [{}]}]",
		recording("a > 1"),
		recording("sum by (x,) (rate(a{b=~\"c|(d|e)\",}[5m:1m] offset -1m @ end())) > bool -0.1"),
		recording("a * on (x) group_left (y) (b or -c) ^ 2 unless {__name__=~\"d\"} # e"),
		recording("histogram_quantile(0.9, abs(b)) == 0x1F"),
		recording("{\"a.b\", \"c.d\"=\"e\"}"),
		alerting("for: 5m\nlabels: {a: &x b, c: *x}\nannotations:\n  runbook_url: >2-\n" +
			"      {{ $labels.a }}/b\n"),
		alerting("labels:\n  <<: [{a: b}, {severity: c}]\n  ? d\n  : e\nannotations: &a !!map\n" +
			"  b: \"\\x41\\\n  {{ .Labels.c }}\""),
		alerting("keep_firing_for:\nannotations:\n  a: |+\n\n    {{ with .Labels.b }}{{ . }}" +
			"{{ end }}\n\n"),
		ruleWith("'a\r\n > ''1'"), ruleWith("|3-\n        a\n\n       > 1 \u2028\u0085"),
		byteOrderMark + ruleWith("!!str &a 'b' # é"),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		answer, err := Of([]File{{Path: "r.yml", Text: text}}, []string{"up", "a_total"})
		if err != nil {
			return
		}
		for i, m := range answer.Mutants {
			if text[m.StartByte:m.EndByte] != m.Original {
				t.Errorf("%s: %q does not stand there", m.ID, m.Original)
			}
			if i > 20 {
				continue
			}
			if _, errs := rulefmt.Parse([]byte(m.applied(text))); len(errs) > 0 {
				t.Errorf("%s is refused: %v", m.ID, errs)
			}
		}
	})
}
