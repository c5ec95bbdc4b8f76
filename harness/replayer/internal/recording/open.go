// Package recording opens a recorded TSDB and lets Prometheus's own engine read it as the server
// could at a given instant.
//
// Three things differ from reading a TSDB: outputs of rules stay hidden (they are what a replay is
// held against, never what it reads), a sample is hidden until its scrape had been committed, and
// nothing is ever written into the folder, which is committed to git.
package recording

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"

	"alertdrill/replayer/internal/failure"
)

const (
	alertsMetric      = "ALERTS"
	forStateMetric    = "ALERTS_FOR_STATE"
	durationMetric    = "scrape_duration_seconds"
	mostSamples       = 50_000_000
	longestEvaluation = 2 * time.Minute
)

// Options are what the recorded server was configured with.
type Options struct {
	Folder             string
	Lookback           time.Duration
	EvaluationInterval time.Duration
	ExternalLabels     labels.Labels
	ExternalURL        string
	// Outputs names the recording rules that the recorded server had loaded.
	Outputs []string
	// From and Until cut the recording; nil does not.
	From, Until *int64
}

// Recording is an open recording. It does not change, so any number of evaluations may read it.
type Recording struct {
	Options
	Engine *promql.Engine

	SeriesCount, SampleCount int
	First, Last              int64

	from, until int64
	raw         []*Series
	oracle      []*Series
	rawByName   map[string][]*Series
	arrivals    *arrivals

	selections sync.Map // of matchers as text to []*Series
}

func unreadable(format string, args ...any) *failure.Failure {
	return failure.New(failure.BadRecording, format, args...)
}

// Open reads every chunk once, so that a torn recording is told now and not in the middle of an
// evaluation.
func Open(options Options) (*Recording, error) {
	folders, err := blockFolders(options.Folder)
	if err != nil {
		return nil, err
	}
	r := &Recording{
		Options: options, from: math.MinInt64, until: math.MaxInt64,
		First: math.MaxInt64, Last: math.MinInt64,
	}
	if options.From != nil {
		r.from = *options.From
	}
	if options.Until != nil {
		r.until = *options.Until
	}
	all, err := r.readBlocks(folders)
	if err != nil {
		return nil, err
	}
	if err := r.sortOut(all); err != nil {
		return nil, err
	}
	if r.SampleCount == 0 {
		return nil, unreadable("%s has no samples%s", options.Folder, r.spanWords())
	}
	r.Engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples:           mostSamples,
		Timeout:              longestEvaluation,
		LookbackDelta:        options.Lookback,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 {
			return options.EvaluationInterval.Milliseconds()
		},
	})
	return r, nil
}

func (r *Recording) spanWords() string {
	if r.Options.From == nil && r.Options.Until == nil {
		return ""
	}
	return " in the span that was asked for"
}

// blockFolders are the folder's blocks. Samples in a write-ahead log would be left out in silence:
// a folder with such is refused.
func blockFolders(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, unreadable("failed to read the recording's folder: %s", err)
	}
	var blocks []string
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if _, err := ulid.ParseStrict(entry.Name()); err == nil && entry.IsDir() {
			blocks = append(blocks, path)
		}
		if entry.Name() == "wal" && holdsBytes(path) {
			return nil, unreadable("%s has samples in a write-ahead log, which is not read: "+
				"take a snapshot of the server, or record from it", folder)
		}
	}
	if len(blocks) == 0 {
		return nil, unreadable("%s has no block of a TSDB", folder)
	}
	return blocks, nil
}

func holdsBytes(folder string) bool {
	found := false
	_ = filepath.Walk(folder, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && info.Size() > 0 {
			found = true
			return filepath.SkipAll
		}
		return nil
	})
	return found
}

func (r *Recording) readBlocks(folders []string) ([]*Series, error) {
	known := map[uint64][]*Series{}
	var all []*Series
	for _, folder := range folders {
		err := r.readBlock(folder, func(l labels.Labels, parts []chunk) {
			hash := l.Hash()
			for _, s := range known[hash] {
				if labels.Equal(s.Labels, l) {
					s.chunks = append(s.chunks, parts...)
					return
				}
			}
			s := &Series{Labels: l, chunks: parts, recording: r}
			known[hash] = append(known[hash], s)
			all = append(all, s)
		})
		if err != nil {
			return nil, unreadable("block %s cannot be read: %s", folder, err)
		}
	}
	for _, s := range all {
		slices.SortStableFunc(s.chunks, func(a, b chunk) int { return int(a.from - b.from) })
	}
	slices.SortFunc(all, func(a, b *Series) int { return labels.Compare(a.Labels, b.Labels) })
	return all, nil
}

