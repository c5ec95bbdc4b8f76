// Package testdb makes small recordings for tests.
package testdb

import (
	"context"
	"math"
	"testing"

	"github.com/go-kit/log"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// blockMs is long enough for every test: the writer takes samples of half of it into the past.
const blockMs = 96 * 3600 * 1000

// Sample is one sample.
type Sample struct {
	T int64
	V float64
}

// Series is one series.
type Series struct {
	Labels  labels.Labels
	Samples []Sample
}

// Of makes a series from names and values of labels.
func Of(samples []Sample, labelsAndValues ...string) Series {
	return Series{labels.FromStrings(labelsAndValues...), samples}
}

// Every is one sample every so many milliseconds, with the values in turn.
func Every(fromMs, stepMs int64, values ...float64) []Sample {
	samples := make([]Sample, len(values))
	for i, v := range values {
		samples[i] = Sample{fromMs + int64(i)*stepMs, v}
	}
	return samples
}

// Write makes a folder with one block.
func Write(t testing.TB, series ...Series) string {
	t.Helper()
	folder := t.TempDir()
	WriteInto(t, folder, series...)
	return folder
}

// WriteInto adds a block to a folder.
func WriteInto(t testing.TB, folder string, series ...Series) {
	t.Helper()
	writer, err := tsdb.NewBlockWriter(log.NewNopLogger(), folder, blockMs)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range series {
		appender := writer.Appender(context.Background())
		var ref storage.SeriesRef
		for _, sample := range s.Samples {
			if ref, err = appender.Append(ref, s.Labels, sample.T, sample.V); err != nil {
				t.Fatal(err)
			}
		}
		if err := appender.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := writer.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
}

// Stale is the value that says that a series has ended.
func Stale() float64 { return math.Float64frombits(value.StaleNaN) }
