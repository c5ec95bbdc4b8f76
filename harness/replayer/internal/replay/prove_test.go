package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"alertdrill/replayer/internal/testdb"
)

// recordedAlert is what a server wrote of an alert `A`: a letter per slot, and since which slot it
// was active.
func recordedAlert(states string, since int64) []testdb.Series {
	var pending, firing, forState []testdb.Sample
	for i, state := range states {
		at := t0 + int64(i)*step
		switch state {
		case 'p':
			pending = append(pending, testdb.Sample{T: at, V: 1})
		case 'f':
			firing = append(firing, testdb.Sample{T: at, V: 1})
		default:
			continue
		}
		forState = append(forState, testdb.Sample{T: at, V: float64((t0 + since*step) / 1000)})
	}
	return []testdb.Series{
		testdb.Of(pending, "__name__", "ALERTS", "alertname", "A", "alertstate", "pending"),
		testdb.Of(firing, "__name__", "ALERTS", "alertname", "A", "alertstate", "firing"),
		testdb.Of(forState, "__name__", "ALERTS_FOR_STATE", "alertname", "A"),
	}
}

func TestADifferenceIsExplainedOrNot(t *testing.T) {
	yes := true
	metric := func(values ...float64) testdb.Series {
		// Not at the slots: those would be too near to tell.
		return testdb.Of(testdb.Every(t0-1000, step, values...), "__name__", "m")
	}
	// The scrape at slot 1 is committed 50 ms before slot 2.
	tight := []testdb.Series{
		testdb.Of(testdb.Every(t0, step, 1, 0, 0, 0), "__name__", "m", "job", "j", "instance", "i"),
		testdb.Of(testdb.Every(t0, step, 0.01, 4.95, 0.01, 0.01),
			"__name__", "scrape_duration_seconds", "job", "j", "instance", "i"),
	}
	for _, c := range []struct {
		name     string
		rule     string
		slots    int64
		gaps     []Gap
		series   []testdb.Series
		compared int
		want     []string // slot, where only, reason, of ALERTS alone
	}{
		{"all the same", "expr: m == 0", 4, nil,
			append(recordedAlert(".ff.", 1), metric(1, 0, 0, 1)), 4, nil},
		{"the server wrote what the rule does not give", "expr: m == 0", 4, nil,
			append(recordedAlert(".fff", 1), metric(1, 0, 0, 1)), 6, []string{"3 recorded null"}},
		{"the rule gives what the server did not write", "expr: m == 0", 4, nil,
			append(recordedAlert("..f.", 1), metric(1, 0, 0, 1)), 4, []string{"1 replayed null"}},
		{"an alert that was active before", "expr: m == 0\n        for: 10s", 5, nil,
			append(recordedAlert("ffff.", -5), metric(0, 0, 0, 0, 1)), 10, []string{
				"0 recorded began before the recording", "0 replayed began before the recording",
				"1 recorded began before the recording", "1 replayed began before the recording"}},
		{"one that began later is not excused by that", "expr: m == 0", 4, nil,
			append(recordedAlert("f.f.", 0), metric(0, 1, 1, 1)), 4, []string{"2 recorded null"}},
		{"a restart", "expr: m == 0", 8, []Gap{gapAfter(1, 3, &yes)},
			append(recordedAlert("ff...fff", 0), metric(repeat(0, 8)...)), 10, nil},
		{"first evaluations after it that came sooner", "expr: m == 0", 8,
			[]Gap{gapAfter(1, 4, &yes)},
			append(recordedAlert("ff..ffff", 0), metric(repeat(0, 8)...)), 12,
			[]string{"4 recorded restart", "5 recorded restart"}},
		{"a sample that the server cannot have seen yet", "expr: sum(m) == 0", 4, nil,
			append(recordedAlert("...f", 3), tight...), 4,
			[]string{"2 replayed not yet visible"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := group("      - alert: A\n        " + c.rule + "\n")
			r := request(text, c.slots)
			r.Gaps = c.gaps
			proof, err := Prove(open(t, withSamples(c.series)...), r)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			differing := 0
			for _, d := range proof.Differing {
				differing++
				if d.Metric != "ALERTS" {
					continue
				}
				reason, only := "null", "both"
				if d.Reason != nil {
					reason = *d.Reason
				}
				if d.OnlyIn != nil {
					only = *d.OnlyIn
				}
				got = append(got, fmt.Sprint((d.AtMs-t0)/step, " ", only, " ", reason))
			}
			slices.Sort(got)
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%q, not %q", got, c.want)
			}
			if proof.Equal+differing != proof.Compared {
				t.Errorf("%d equal and %d differing of %d", proof.Equal, differing, proof.Compared)
			}
			if len(c.want) == 0 && proof.Compared != c.compared {
				t.Errorf("%d compared, not %d", proof.Compared, c.compared)
			}
		})
	}
}

func withSamples(all []testdb.Series) []testdb.Series {
	return slices.DeleteFunc(all, func(s testdb.Series) bool { return len(s.Samples) == 0 })
}

func TestADifferenceIsToldWithTheSampleThatCameTooLate(t *testing.T) {
	series := []testdb.Series{
		testdb.Of(testdb.Every(t0, step, 1, 0, 0), "__name__", "m", "job", "j", "instance", "i"),
		testdb.Of(testdb.Every(t0, step, 0.01, 4.95, 0.01),
			"__name__", "scrape_duration_seconds", "job", "j", "instance", "i"),
		testdb.Of(testdb.Every(t0, step, 1), "__name__", "recorded:up"),
	}
	text := group("      - alert: A\n        expr: m == 0\n")
	proof, err := Prove(open(t, series...), request(text, 3))
	if err != nil {
		t.Fatal(err)
	}
	told := proof.Differing[0].ToldBy
	want := `the sample of {__name__="m", instance="i", job="j"} of 22:13:25.000 ` +
		`could be read from 22:13:29.950`
	if !strings.Contains(told, want) {
		t.Errorf("%q does not say %q", told, want)
	}
}

func TestValuesOfRecordingRulesAreComparedByBits(t *testing.T) {
	series := []testdb.Series{
		testdb.Of(testdb.Every(t0-1000, step, 0.1, 0.2, 0.3), "__name__", "m"),
		testdb.Of(each(0.1, 0.2, 0.30000000000000004), "__name__", "recorded:up"),
	}
	text := group("      - record: recorded:up\n        expr: m\n")
	proof, err := Prove(open(t, series...), request(text, 3))
	if err != nil {
		t.Fatal(err)
	}
	if proof.Compared != 3 || proof.Equal != 2 {
		t.Fatalf("%+v", proof)
	}
	d := proof.Differing[0]
	if d.OnlyIn != nil || d.Reason != nil ||
		*d.Recorded != 0.30000000000000004 || *d.Replayed != 0.3 ||
		!strings.Contains(d.ToldBy, "last bits") {
		t.Errorf("%+v", d)
	}
}
