package recording

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/testdb"
)

const t0 = int64(1_700_000_000_000)

func options(folder string) Options {
	return Options{
		Folder: folder, Lookback: 5 * time.Minute, EvaluationInterval: 5 * time.Second,
		ExternalLabels: labels.EmptyLabels(), Outputs: []string{"job:up:sum"},
	}
}

func mustOpen(t *testing.T, o Options) *Recording {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// selected are the samples that a view gives, by the text of their labels.
func selected(
	t *testing.T, v *View, from, until int64, matchers ...*labels.Matcher,
) map[string][]int64 {
	t.Helper()
	querier, err := v.Querier(from, until)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]int64{}
	hints := &storage.SelectHints{Start: from, End: until, Range: until - from}
	set := querier.Select(context.Background(), false, hints, matchers...)
	for set.Next() {
		it := set.At().Iterator(nil)
		for it.Next() != 0 {
			key := set.At().Labels().String()
			found[key] = append(found[key], it.AtT())
		}
	}
	if set.Err() != nil {
		t.Fatal(set.Err())
	}
	return found
}

func everything() *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchRegexp, labels.MetricName, ".+")
}

func TestOutputsOfRulesAreNeverAnInput(t *testing.T) {
	samples := testdb.Every(t0, 5000, 1, 1, 1)
	r := mustOpen(t, options(testdb.Write(t,
		testdb.Of(samples, "__name__", "up", "job", "a"),
		testdb.Of(samples, "__name__", "ALERTS", "alertname", "A"),
		testdb.Of(samples, "__name__", "ALERTS_FOR_STATE", "alertname", "A"),
		testdb.Of(samples, "__name__", "job:up:sum", "job", "a"),
	)))
	found := selected(t, r.NewView(nil, Usual), t0, t0+60_000, everything())
	if len(found) != 1 || len(found[`{__name__="up", job="a"}`]) != 3 {
		t.Errorf("only `up` may be read, not %v", found)
	}
	if !slices.Equal(r.Metrics(), []string{"up"}) {
		t.Errorf("metrics are %v", r.Metrics())
	}
	if len(r.Written()) != 3 || r.SeriesCount != 4 || r.SampleCount != 12 {
		t.Errorf("%d written, %d series, %d samples", len(r.Written()), r.SeriesCount, r.SampleCount)
	}
}

func TestASampleIsHiddenUntilItsScrapeWasCommitted(t *testing.T) {
	target := []string{"job", "a", "instance", "a:1"}
	times := testdb.Every(t0, 15_000, 0, 0, 0)
	r := mustOpen(t, options(testdb.Write(t,
		testdb.Of(times, append([]string{"__name__", "up"}, target...)...),
		testdb.Of(testdb.Every(t0, 15_000, 5, 0.01, 5),
			append([]string{"__name__", "scrape_duration_seconds"}, target...)...),
		testdb.Of(times, "__name__", "up", "job", "other", "instance", "a:1"),
		testdb.Of([]testdb.Sample{{T: t0 + 7000, V: 1}, {T: t0 + 15_000, V: 1}, {T: t0 + 40_000, V: 1}},
			append([]string{"__name__", "own_timestamps"}, target...)...),
	)))
	up := labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, "up")
	own := labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, "own_timestamps")
	a := labels.MustNewMatcher(labels.MatchEqual, "job", "a")
	other := labels.MustNewMatcher(labels.MatchEqual, "job", "other")
	for _, c := range []struct {
		name       string
		atMs       int64
		visibility Visibility
		matchers   []*labels.Matcher
		want       int
	}{
		{"while the first scrape runs", 4999, Usual, []*labels.Matcher{up, a}, 0},
		{"once it is committed", 5000, Usual, []*labels.Matcher{up, a}, 1},
		{"the duration itself is hidden too", 4999, Usual,
			[]*labels.Matcher{a, labels.MustNewMatcher(labels.MatchEqual, labels.MetricName,
				"scrape_duration_seconds")}, 0},
		{"an early view sees it 100 ms sooner", 4900, Early, []*labels.Matcher{up, a}, 1},
		{"and no sooner", 4899, Early, []*labels.Matcher{up, a}, 0},
		{"a late view 100 ms later", 5099, Late, []*labels.Matcher{up, a}, 0},
		{"and no later", 5100, Late, []*labels.Matcher{up, a}, 1},
		{"a short scrape", 15_010, Usual, []*labels.Matcher{up, a}, 2},
		{"a target without a known duration", 0, Usual, []*labels.Matcher{up, other}, 1},
		{"a timestamp of its own waits for the scrape that brings it", 14_000, Usual,
			[]*labels.Matcher{own}, 0},
		{"and is there with that", 15_010, Usual, []*labels.Matcher{own}, 2},
		{"after the last scrape nothing is known", 40_000, Usual, []*labels.Matcher{own}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			view := r.NewView(nil, c.visibility)
			view.MoveTo(t0 + c.atMs)
			got := 0
			for _, times := range selected(t, view, t0-1, t0+c.atMs, c.matchers...) {
				got += len(times)
			}
			if got != c.want {
				t.Errorf("%d samples are visible, not %d", got, c.want)
			}
		})
	}
}

