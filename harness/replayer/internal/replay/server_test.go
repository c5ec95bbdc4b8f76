package replay

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"alertdrill/replayer/internal/recording"
)

// The oracle test: Prometheus's own rule manager evaluates in real time over its own TSDB, which is
// scraped into meanwhile, is stopped and started again; then the replay is held against every
// sample that it wrote.

const (
	liveInterval = 400 * time.Millisecond
	liveScrape   = 80 * time.Millisecond
	liveScrapes  = 16

	// Evaluations and commits are at least a quarter of the interval apart.
	longestTolerableStall = liveInterval / 5
)

const liveRules = `groups:
  - name: g
    interval: 400ms
    rules:
      - record: flapping:inverse
        expr: 1 - flapping
      - alert: AtOnce
        expr: flapping:inverse == 1
        labels: {value: "{{ $value }}"}
      - alert: Held
        expr: steady == 1
        for: 800ms
      - alert: Kept
        expr: flapping == 0
        keep_firing_for: 700ms
      - alert: Down
        expr: up == 0
        for: 400ms
  - name: limited
    interval: 400ms
    limit: 1
    rules:
      - alert: TooMany
        expr: '{__name__=~"flapping|steady"} == 1'
`

func TestAReplayIsWhatPrometheusWrote(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as it evaluates: 13 s")
	}
	t.Parallel()
	rulesFile := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(rulesFile, []byte(liveRules), 0o644); err != nil {
		t.Fatal(err)
	}
	options := tsdb.DefaultOptions()
	db, err := tsdb.Open(t.TempDir(), log.NewNopLogger(), nil, options, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()

	longestStall := watchForStalls(t)
	live := &liveServer{t: t, db: db, rulesFile: rulesFile}
	started := time.Now()
	live.run(0)
	stopped := time.Now()
	// What a server does that is away: nothing. Two evaluations are missed.
	time.Sleep(2 * liveInterval)
	restarted := time.Now()
	live.run(liveScrapes)

	if stall := longestStall(); stall > longestTolerableStall {
		t.Skipf("could not be tested: this machine stood still for %s, and evaluations with it", stall)
	}
	folder := t.TempDir()
	if err := db.Snapshot(folder, true); err != nil {
		t.Fatal(err)
	}
	proveLive(t, folder, rulesFile, []Gap{
		{LastMs: 0, FirstMs: started.UnixMilli(), Restarted: ptr(true)},
		{LastMs: stopped.UnixMilli(), FirstMs: restarted.UnixMilli(), Restarted: ptr(true)},
	})
}

// watchForStalls tells by how much a sleeper has overslept at most.
func watchForStalls(t *testing.T) func() time.Duration {
	const nap = 5 * time.Millisecond
	var longest atomic.Int64
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for {
			began := time.Now()
			select {
			case <-done:
				return
			case <-time.After(nap):
				longest.Store(max(longest.Load(), int64(time.Since(began)-nap)))
			}
		}
	}()
	return func() time.Duration { return time.Duration(longest.Load()) }
}

func ptr[T any](v T) *T { return &v }