func (r *Recording) readBlock(folder string, found func(labels.Labels, []chunk)) (err error) {
	block, err := tsdb.OpenBlock(nil, folder, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, block.Close()) }()
	series, err := block.Index()
	if err != nil {
		return err
	}
	defer series.Close()
	data, err := block.Chunks()
	if err != nil {
		return err
	}
	defer data.Close()
	name, everything := index.AllPostingsKey()
	postings, err := series.Postings(context.Background(), name, everything)
	if err != nil {
		return err
	}
	var (
		builder labels.ScratchBuilder
		metas   []chunks.Meta
	)
	for postings.Next() {
		if err := series.Series(postings.At(), &builder, &metas); err != nil {
			return fmt.Errorf("a series in its index: %w", err)
		}
		parts := make([]chunk, 0, len(metas))
		for _, meta := range metas {
			part, err := copied(data, meta)
			if err != nil {
				return fmt.Errorf("a chunk of %s: %w", builder.Labels(), err)
			}
			parts = append(parts, part)
		}
		found(copiedLabels(builder.Labels()), parts)
	}
	return postings.Err()
}

// copied is a chunk whose bytes outlive the block, which is mapped into memory only while it is
// read: a folder that is checked out anew must not pull the ground away.
func copied(from tsdb.ChunkReader, meta chunks.Meta) (chunk, error) {
	data, iterable, err := from.ChunkOrIterable(meta)
	if err != nil {
		return chunk{}, err
	}
	if iterable != nil {
		return chunk{}, errors.New("not a plain chunk")
	}
	bytes := append([]byte(nil), data.Bytes()...)
	owned, err := chunkenc.FromData(data.Encoding(), bytes)
	return chunk{from: meta.MinTime, until: meta.MaxTime, data: owned}, err
}

func copiedLabels(l labels.Labels) labels.Labels {
	var builder labels.ScratchBuilder
	l.Range(func(l labels.Label) {
		builder.Add(string([]byte(l.Name)), string([]byte(l.Value)))
	})
	return builder.Labels()
}

// sortOut parts what rules may read from what they once wrote.
func (r *Recording) sortOut(all []*Series) error {
	written := map[string]bool{alertsMetric: true, forStateMetric: true}
	for _, name := range r.Outputs {
		written[name] = true
	}
	r.rawByName = map[string][]*Series{}
	for _, s := range all {
		count, err := s.sampleCount(r.from, r.until)
		if err != nil {
			return unreadable("the samples of %s cannot be read: %s", s.Labels, err)
		}
		if count == 0 {
			continue
		}
		r.SeriesCount++
		r.SampleCount += count
		r.First = min(r.First, max(s.chunks[0].from, r.from))
		for _, c := range s.chunks {
			r.Last = max(r.Last, min(c.until, r.until))
		}
		name := s.Labels.Get(labels.MetricName)
		if written[name] {
			r.oracle = append(r.oracle, s)
			continue
		}
		s.number = len(r.raw)
		r.raw = append(r.raw, s)
		r.rawByName[name] = append(r.rawByName[name], s)
	}
	known, err := arrivalsOf(r.rawByName[durationMetric])
	r.arrivals = known
	return err
}

// Metrics are the names of all metrics that rules may read, sorted.
func (r *Recording) Metrics() []string {
	names := make([]string, 0, len(r.rawByName))
	for name := range r.rawByName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// HasMetric is whether rules may read a metric of that name.
func (r *Recording) HasMetric(name string) bool { return len(r.rawByName[name]) > 0 }

// OfMetric are the series of that name that rules may read.
func (r *Recording) OfMetric(name string) []*Series { return r.rawByName[name] }

// Raw are all series that rules may read.
func (r *Recording) Raw() []*Series { return r.raw }

// Written are all recorded series that rules wrote: what a replay is held against.
func (r *Recording) Written() []*Series { return r.oracle }

// Selected are the series that rules may read and that match, in the order of their labels.
func (r *Recording) Selected(matchers []*labels.Matcher) []*Series {
	key := matchersAsText(matchers)
	if known, ok := r.selections.Load(key); ok {
		return known.([]*Series)
	}
	candidates := r.raw
	for _, m := range matchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			candidates = r.rawByName[m.Value]
		}
	}
	var selected []*Series
	for _, s := range candidates {
		if matches(s.Labels, matchers) {
			selected = append(selected, s)
		}
	}
	r.selections.Store(key, selected)
	return selected
}

func matches(l labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

func matchersAsText(matchers []*labels.Matcher) string {
	length := 0
	for _, m := range matchers {
		length += len(m.Name) + len(m.Value) + 3
	}
	text := make([]byte, 0, length)
	for _, m := range matchers {
		text = append(text, m.Name...)
		text = append(text, 0xff, byte('0'+m.Type))
		text = append(text, m.Value...)
		text = append(text, 0xff)
	}
	return string(text)
}

var _ storage.Queryable = (*View)(nil)