func TestNearCountsASeriesOncePerEvaluation(t *testing.T) {
	r := mustOpen(t, options(testdb.Write(t,
		testdb.Of(testdb.Every(t0, 15_000, 1, 1), "__name__", "up", "job", "a", "instance", "b"),
		testdb.Of(testdb.Every(t0, 15_000, 0.02, 0.02),
			"__name__", "scrape_duration_seconds", "job", "a", "instance", "b"),
	)))
	up := labels.MustNewMatcher(labels.MatchEqual, labels.MetricName, "up")
	for _, c := range []struct {
		atMs int64
		near int
	}{{-1, 0}, {0, 1}, {119, 1}, {120, 0}, {15_000, 1}} {
		view := r.NewView(nil, Usual)
		view.MoveTo(t0 + c.atMs)
		for range 2 {
			selected(t, view, t0-1, t0+c.atMs, up)
		}
		if view.Near != c.near {
			t.Errorf("at %d ms %d pairs are near, not %d", c.atMs, view.Near, c.near)
		}
	}
}

func TestMarkersOfADroppedTargetComeLater(t *testing.T) {
	stale := testdb.Stale()
	r := mustOpen(t, options(testdb.Write(t,
		testdb.Of(append(testdb.Every(t0, 10_000, 0.1, 0.1), testdb.Sample{T: t0 + 20_000, V: stale}),
			"__name__", "scrape_duration_seconds", "job", "a", "instance", "b"),
	)))
	samples, err := r.OfMetric(durationMetric)[0].Samples()
	if err != nil {
		t.Fatal(err)
	}
	want := []int64{t0 + 100, t0 + 10_100, t0 + 31_000}
	if !slices.Equal(samples.Visible, want) {
		t.Errorf("visible from %v, not %v", samples.Visible, want)
	}
}

func TestOverlappingBlocksAreOneSeries(t *testing.T) {
	folder := t.TempDir()
	of := func(samples []testdb.Sample) testdb.Series { return testdb.Of(samples, "__name__", "m") }
	testdb.WriteInto(t, folder, of(testdb.Every(t0, 10, 1, 2, 3)))
	testdb.WriteInto(t, folder, of(testdb.Every(t0+5, 10, 7, 8, 9)))
	testdb.WriteInto(t, folder, of(testdb.Every(t0, 10, 1, 2, 3)))
	r := mustOpen(t, options(folder))
	samples, err := r.Raw()[0].Samples()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(samples.V, []float64{1, 7, 2, 8, 3, 9}) || r.SampleCount != 6 {
		t.Errorf("%v, %d samples", samples.V, r.SampleCount)
	}
}

func TestARecordingCanBeCut(t *testing.T) {
	o := options(testdb.Write(t, testdb.Of(testdb.Every(t0, 10, 1, 2, 3, 4), "__name__", "m")))
	from, until := t0+10, t0+20
	o.From, o.Until = &from, &until
	r := mustOpen(t, o)
	samples, _ := r.Raw()[0].Samples()
	if !slices.Equal(samples.V, []float64{2, 3}) || r.First != from || r.Last != until {
		t.Errorf("%v from %d to %d", samples.V, r.First, r.Last)
	}
}

