package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/recording"
	"alertdrill/replayer/internal/testdb"
)

// t0 is a slot of every group here, for groups are given the offset 0.
const (
	t0   = int64(1_700_000_000_000)
	step = int64(5000)
	path = "/etc/prometheus/rules.yml"
)

func open(t *testing.T, series ...testdb.Series) *recording.Recording {
	t.Helper()
	opened, err := recording.Open(recording.Options{
		Folder: testdb.Write(t, series...), Lookback: 5 * time.Minute,
		EvaluationInterval: time.Duration(step) * time.Millisecond,
		ExternalLabels:     labels.FromStrings("replica", "r1"), ExternalURL: "http://prometheus",
		Outputs: []string{"recorded:up"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// each is a sample per slot.
func each(values ...float64) []testdb.Sample { return testdb.Every(t0, step, values...) }

func repeat(v float64, times int) []float64 {
	return slices.Repeat([]float64{v}, times)
}

// request evaluates one file from t0 on, so often.
func request(text string, slots int64, groups ...string) Request {
	zero := int64(0)
	r := Request{
		Files: []File{{Path: path, Text: text}}, FromMs: t0, UntilMs: t0 + (slots-1)*step,
	}
	for _, name := range append(groups, "g") {
		r.Slots = append(r.Slots, Slot{File: path, Name: name, OffsetMs: &zero, IntervalMs: step})
	}
	return r
}

func mustEvaluate(t *testing.T, from *recording.Recording, r Request) *Result {
	t.Helper()
	result, _, err := Evaluate(from, r, recording.Usual)
	if err != nil {
		t.Fatalf("%v %v", err, failure.Of(err).Details)
	}
	return result
}

// timeline draws the alerts of a name: a letter per slot, p for pending and f for firing.
func timeline(result *Result, name string, slots int64) string {
	line := []byte(strings.Repeat(".", int(slots)))
	for _, alert := range result.Alerts {
		if alert.Labels.Get("alertname") != name {
			continue
		}
		for _, ms := range alert.AtMs {
			line[(ms-t0)/step] = alert.State[0]
		}
	}
	return string(line)
}

func group(rules string) string {
	return "groups:\n  - name: g\n    rules:\n" + rules
}

func TestAlertsPassThroughTheirStatesAsTheServerHasIt(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		values     []float64
		want       string
	}{
		{"without `for` it fires at once",
			"expr: m == 0", []float64{1, 0, 0, 1}, ".ff."},
		{"it fires at the first slot at which `for` has passed",
			"expr: m == 0\n        for: 10s", []float64{1, 0, 0, 0, 0, 1}, ".ppff."},
		{"`for` that is no multiple of the interval waits for the next slot",
			"expr: m == 0\n        for: 11s", []float64{1, 0, 0, 0, 0, 1}, ".pppf."},
		{"an interruption starts it over",
			"expr: m == 0\n        for: 10s", []float64{0, 0, 1, 0, 0, 0}, "pp.ppf"},
		{"keep_firing_for bridges what is shorter",
			"expr: m == 0\n        keep_firing_for: 10s", []float64{0, 1, 1, 0, 1, 1, 1}, "ffffff."},
		{"keep_firing_for does not keep what is pending",
			"expr: m == 0\n        for: 10s\n        keep_firing_for: 10s",
			[]float64{0, 0, 1, 1, 1}, "pp..."},
		{"a staleness marker ends it",
			"expr: m == 0", []float64{0, 0, testdb.Stale(), testdb.Stale()}, "ff.."},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := open(t, testdb.Of(each(c.values...), "__name__", "m"))
			text := group("      - alert: A\n        " + c.rule + "\n")
			slots := int64(len(c.values))
			if got := timeline(mustEvaluate(t, from, request(text, slots)), "A", slots); got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
		})
	}
}

func TestWithoutAMarkerASeriesIsReadForTheLookback(t *testing.T) {
	from := open(t, testdb.Of(each(0), "__name__", "m"))
	text := group("      - alert: A\n        expr: m == 0\n")
	got := timeline(mustEvaluate(t, from, request(text, 70)), "A", 70)
	// Version 2's look-back is closed on both sides: a sample is found until it is 5 min old.
	if want := strings.Repeat("f", 61) + strings.Repeat(".", 9); got != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestOffsetsComeFromTheRecordingWhereItTellsThem(t *testing.T) {
	offset := func(ms int64) *int64 { return &ms }
	for _, c := range []struct {
		name     string
		slot     *Slot
		interval string
		slots    string
		wantAt   int64 // modulo the interval; -1 for what the hash says
	}{
		{"the same interval", &Slot{path, "g", offset(1234), 5000}, "5s", "recorded", 1234},
		{"a recorded interval that is a multiple", &Slot{path, "g", offset(11_234), 15_000}, "5s",
			"recorded", 1234},
		{"a recorded interval that is not", &Slot{path, "g", offset(1234), 5000}, "15s", "computed", -1},
		{"nothing recorded", &Slot{path, "g", nil, 5000}, "5s", "computed", -1},
		{"another group", &Slot{path, "other", offset(1234), 5000}, "5s", "computed", -1},
		{"another file", &Slot{"/other.yml", "g", offset(1234), 5000}, "5s", "computed", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := open(t, testdb.Of(each(repeat(0, 20)...), "__name__", "m"))
			r := request("groups:\n  - name: g\n    interval: "+c.interval+
				"\n    rules:\n      - alert: A\n        expr: m == 0\n", 20)
			r.Slots = []Slot{*c.slot}
			result := mustEvaluate(t, from, r)
			if result.Groups[0].Slots != c.slots {
				t.Errorf("the slots are %s", result.Groups[0].Slots)
			}
			interval := int64(result.Groups[0].Interval * 1000)
			want := c.wantAt
			if want < 0 {
				want = hashOffsetMs("g", path, interval)
			}
			for _, ms := range result.Alerts[0].AtMs {
				if ms%interval != want {
					t.Fatalf("evaluated at %d modulo %d, not %d", ms%interval, interval, want)
				}
			}
		})
	}
}

// hashOffsetMs is what rules/group.go computes.
func hashOffsetMs(name, file string, intervalMs int64) int64 {
	hash := labels.FromStrings("name", name, "file", file).Hash()
	return int64(hash%uint64(intervalMs*1e6)) / 1e6
}

func TestAFailedScrapeIsSeenAtTheNextEvaluationOnly(t *testing.T) {
	target := []string{"job", "a", "instance", "b"}
	from := open(t,
		testdb.Of(testdb.Every(t0-10_000, 10_000, 1, 0, 0),
			append([]string{"__name__", "up"}, target...)...),
		testdb.Of(testdb.Every(t0-10_000, 10_000, 0.1, 4.95, 5.05),
			append([]string{"__name__", "scrape_duration_seconds"}, target...)...))
	text := group("      - alert: A\n        expr: up == 0\n")
	for _, c := range []struct {
		visibility recording.Visibility
		want       string
		near       int
	}{
		// The scrape begins at slot 0 and is committed 50 ms before slot 1; `late` does not see it.
		{recording.Usual, ".fff", 2}, {recording.Early, ".fff", 2}, {recording.Late, "..ff", 2},
	} {
		result, _, err := Evaluate(from, request(text, 4), c.visibility)
		if err != nil {
			t.Fatal(err)
		}
		if got := timeline(result, "A", 4); got != c.want || result.Near != c.near {
			t.Errorf("%s: %s, not %s; %d near", c.visibility, got, c.want, result.Near)
		}
	}
}

func TestQueryOffsetReadsThePastAndStampsIt(t *testing.T) {
	from := open(t, testdb.Of(each(1, 0, 0, 1, 1), "__name__", "m"))
	text := "groups:\n  - name: g\n    query_offset: 5s\n" +
		"    rules:\n      - alert: A\n        expr: m == 0\n"
	result := mustEvaluate(t, from, request(text, 5))
	if got := timeline(result, "A", 5); got != ".ff.." {
		t.Errorf("stamped %s", got)
	}
	if result.Told[0].AtMs != t0+2*step || result.Groups[0].QueryOffset != 5 {
		t.Errorf("told at slot %d", (result.Told[0].AtMs-t0)/step)
	}
}

func TestWhatAQueryOffsetReadsWasVisibleAtTheSlot(t *testing.T) {
	target := []string{"job", "a", "instance", "b"}
	from := open(t,
		testdb.Of(testdb.Every(t0, 100*step, 0), append([]string{"__name__", "up"}, target...)...),
		testdb.Of(testdb.Every(t0, 100*step, 4),
			append([]string{"__name__", "scrape_duration_seconds"}, target...)...))
	text := "groups:\n  - name: g\n    query_offset: 5s\n" +
		"    rules:\n      - alert: A\n        expr: up == 0\n"
	// At slot 1 the query is as of slot 0, at which the scrape had just begun, but it is over.
	if got := timeline(mustEvaluate(t, from, request(text, 3)), "A", 3); got != "ff." {
		t.Errorf("%s", got)
	}
}

func TestALimitMakesARuleSick(t *testing.T) {
	from := open(t,
		testdb.Of(each(1, 0, 0, 0, 1, 0), "__name__", "m", "n", "1"),
		testdb.Of(each(0, 0, 0, 0, 0, 0), "__name__", "m", "n", "2"))
	text := "groups:\n  - name: g\n    limit: 1\n    rules:\n      - alert: A\n        expr: m == 0\n"
	result := mustEvaluate(t, from, request(text, 6))
	if got := timeline(result, "A", 6); got != "f...f." {
		t.Errorf("%s", got)
	}
	var sick []int64
	for _, s := range result.Sick {
		sick = append(sick, (s.AtMs-t0)/step)
		if s.Error != "exceeded limit of 1 with 2 alerts" || s.Alert != "A" || s.Group != "g" {
			t.Errorf("%+v", s)
		}
	}
	if !slices.Equal(sick, []int64{1, 3, 5}) {
		t.Errorf("the first and the last of each run of failures, not %v", sick)
	}
	rule := result.Groups[0].Rules[0].(AlertingRule)
	if rule.Health != "err" || rule.LastError == "" {
		t.Errorf("%+v", rule)
	}
}

func TestAGroupReadsWhatAnothersRuleHasJustRecorded(t *testing.T) {
	from := open(t, testdb.Of(each(1, 0, 0, 1, 1), "__name__", "m"))
	text := `groups:
  - name: writes
    rules:
      - record: m:negated
        expr: 1 - m
  - name: reads_later
    rules:
      - alert: Later
        expr: m:negated == 1
  - name: reads_sooner
    rules:
      - alert: Sooner
        expr: m:negated == 1
`
	r := request(text, 5)
	offsets := map[string]int64{"writes": 1000, "reads_later": 2000, "reads_sooner": 0}
	for name, offset := range offsets {
		r.Slots = append(r.Slots, Slot{path, name, &offset, step})
	}
	r.UntilMs += 4000
	result := mustEvaluate(t, from, r)
	if got := timeline(result, "Later", 5); got != ".ff.." {
		t.Errorf("a group evaluated after it: %s", got)
	}
	if got := timeline(result, "Sooner", 5); got != "..ff." {
		t.Errorf("a group evaluated before it: %s", got)
	}
	if len(result.UnknownMetrics) != 0 {
		t.Errorf("%v", result.UnknownMetrics)
	}
}

func TestTheOracleIsNeverAnInput(t *testing.T) {
	from := open(t,
		testdb.Of(each(1, 1, 1), "__name__", "up"),
		testdb.Of(each(1, 1, 1), "__name__", "recorded:up"),
		testdb.Of(each(1, 1, 1), "__name__", "ALERTS", "alertname", "X", "alertstate", "firing"))
	text := group(`      - alert: ReadsAlerts
        expr: ALERTS{alertname="X"}
      - alert: ReadsRecorded
        expr: recorded:up
      - alert: ReadsAnything
        expr: '{__name__=~"recorded:.*|ALERTS",alertname!~"Reads.*"}'
`)
	result := mustEvaluate(t, from, request(text, 3))
	if len(result.Alerts) != 0 {
		t.Errorf("%+v", result.Alerts)
	}
	want := []UnknownMetrics{{"g", "ReadsRecorded", []string{"recorded:up"}}}
	if fmt.Sprint(result.UnknownMetrics) != fmt.Sprint(want) {
		t.Errorf("%v", result.UnknownMetrics)
	}
}

func TestAnAlertTellsWhenItBeginsToFireAndWhenItSaysSomethingElse(t *testing.T) {
	from := open(t, testdb.Of(each(0, 5, 5, 6, 0, 6), "__name__", "m", "host", "h"))
	text := group(`      - alert: A
        expr: m > 1
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.host }} has {{ $value }} of {{ $externalLabels.replica }}"
          broken: "{{ query \"up{\" }}"
`)
	result := mustEvaluate(t, from, request(text, 6))
	var told []string
	for _, one := range result.Told {
		told = append(told, fmt.Sprint((one.AtMs-t0)/step, " ", one.Annotations.Get("summary")))
		if !strings.Contains(one.Annotations.Get("broken"), "<error expanding template:") {
			t.Errorf("the template's error is told as %q", one.Annotations.Get("broken"))
		}
		if one.Labels.Get("severity") != "page" || one.Labels.Get("alertname") != "A" {
			t.Errorf("%s", one.Labels)
		}
	}
	want := []string{"1 h has 5 of r1", "3 h has 6 of r1", "5 h has 6 of r1"}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
}

func TestVectorsTellExpressionsApart(t *testing.T) {
	from := open(t,
		testdb.Of(each(0, 1, 2, 3), "__name__", "m", "n", "1"),
		testdb.Of(each(0, 1, 2, 3), "__name__", "m", "n", "2"))
	rule := func(expr string) string { return "      - alert: A\n        expr: " + expr + "\n" }
	text := group(rule("m > 1") + rule("m >= 2") + rule("m > 2") + rule(`m{n="1"} > 1`) +
		rule("m * 1.0000000000000002 > 1") + rule("m > 1 or m < -1"))
	// Queries of templates do not count: here the second rule asks for something else.
	text = strings.Replace(text, "m >= 2\n",
		"m >= 2\n        labels: {n: '{{ query \"m\" | len }}{{ $labels.n }}'}\n", 1)
	vectors := mustEvaluate(t, from, request(text, 4)).Vectors
	same := func(i, j int) bool { return vectors[i].Fingerprint == vectors[j].Fingerprint }
	if !same(0, 1) || !same(0, 5) {
		t.Errorf("the same vectors differ: %+v", vectors)
	}
	for i := 2; i < 5; i++ {
		if same(0, i) {
			t.Errorf("vector %d is not told from the first", i)
		}
	}
	if vectors[0].TrueSlots != 2 || vectors[2].TrueSlots != 1 || vectors[5].Index != 5 {
		t.Errorf("%+v", vectors)
	}
}

func TestAllBadRulesAreToldWithTheirLines(t *testing.T) {
	r := Request{Files: []File{
		{Path: "/a.yml", Text: group("      - alert: A\n        expr: up ==\n      - expr: up\n")},
		{Path: "/good.yml", Text: group("      - alert: A\n        expr: up\n")},
		{Path: "/b.yml", Text: "groups:\n  - name: g\n    rulez: []\n"},
	}}
	from := open(t, testdb.Of(each(1), "__name__", "up"))
	_, _, err := Evaluate(from, r, recording.Usual)
	var told *failure.Failure
	if !errors.As(err, &told) || told.Kind != failure.BadRules || len(told.Details) != 3 {
		t.Fatalf("%+v", told)
	}
	for i, words := range []string{
		`/a.yml: 5:15: group "g", rule 1, "A": could not parse expression: 1:6: parse error`,
		`/a.yml: 0:0: 0:0: group "g", rule 2, "": one of 'record' or 'alert' must be set`,
		`/b.yml: yaml: unmarshal errors:` + "\n  line 3: field rulez not found",
	} {
		if !strings.Contains(told.Details[i], words) {
			t.Errorf("%q does not say %q", told.Details[i], words)
		}
	}
}

func TestGroupsHaveTheShapeOfPrometheusesAPI(t *testing.T) {
	from := open(t, testdb.Of(each(0, 0), "__name__", "m"))
	text := group(`      - alert: A
        expr: m==0
        for: 1m
        keep_firing_for: 2m
        labels: {a: b}
        annotations: {c: d}
      - record: r
        expr: sum(m)
`)
	result := mustEvaluate(t, from, request(text, 2))
	at := time.UnixMilli(t0 + step).UTC()
	g := result.Groups[0]
	alerting := g.Rules[0].(AlertingRule)
	if g.Name != "g" || g.File != path || g.Interval != 5 || !g.LastEvaluation.Equal(at) ||
		alerting.Query != "m == 0" || alerting.Duration != 60 || alerting.KeepFiringFor != 120 ||
		alerting.State != "pending" || alerting.Health != "ok" || alerting.Type != "alerting" ||
		!alerting.LastEvaluation.Equal(at) || alerting.Labels.Get("a") != "b" ||
		alerting.Annotations.Get("c") != "d" {
		t.Errorf("%+v", g)
	}
	if recordingRule := g.Rules[1].(RecordingRule); recordingRule.Type != "recording" ||
		recordingRule.Name != "r" || recordingRule.Health != "ok" {
		t.Errorf("%+v", recordingRule)
	}
}
