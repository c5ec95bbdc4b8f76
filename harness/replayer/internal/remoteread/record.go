// Package remoteread makes a recording of a running Prometheus.
//
// Remote read is the one interface that gives raw samples: query APIs drop staleness markers, and
// those decide when an alert ends. The answer is asked for in windows of a block each, so that
// memory does not grow with the length of the recording.
package remoteread

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-kit/log"
	"github.com/oklog/ulid"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"alertdrill/replayer/internal/failure"
)

// windowMs is the length of the blocks that Prometheus itself writes first.
const windowMs = int64(2 * time.Hour / time.Millisecond)

// Request says what to record, and where to.
type Request struct {
	URL         string   `json:"url"`
	FromMs      int64    `json:"from_ms"`
	UntilMs     int64    `json:"until_ms"`
	Into        string   `json:"into"`
	StripLabels []string `json:"strip_labels"`
}

// Result is what was recorded.
type Result struct {
	Series       int   `json:"series"`
	Samples      int   `json:"samples"`
	StaleMarkers int   `json:"stale_markers"`
	FromMs       int64 `json:"from_ms"`
	UntilMs      int64 `json:"until_ms"`
	Blocks       int   `json:"blocks"`
	Bytes        int64 `json:"bytes"`
}

// Record writes what the server has from FromMs to UntilMs. The folder is there as a whole or not
// at all.
func Record(ctx context.Context, request Request) (result *Result, err error) {
	if request.UntilMs < request.FromMs {
		return nil, failure.New(failure.BadAsk, "until_ms is before from_ms")
	}
	if err := mustBeFree(request.Into); err != nil {
		return nil, err
	}
	server, err := newServer(request.URL)
	if err != nil {
		return nil, err
	}
	part := strings.TrimRight(request.Into, "/") + ".part"
	if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil {
		return nil, failure.New(failure.BadAsk, "failed to make %s: %s", part, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()

	r := &recorder{
		server: server, folder: part, strip: request.StripLabels, known: map[uint64]struct{}{},
		result: Result{FromMs: math.MaxInt64, UntilMs: math.MinInt64},
	}
	for _, w := range windows(request.FromMs, request.UntilMs) {
		if err := r.record(ctx, w); err != nil {
			return nil, err
		}
	}
	if r.result.Samples == 0 {
		return nil, failure.New(failure.BadRecording, "%s has no series from %s to %s",
			server.name, instant(request.FromMs), instant(request.UntilMs))
	}
	if err := r.finish(ctx); err != nil {
		return nil, err
	}
	// An empty folder may stand there.
	if err := os.Remove(request.Into); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return &r.result, os.Rename(part, request.Into)
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339Nano) }

func mustBeFree(folder string) error {
	if folder == "" {
		return failure.New(failure.BadAsk, "into names no folder")
	}
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return failure.New(failure.BadAsk, "into is no folder: %s", err)
	case len(entries) > 0:
		return failure.New(failure.BadAsk, "the folder %s is not empty", folder)
	}
	return nil
}

type window struct{ fromMs, untilMs int64 }

// windows cuts a span where Prometheus cuts blocks.
func windows(fromMs, untilMs int64) []window {
	var all []window
	for from := fromMs; from <= untilMs; {
		next := from - modulo(from, windowMs) + windowMs
		all = append(all, window{from, min(next-1, untilMs)})
		from = next
	}
	return all
}

func modulo(a, b int64) int64 { return ((a % b) + b) % b }

type recorder struct {
	server *server
	folder string
	strip  []string
	blocks []string
	known  map[uint64]struct{}
	result Result
}

func (r *recorder) record(ctx context.Context, w window) (err error) {
	// The writer takes samples of half a block's length into the past; series come one by one, each
	// from the window's begin.
	writer, err := tsdb.NewBlockWriter(log.NewNopLogger(), r.folder, 2*windowMs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, writer.Close()) }()
	before := r.result.Samples
	err = r.server.read(ctx, w, func(s receivedSeries) error {
		return r.append(ctx, writer, w, s)
	})
	if err != nil || r.result.Samples == before {
		return err
	}
	id, err := writer.Flush(ctx)
	if err != nil {
		return err
	}
	r.blocks = append(r.blocks, filepath.Join(r.folder, id.String()))
	return nil
}

func (r *recorder) append(
	ctx context.Context, writer *tsdb.BlockWriter, w window, s receivedSeries,
) error {
	l := labels.NewBuilder(s.labels).Del(r.strip...).Labels()
	appender := writer.Appender(ctx)
	samples := s.inOrder()
	for _, sample := range samples {
		if sample.t < w.fromMs || sample.t > w.untilMs {
			continue
		}
		var err error
		if sample.h != nil || sample.fh != nil {
			_, err = appender.AppendHistogram(0, l, sample.t, sample.h, sample.fh)
		} else {
			_, err = appender.Append(0, l, sample.t, sample.v)
		}
		if err != nil {
			return failure.New(failure.NoAnswer,
				"%s gave a sample of %s at %s that does not fit: %s",
				r.server.name, l, instant(sample.t), err)
		}
		r.known[l.Hash()] = struct{}{}
		r.result.Samples++
		if sample.isStale() {
			r.result.StaleMarkers++
		}
		r.result.FromMs = min(r.result.FromMs, sample.t)
		r.result.UntilMs = max(r.result.UntilMs, sample.t)
	}
	return appender.Commit()
}

// finish makes one block of all, so that labels are written once and not every two hours.
func (r *recorder) finish(ctx context.Context) error {
	if len(r.blocks) > 1 {
		compactor, err := tsdb.NewLeveledCompactor(
			ctx, nil, log.NewNopLogger(), []int64{windowMs}, chunkenc.NewPool(), nil)
		if err != nil {
			return err
		}
		id, err := compactor.Compact(r.folder, r.blocks, nil)
		if err != nil {
			return err
		}
		if id != (ulid.ULID{}) {
			for _, block := range r.blocks {
				if err := os.RemoveAll(block); err != nil {
					return err
				}
			}
			r.blocks = []string{filepath.Join(r.folder, id.String())}
		}
	}
	r.result.Series, r.result.Blocks = len(r.known), len(r.blocks)
	return filepath.Walk(r.folder, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			r.result.Bytes += info.Size()
		}
		return err
	})
}