// fingerprint covers every file's name, time and bytes.
func fingerprint(t *testing.T, folder string) string {
	t.Helper()
	sum := sha256.New()
	err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, path, info.ModTime(), info.Mode())
		if !info.IsDir() {
			bytes, err := os.ReadFile(path)
			sum.Write(bytes)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

func TestOpenLeavesTheFolderByteForByte(t *testing.T) {
	folder := testdb.Write(t, testdb.Of(testdb.Every(t0, 10, 1, 2), "__name__", "m"))
	before := fingerprint(t, folder)
	r := mustOpen(t, options(folder))
	selected(t, r.NewView(nil, Usual), t0, t0+100, everything())
	if fingerprint(t, folder) != before {
		t.Error("something in the folder is not as it was")
	}
}

func TestABadRecordingIsTold(t *testing.T) {
	good := func(t *testing.T) string {
		return testdb.Write(t, testdb.Of(testdb.Every(t0, 10, 1, 2, 3), "__name__", "m"))
	}
	truncate := func(pattern string, to int64) func(*testing.T) string {
		return func(t *testing.T) string {
			folder := good(t)
			found, _ := filepath.Glob(filepath.Join(folder, pattern))
			if len(found) != 1 {
				t.Fatalf("%s matches %v", pattern, found)
			}
			if err := os.Truncate(found[0], to); err != nil {
				t.Fatal(err)
			}
			return folder
		}
	}
	for _, c := range []struct {
		name   string
		folder func(*testing.T) string
		words  string
	}{
		{"absent", func(*testing.T) string { return "/nonexistent/tsdb" }, "no such file"},
		{"empty", func(t *testing.T) string { return t.TempDir() }, "no block"},
		{"not a TSDB", func(t *testing.T) string {
			folder := t.TempDir()
			os.WriteFile(filepath.Join(folder, "notes.txt"), []byte("hello"), 0o644)
			return folder
		}, "no block"},
		{"torn chunks", truncate("*/chunks/000001", 20), "chunk"},
		{"chunks of no length", truncate("*/chunks/000001", 0), "block"},
		{"torn index", truncate("*/index", 60), "index"},
		{"torn meta", truncate("*/meta.json", 10), "JSON"},
		{"a chunk with another byte", func(t *testing.T) string {
			folder := good(t)
			found, _ := filepath.Glob(filepath.Join(folder, "*/chunks/000001"))
			bytes, _ := os.ReadFile(found[0])
			bytes[len(bytes)-6] ^= 0xff
			os.WriteFile(found[0], bytes, 0o644)
			return folder
		}, "checksum"},
		{"a write-ahead log with samples", func(t *testing.T) string {
			folder := good(t)
			os.Mkdir(filepath.Join(folder, "wal"), 0o755)
			os.WriteFile(filepath.Join(folder, "wal", "00000000"), []byte("samples"), 0o644)
			return folder
		}, "write-ahead log"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Open(options(c.folder(t)))
			var told *failure.Failure
			if !errors.As(err, &told) || told.Kind != failure.BadRecording {
				t.Fatalf("the error is %v", err)
			}
			if !strings.Contains(told.Message, c.words) {
				t.Errorf("%q does not say %q", told.Message, c.words)
			}
		})
	}
}

func TestAnInstantSelectorGetsTheNewestSampleOnly(t *testing.T) {
	r := mustOpen(t, options(testdb.Write(t,
		testdb.Of(testdb.Every(t0, 1000, 1, 2, 3), "__name__", "m"))))
	querier, _ := r.NewView(nil, Usual).Querier(t0, t0+1500)
	set := querier.Select(context.Background(), false,
		&storage.SelectHints{Start: t0, End: t0 + 1500}, everything())
	set.Next()
	it := set.At().Iterator(nil)
	it.Next()
	if at, v := it.At(); at != t0+1000 || v != 2 || it.Next() != 0 {
		t.Errorf("got %v at %d", v, at-t0)
	}
}
