package replay

import (
	"fmt"
	"testing"

	"alertdrill/replayer/internal/testdb"
)

func timed(rules ...TimedRule) TimingRequest {
	return TimingRequest{
		Groups: []TimedGroup{{
			File: path, Name: "g", IntervalMs: step, Rules: rules,
		}},
		ScrapeIntervalMs: 15_000,
	}
}

func mustTime(t *testing.T, request TimingRequest, series ...testdb.Series) *TimingResult {
	t.Helper()
	result, err := Timing(open(t, series...), request)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestAGroupsSlotIsToldByWhatItsRulesWrote(t *testing.T) {
	at := func(ms ...int64) (samples []testdb.Sample) {
		for _, ms := range ms {
			samples = append(samples, testdb.Sample{T: t0 + ms, V: 1})
		}
		return samples
	}
	alert := TimedRule{Name: "A", Kind: "alerting", Labels: map[string]string{
		"severity": "page", "host": "{{ $labels.host }}",
	}}
	labelled := []string{"alertname", "A", "severity", "page", "host", "h"}
	alerts := func(name string, ms ...int64) testdb.Series {
		return testdb.Of(at(ms...), append([]string{"__name__", name}, labelled...)...)
	}
	up := testdb.Of(at(0), "__name__", "up")
	for _, c := range []struct {
		name    string
		series  []testdb.Series
		request TimingRequest
		want    string // offset, seen, odd relative to t0
	}{
		{"by ALERTS", []testdb.Series{alerts("ALERTS", 1234, 6234, 16_234)}, timed(alert), "1234 3 []"},
		{"by ALERTS_FOR_STATE", []testdb.Series{alerts("ALERTS_FOR_STATE", 1234)}, timed(alert),
			"1234 1 []"},
		{"by a recording rule", []testdb.Series{up, testdb.Of(at(77, 5077), "__name__", "recorded:up")},
			timed(TimedRule{Name: "recorded:up", Kind: "recording"}), "77 2 []"},
		{"the majority decides, the rest is odd",
			[]testdb.Series{alerts("ALERTS", 1234, 6234, 11_300)}, timed(alert), "1234 3 [11300]"},
		{"an alert of another severity is of another rule", []testdb.Series{up,
			testdb.Of(at(1234), "__name__", "ALERTS", "alertname", "A", "severity", "ticket")},
			timed(alert), "nil 0 []"},
		{"an alert of that name is no recording rule", []testdb.Series{alerts("ALERTS", 1234)},
			timed(TimedRule{Name: "A", Kind: "recording"}), "nil 0 []"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mustTime(t, c.request, c.series...).Groups[0]
			offset := "nil"
			if got.OffsetMs != nil {
				offset = fmt.Sprint(*got.OffsetMs)
			}
			odd := []int64{}
			for _, ms := range got.Odd {
				odd = append(odd, ms-t0)
			}
			if text := fmt.Sprint(offset, " ", got.Seen, " ", odd); text != c.want {
				t.Errorf("%s, not %s", text, c.want)
			}
		})
	}
}

func TestAQueryOffsetIsAddedBack(t *testing.T) {
	request := timed(TimedRule{Name: "A", Kind: "alerting"})
	request.Groups[0].QueryOffsetMs = 7000
	got := mustTime(t, request, testdb.Of(testdb.Every(t0+1000, step, 1, 1),
		"__name__", "ALERTS", "alertname", "A")).Groups[0]
	if *got.OffsetMs != 3000 {
		t.Errorf("the offset is %d", *got.OffsetMs)
	}
}

// itselfScraped is what a server writes that scrapes itself: it starts at `starts`, and has loaded
// its configuration 2 s later.
func itselfScraped(scrapes []int64, startOf func(ms int64) int64) []testdb.Series {
	var up, started, loaded, info []testdb.Sample
	for _, ms := range scrapes {
		at := t0 + ms
		start := float64(t0+startOf(ms)) / 1000
		up = append(up, testdb.Sample{T: at, V: 1})
		info = append(info, testdb.Sample{T: at, V: 1})
		started = append(started, testdb.Sample{T: at, V: start})
		loaded = append(loaded, testdb.Sample{T: at, V: start + 2})
	}
	of := func(name string, samples []testdb.Sample) testdb.Series {
		return testdb.Of(samples, "__name__", name, "job", "prometheus", "instance", "localhost:9090")
	}
	return []testdb.Series{
		of("up", up), of("prometheus_build_info", info), of("process_start_time_seconds", started),
		of("prometheus_config_last_reload_success_timestamp_seconds", loaded),
	}
}

func TestGapsAndRestarts(t *testing.T) {
	startedAt := func(changes ...int64) func(int64) int64 {
		return func(ms int64) (start int64) {
			start = -3_600_000
			for _, change := range changes {
				if change < ms {
					start = change
				}
			}
			return start
		}
	}
	yes, no := "true", "false"
	for _, c := range []struct {
		name   string
		series []testdb.Series
		want   []string // last, first, restarted
	}{
		{"none", itselfScraped([]int64{0, 15_000, 30_000}, startedAt()), nil},
		{"a missed scrape is none", itselfScraped([]int64{0, 15_000, 45_000}, startedAt()), nil},
		{"held up", itselfScraped([]int64{0, 15_000, 60_000}, startedAt()),
			[]string{"15000 60000 " + no}},
		{"restarted: rules were evaluated as soon as the configuration was loaded",
			itselfScraped([]int64{0, 15_000, 60_000}, startedAt(50_000)), []string{"15000 52000 " + yes}},
		{"restarted too fast for a gap", itselfScraped([]int64{0, 15_000, 30_000}, startedAt(20_000)),
			[]string{"15000 22000 " + yes}},
		{"a recording that begins with the server", itselfScraped([]int64{0, 15_000},
			func(int64) int64 { return -3000 }), []string{"-3000 -1000 " + yes}},
		{"two restarts", itselfScraped([]int64{0, 15_000, 60_000, 75_000}, startedAt(50_000, 62_000)),
			[]string{"15000 52000 " + yes, "60000 64000 " + yes}},
		{"a server that does not scrape itself cannot tell", []testdb.Series{
			testdb.Of([]testdb.Sample{{T: t0}, {T: t0 + 60_000}}, "__name__", "up")},
			[]string{"0 60000 nil"}},
		{"another target's restart is none", append(
			itselfScraped([]int64{0, 15_000, 30_000}, startedAt()),
			testdb.Of([]testdb.Sample{{T: t0, V: 1}, {T: t0 + 15_000, V: float64(t0)/1000 + 10}},
				"__name__", "process_start_time_seconds", "job", "other", "instance", "o:1")), nil},
		{"what rules wrote fills a gap", append(
			itselfScraped([]int64{0, 60_000}, startedAt()),
			testdb.Of(testdb.Every(t0, 20_000, 1, 1, 1), "__name__", "ALERTS")), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, gap := range mustTime(t, timed(), c.series...).Gaps {
				restarted := "nil"
				if gap.Restarted != nil {
					restarted = fmt.Sprint(*gap.Restarted)
				}
				got = append(got, fmt.Sprint(gap.LastMs-t0, " ", gap.FirstMs-t0, " ", restarted))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%q, not %q", got, c.want)
			}
		})
	}
}
