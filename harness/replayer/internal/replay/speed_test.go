package replay

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"alertdrill/replayer/internal/recording"
	"alertdrill/replayer/internal/testdb"
)

// The benchmarks stand for what a person waits for: a run of the drills (26 min, 5,000 series, a
// scrape every 5 s) and a server's hour (10,000 series, a scrape every 15 s).

const (
	benchStartMs    = int64(1_700_000_000_000)
	seriesPerTarget = 100
	instancesPerJob = 10
)

func syntheticRecording(b *testing.B, series int, span, step time.Duration) string {
	b.Helper()
	count := int(span / step)
	var all []testdb.Series
	for target := range series / seriesPerTarget {
		job := fmt.Sprintf("job-%d", target/instancesPerJob)
		instance := fmt.Sprintf("host-%d:9090", target)
		began := benchStartMs + int64(target*137)%step.Milliseconds()
		add := func(name string, value func(i int) float64, more ...string) {
			samples := make([]testdb.Sample, count)
			for i := range samples {
				samples[i] = testdb.Sample{T: began + int64(i)*step.Milliseconds(), V: value(i)}
			}
			all = append(all, testdb.Of(samples,
				append([]string{"__name__", name, "job", job, "instance", instance}, more...)...))
		}
		add("up", func(i int) float64 { return float64(min(1, (i+target)%60)) })
		add("scrape_duration_seconds", func(int) float64 { return 0.004 })
		for n := range seriesPerTarget - 2 {
			add(fmt.Sprintf("metric_%d_total", n%20), func(i int) float64 { return float64(i * n) },
				"path", fmt.Sprint("/", n))
		}
	}
	return testdb.Write(b, all...)
}

func openBench(b *testing.B, folder string, interval time.Duration) *recording.Recording {
	b.Helper()
	opened, err := recording.Open(recording.Options{
		Folder: folder, Lookback: 5 * time.Minute, EvaluationInterval: interval,
		ExternalLabels: labels.EmptyLabels(),
	})
	if err != nil {
		b.Fatal(err)
	}
	return opened
}

// benchRules are like those of a real file: thresholds, joins, rates, aggregations, each on the
// series of a job.
func benchRules(count int) string {
	expressions := []string{
		`up{job="job-%[1]d"} == 0`,
		`last_over_time(metric_%[2]d_total{job="job-%[1]d",path="/%[2]d"}[1m]) > 1e9`,
		`rate(metric_%[2]d_total{job="job-%[1]d",path="/%[2]d"}[2m]) > 100`,
		`sum by (job) (metric_%[2]d_total{job="job-%[1]d"}) > 1e9`,
		`metric_%[2]d_total{job="job-%[1]d",path="/%[2]d"} > 5e6 and on (instance) up == 0`,
	}
	var text strings.Builder
	for i := range count {
		if i%10 == 0 {
			fmt.Fprintf(&text, "%sgroup-%d\n    rules:\n", map[bool]string{
				true: "groups:\n  - name: ", false: "  - name: ",
			}[i == 0], i/10)
		}
		expression := fmt.Sprintf(expressions[i%len(expressions)], i/20%5, i%20)
		fmt.Fprintf(&text, "      - alert: Alert%d\n        expr: %s\n        for: 1m\n", i, expression)
	}
	return text.String()
}

func benchEvaluate(b *testing.B, opened *recording.Recording, text string, span time.Duration) {
	b.Helper()
	evaluations := 0
	for range b.N {
		result, _, err := Evaluate(opened, Request{
			Files:  []File{{Path: "/etc/prometheus/rules.yml", Text: text}},
			FromMs: benchStartMs, UntilMs: benchStartMs + span.Milliseconds(),
		}, recording.Usual)
		if err != nil {
			b.Fatal(err)
		}
		evaluations = result.Evaluations
	}
	b.ReportMetric(float64(evaluations), "evaluations")
}

func BenchmarkRunOfDrills(b *testing.B) {
	const span, interval = 26 * time.Minute, 5 * time.Second
	folder := syntheticRecording(b, 5000, span, interval)
	b.Run("open", func(b *testing.B) {
		for range b.N {
			openBench(b, folder, interval)
		}
	})
	opened := openBench(b, folder, interval)
	b.Run("rules=10", func(b *testing.B) { benchEvaluate(b, opened, benchRules(10), span) })
	b.Run("rules=1", func(b *testing.B) { benchEvaluate(b, opened, benchRules(1), span) })
}

func BenchmarkHourOfAServer(b *testing.B) {
	const span, interval = time.Hour, 15 * time.Second
	folder := syntheticRecording(b, 10000, span, interval)
	b.Run("open", func(b *testing.B) {
		for range b.N {
			openBench(b, folder, interval)
		}
	})
	opened := openBench(b, folder, interval)
	for _, count := range []int{100, 300, 1000} {
		text := benchRules(count)
		b.Run(fmt.Sprintf("rules=%d", count), func(b *testing.B) {
			benchEvaluate(b, opened, text, span)
		})
	}
}
