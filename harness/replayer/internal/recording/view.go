package recording

import (
	"context"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/annotations"
)

// NearMs is how close to an evaluation a sample must have become visible for the order of the two
// not to be told from the recording.
const NearMs = 100

// Eternity is a view's instant that hides nothing.
const Eternity = int64(1) << 62

// Visibility says which way samples go whose visibility is too near to an evaluation to tell.
type Visibility string

const (
	Usual Visibility = "usual"
	Early Visibility = "early"
	Late  Visibility = "late"
)

// shift is added to the instant of an evaluation.
func (v Visibility) shift() int64 {
	switch v {
	case Early:
		return NearMs
	case Late:
		return -NearMs
	default:
		return 0
	}
}

// View is the recording as an evaluation could read it at one instant, together with what earlier
// evaluations of the same replay have written. It belongs to one replay: not for concurrent use
// while it is moved.
type View struct {
	recording  *Recording
	outputs    *Outputs
	visibility Visibility

	instant int64
	// Near counts the (series, instant) pairs that were read and in which an early and a late view
	// differ.
	Near     int
	nearSeen []int64
}

// NewView sees everything until it is moved to an instant.
func (r *Recording) NewView(outputs *Outputs, visibility Visibility) *View {
	return &View{
		recording: r, outputs: outputs, visibility: visibility, instant: Eternity,
	}
}

// MoveTo makes the view that of an evaluation at this instant.
func (v *View) MoveTo(instant int64) {
	v.instant = instant
	if v.nearSeen == nil {
		v.nearSeen = make([]int64, len(v.recording.raw))
	}
}

// Querier implements storage.Queryable.
func (v *View) Querier(mint, maxt int64) (storage.Querier, error) {
	return &querier{view: v, mint: mint, maxt: maxt}, nil
}

type querier struct {
	view       *View
	mint, maxt int64
}

func (q *querier) Close() error { return nil }

// Nothing that evaluates rules asks for names or values of labels.
func (q *querier) LabelValues(
	context.Context, string, ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *querier) LabelNames(
	context.Context, ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (q *querier) Select(
	_ context.Context, _ bool, hints *storage.SelectHints, matchers ...*labels.Matcher,
) storage.SeriesSet {
	from, until := q.mint, q.maxt
	if hints != nil {
		from, until = hints.Start, hints.End
	}
	// An instant selector takes the newest sample of its window; the engine would step to it
	// through all others.
	onlyLast := hints != nil && hints.Range == 0 && hints.Step == 0
	selected := q.view.recording.Selected(matchers)
	spans := make([]span, 0, len(selected))
	for _, s := range selected {
		samples, err := s.Samples()
		if err != nil {
			return storage.ErrSeriesSet(err)
		}
		visible := q.view.visibleSpan(s, samples, from, until)
		if len(visible.samples.T) > 0 {
			if onlyLast {
				visible.samples = visible.samples.last()
			}
			spans = append(spans, visible)
		}
	}
	set := &seriesSet{spans: spans, at: -1}
	written := q.view.outputs.selected(matchers, from, until)
	if len(written) == 0 {
		return set
	}
	return withOutputs(set, written)
}

// visibleSpan is the part of a series that an evaluation could read.
func (v *View) visibleSpan(s *Series, samples *Samples, from, until int64) span {
	end := firstAfter(samples.T, until)
	start := firstAfter(samples.T[:end], from-1)
	seenUntil := v.instant + v.visibility.shift()
	for i := end - 1; i >= start; i-- {
		visible := samples.visibleAt(i)
		if visible <= v.instant-NearMs {
			break
		}
		if visible <= v.instant+NearMs && v.nearSeen != nil && v.nearSeen[s.number] != v.instant {
			v.nearSeen[s.number] = v.instant
			v.Near++
		}
	}
	for end > start && samples.visibleAt(end-1) > seenUntil {
		end--
	}
	part := span{labels: s.Labels}
	part.samples.T, part.samples.V = samples.T[start:end], samples.V[start:end]
	if samples.H != nil {
		part.samples.H = samples.H[start:end]
	}
	return part
}

// span is a stretch of a series: what Prometheus's engine reads.
type span struct {
	labels  labels.Labels
	samples Samples
}

func (s *span) Labels() labels.Labels { return s.labels }

func (s *span) Iterator(reused chunkenc.Iterator) chunkenc.Iterator {
	it, ok := reused.(*sampleIterator)
	if !ok {
		it = &sampleIterator{}
	}
	it.samples, it.at = &s.samples, -1
	return it
}

type seriesSet struct {
	spans []span
	at    int
}

func (s *seriesSet) Next() bool                        { s.at++; return s.at < len(s.spans) }
func (s *seriesSet) At() storage.Series                { return &s.spans[s.at] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// withOutputs adds what rules wrote. A rule may write a series that was also scraped: then both are
// one series.
func withOutputs(raw *seriesSet, written []span) storage.SeriesSet {
	scraped := make(map[uint64]int, len(raw.spans))
	for i := range raw.spans {
		scraped[raw.spans[i].labels.Hash()] = i
	}
	for _, s := range written {
		i, ok := scraped[s.labels.Hash()]
		if !ok || !labels.Equal(raw.spans[i].labels, s.labels) {
			raw.spans = append(raw.spans, s)
			continue
		}
		raw.spans[i].samples = sorted(joined(raw.spans[i].samples, s.samples))
	}
	return raw
}

func joined(a, b Samples) Samples {
	var both Samples
	for _, part := range []Samples{a, b} {
		for i := range part.T {
			var h *histogram.FloatHistogram
			if part.H != nil {
				h = part.H[i]
			}
			both.add(part.T[i], part.V[i], h)
		}
	}
	return both
}

type sampleIterator struct {
	samples *Samples
	at      int
}

func (it *sampleIterator) Next() chunkenc.ValueType {
	it.at++
	return it.kind()
}

func (it *sampleIterator) Seek(t int64) chunkenc.ValueType {
	it.at = max(it.at, 0)
	if it.at < len(it.samples.T) && it.samples.T[it.at] < t {
		it.at += firstAfter(it.samples.T[it.at:], t-1)
	}
	return it.kind()
}

func (it *sampleIterator) kind() chunkenc.ValueType {
	switch {
	case it.at >= len(it.samples.T):
		return chunkenc.ValNone
	case it.samples.H != nil && it.samples.H[it.at] != nil:
		return chunkenc.ValFloatHistogram
	default:
		return chunkenc.ValFloat
	}
}

func (it *sampleIterator) At() (int64, float64) {
	return it.samples.T[it.at], it.samples.V[it.at]
}

func (it *sampleIterator) AtT() int64 { return it.samples.T[it.at] }
func (it *sampleIterator) Err() error { return nil }

func (it *sampleIterator) AtHistogram(*histogram.Histogram) (int64, *histogram.Histogram) {
	panic("every histogram is given as one of floats")
}

func (it *sampleIterator) AtFloatHistogram(
	reused *histogram.FloatHistogram,
) (int64, *histogram.FloatHistogram) {
	h := it.samples.H[it.at]
	if reused == nil {
		return it.samples.T[it.at], h.Copy()
	}
	h.CopyTo(reused)
	return it.samples.T[it.at], reused
}
