package recording

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-kit/log"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"alertdrill/replayer/internal/testdb"
)

// TestOutputsAreTakenAndRefusedAsByPrometheusesHead tries the same appends on both.
func TestOutputsAreTakenAndRefusedAsByPrometheusesHead(t *testing.T) {
	type write struct {
		ms int64
		v  float64
	}
	for _, c := range []struct {
		name    string
		appends [][]write // each is committed as one
		refused error
	}{
		{"in order", [][]write{{{0, 1}}, {{5, 2}}}, nil},
		{"the same again", [][]write{{{0, 1}}, {{0, 1}}}, nil},
		{"another value at the same time", [][]write{{{0, 1}}, {{0, 2}}},
			storage.ErrDuplicateSampleForTimestamp},
		{"a marker where a value is", [][]write{{{0, 1}}, {{0, testdb.Stale()}}},
			storage.ErrDuplicateSampleForTimestamp},
		{"an older one", [][]write{{{5, 1}}, {{0, 1}}}, storage.ErrOutOfOrderSample},
		{"another value in one commit", [][]write{{{0, 1}, {0, 2}}}, nil},
		{"an older one in one commit", [][]write{{{5, 1}, {0, 2}}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := tsdb.Open(t.TempDir(), log.NewNopLogger(), nil, tsdb.DefaultOptions(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			outputs := NewOutputs()
			l := labels.FromStrings("__name__", "m")
			for _, appends := range c.appends {
				theirs, ours := db.Appender(context.Background()), outputs.Appender(context.Background())
				for _, w := range appends {
					_, theirError := theirs.Append(0, l, t0+w.ms, w.v)
					_, ourError := ours.Append(0, l, t0+w.ms, w.v)
					if fmt.Sprint(ourError) != fmt.Sprint(theirError) {
						t.Errorf("the head says %v, outputs say %v", theirError, ourError)
					}
					if theirError != nil && !errors.Is(theirError, c.refused) {
						t.Errorf("refused by %v, not %v", theirError, c.refused)
					}
				}
				if err := errors.Join(theirs.Commit(), ours.Commit()); err != nil {
					t.Error(err)
				}
			}
			querier, err := db.Querier(t0, t0+100)
			if err != nil {
				t.Fatal(err)
			}
			defer querier.Close()
			set := querier.Select(context.Background(), false, nil, everything())
			set.Next()
			theirs := Samples{}
			for it := set.At().Iterator(nil); it.Next() != 0; {
				ms, v := it.At()
				theirs.add(ms, v, nil)
			}
			if ours := outputs.All()[0].Samples; fmt.Sprint(ours) != fmt.Sprint(theirs) {
				t.Errorf("the head has %v, outputs have %v", theirs, ours)
			}
		})
	}
}

func TestOutputsAreSeenOnceCommitted(t *testing.T) {
	r := mustOpen(t, options(testdb.Write(t, testdb.Of(testdb.Every(t0, 10, 1), "__name__", "m"))))
	outputs := NewOutputs()
	view := r.NewView(outputs, Usual)
	appender := outputs.Appender(context.Background())
	if _, err := appender.Append(0, labels.FromStrings("__name__", "o"), t0+5, 1); err != nil {
		t.Fatal(err)
	}
	if found := selected(t, view, t0, t0+100, everything()); len(found) != 1 {
		t.Errorf("before the commit %v", found)
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
	if found := selected(t, view, t0, t0+100, everything()); len(found) != 2 {
		t.Errorf("after the commit %v", found)
	}
}

func TestWhatARuleAddsToAScrapedSeriesIsOneSeries(t *testing.T) {
	r := mustOpen(t, options(testdb.Write(t,
		testdb.Of(testdb.Every(t0, 10, 1, 1), "__name__", "m", "a", "b"))))
	outputs := NewOutputs()
	appender := outputs.Appender(context.Background())
	_, err := appender.Append(0, labels.FromStrings("__name__", "m", "a", "b"), t0+5, 1)
	if err = errors.Join(err, appender.Commit()); err != nil {
		t.Fatal(err)
	}
	view := r.NewView(outputs, Usual)
	querier, _ := view.Querier(t0, t0+100)
	set, count := querier.Select(context.Background(), false, nil, everything()), 0
	for set.Next() {
		count++
	}
	if times := selected(t, view, t0, t0+100, everything())[`{__name__="m", a="b"}`]; count != 1 ||
		fmt.Sprint(times) != fmt.Sprint([]int64{t0, t0 + 5, t0 + 10}) {
		t.Errorf("%d series with samples at %v", count, times)
	}
}