func proveLive(t *testing.T, folder, rulesFile string, gaps []Gap) {
	t.Helper()
	opened, err := recording.Open(recording.Options{
		Folder: folder, Lookback: 5 * time.Minute, EvaluationInterval: liveInterval,
		ExternalLabels: labels.EmptyLabels(), Outputs: []string{"flapping:inverse"},
	})
	if err != nil {
		t.Fatal(err)
	}
	timing, err := Timing(opened, TimingRequest{
		ScrapeIntervalMs: liveInterval.Milliseconds(),
		Groups: []TimedGroup{{
			File: rulesFile, Name: "g", IntervalMs: liveInterval.Milliseconds(),
			Rules: []TimedRule{{Name: "flapping:inverse", Kind: "recording"}},
		}, {
			File: rulesFile, Name: "limited", IntervalMs: liveInterval.Milliseconds(),
			Rules: []TimedRule{{Name: "TooMany", Kind: "alerting"}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var slots []Slot
	for _, group := range timing.Groups {
		if want := hashOffsetMs(group.Name, rulesFile, 400); *group.OffsetMs != want {
			t.Errorf("%s is evaluated at %d, not at %d", group.Name, *group.OffsetMs, want)
		}
		slots = append(slots, Slot{rulesFile, group.Name, group.OffsetMs, 400})
	}
	proof, err := Prove(opened, Request{
		Files: []File{{rulesFile, liveRules}}, Slots: slots, Gaps: gaps,
		FromMs: opened.First, UntilMs: opened.Last,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d samples are equal", proof.Equal, proof.Compared)
	if proof.Compared < 150 {
		t.Errorf("%d samples are too few to prove anything", proof.Compared)
	}
	for _, d := range proof.Differing {
		t.Errorf("%s %s at %d: only in %s (recorded %v, replayed %v): %s", d.Metric, d.Labels,
			d.AtMs, text(d.OnlyIn), text(d.Recorded), text(d.Replayed), d.ToldBy)
	}
}

func text[T any](v *T) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprint(*v)
}

// liveServer is a Prometheus as far as rules are concerned.
type liveServer struct {
	t         *testing.T
	db        *tsdb.DB
	rulesFile string
}

// run evaluates in real time from a start to a stop.
func (s *liveServer) run(fromScrape int) {
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute,
	})
	manager := rules.NewManager(&rules.ManagerOptions{
		ExternalURL: &url.URL{}, Context: context.Background(), Logger: log.NewNopLogger(),
		QueryFunc:  rules.EngineQueryFunc(engine, s.db),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Appendable: s.db, Queryable: s.db,
		OutageTolerance: outageTolerance, ForGracePeriod: forGracePeriod, ResendDelay: resendDelay,
	})
	if err := manager.Update(
		liveInterval, []string{s.rulesFile}, labels.EmptyLabels(), "", nil); err != nil {
		s.t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Add(1)
	go func() { manager.Run(); running.Done() }()
	s.scrape(fromScrape, s.scrapeOffset(manager.RuleGroups()))
	manager.Stop()
	running.Wait()
}

// scrapeOffset makes commits of scrapes fall as far as can be from all evaluations: what is too
// near to tell is the matter of other tests.
func (s *liveServer) scrapeOffset(groups []*rules.Group) time.Duration {
	best, farthest := time.Duration(0), time.Duration(0)
	for offset := time.Duration(0); offset < liveInterval; offset += 10 * time.Millisecond {
		nearest := liveInterval
		for _, group := range groups {
			at := time.Duration(hashOffsetMs(group.Name(), group.File(), 400)) * time.Millisecond
			since := (offset + liveScrape - at + liveInterval) % liveInterval
			nearest = min(nearest, since, liveInterval-since)
		}
		if nearest > farthest {
			best, farthest = offset, nearest
		}
	}
	return best
}

// scrape appends what targets expose, each time some while after the timestamp.
func (s *liveServer) scrape(from int, offset time.Duration) {
	for n := from; n < from+liveScrapes; n++ {
		now := time.Now()
		at := now.Truncate(liveInterval).Add(offset)
		if at.Before(now) {
			at = at.Add(liveInterval)
		}
		time.Sleep(time.Until(at.Add(liveScrape)))
		appender := s.db.Appender(context.Background())
		add := func(name string, v float64) {
			_, err := appender.Append(storage.SeriesRef(0), labels.FromStrings(
				"__name__", name, "job", "j", "instance", "i"), at.UnixMilli(), v)
			if err != nil {
				s.t.Error(err)
			}
		}
		add("flapping", float64(n/2%2))
		add("steady", 1)
		add("up", float64(min(1, n%7/3)))
		add("scrape_duration_seconds", time.Since(at).Seconds())
		if err := appender.Commit(); err != nil {
			s.t.Error(err)
		}
	}
}
