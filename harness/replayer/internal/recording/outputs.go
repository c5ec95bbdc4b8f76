package recording

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

// Outputs are what the rules of one replay have written, in memory, with the rules of the server's
// own head: a sample that is not newer than the last is refused, and an append is seen only once it
// is committed. It belongs to one replay; once that has ended anybody may read it.
type Outputs struct {
	all    []*Output
	byName map[string][]*Output
	byHash map[uint64][]*Output
}

// Output is a series that rules wrote.
type Output struct {
	Labels  labels.Labels
	Samples Samples
}

// NewOutputs are empty.
func NewOutputs() *Outputs {
	return &Outputs{byName: map[string][]*Output{}, byHash: map[uint64][]*Output{}}
}

// All are the series in the order in which they were first written.
func (o *Outputs) All() []*Output {
	if o == nil {
		return nil
	}
	return o.all
}

func (o *Outputs) selected(matchers []*labels.Matcher, from, until int64) []span {
	if o == nil || len(o.all) == 0 {
		return nil
	}
	candidates := o.all
	for _, m := range matchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			candidates = o.byName[m.Value]
		}
	}
	var found []span
	for _, s := range candidates {
		if !matches(s.Labels, matchers) {
			continue
		}
		end := firstAfter(s.Samples.T, until)
		start := firstAfter(s.Samples.T[:end], from-1)
		if start == end {
			continue
		}
		part := span{labels: s.Labels}
		part.samples.T, part.samples.V = s.Samples.T[start:end], s.Samples.V[start:end]
		if s.Samples.H != nil {
			part.samples.H = s.Samples.H[start:end]
		}
		found = append(found, part)
	}
	return found
}

func (o *Outputs) get(l labels.Labels) *Output {
	for _, s := range o.byHash[l.Hash()] {
		if labels.Equal(s.Labels, l) {
			return s
		}
	}
	return nil
}

func (o *Outputs) getOrAdd(l labels.Labels) *Output {
	if known := o.get(l); known != nil {
		return known
	}
	s := &Output{Labels: l.Copy()}
	name, hash := l.Get(labels.MetricName), l.Hash()
	o.all = append(o.all, s)
	o.byName[name] = append(o.byName[name], s)
	o.byHash[hash] = append(o.byHash[hash], s)
	return s
}

// Appender implements storage.Appendable.
func (o *Outputs) Appender(context.Context) storage.Appender { return &appender{outputs: o} }

type appender struct {
	outputs *Outputs
	pending []pendingSample
}

type pendingSample struct {
	labels labels.Labels
	t      int64
	v      float64
	h      *histogram.FloatHistogram
}

func (a *appender) Append(
	_ storage.SeriesRef, l labels.Labels, t int64, v float64,
) (storage.SeriesRef, error) {
	known := a.outputs.get(l)
	if value.IsStaleNaN(v) && known != nil && known.lastIsHistogram() {
		return a.append(pendingSample{l, t, 0, &histogram.FloatHistogram{Sum: v}}, known)
	}
	return a.append(pendingSample{l, t, v, nil}, known)
}

func (a *appender) AppendHistogram(
	_ storage.SeriesRef, l labels.Labels, t int64,
	h *histogram.Histogram, fh *histogram.FloatHistogram,
) (storage.SeriesRef, error) {
	if h != nil {
		fh = h.ToFloat(nil)
	}
	return a.append(pendingSample{l, t, 0, fh.Copy()}, a.outputs.get(l))
}

func (a *appender) append(sample pendingSample, to *Output) (storage.SeriesRef, error) {
	if err := to.refuses(sample); err != nil {
		return 0, err
	}
	a.pending = append(a.pending, sample)
	return 0, nil
}

// refuses is as memSeries.appendable of the server's head.
func (o *Output) refuses(sample pendingSample) error {
	if o == nil || len(o.Samples.T) == 0 {
		return nil
	}
	last := len(o.Samples.T) - 1
	switch {
	case sample.t > o.Samples.T[last]:
		return nil
	case sample.t < o.Samples.T[last]:
		return storage.ErrOutOfOrderSample
	case o.sameAs(last, sample):
		return nil
	case sample.h != nil || (o.Samples.H != nil && o.Samples.H[last] != nil):
		return storage.ErrDuplicateSampleForTimestamp
	default:
		return storage.NewDuplicateFloatErr(sample.t, o.Samples.V[last], sample.v)
	}
}

func (o *Output) sameAs(i int, sample pendingSample) bool {
	if o.Samples.H != nil && o.Samples.H[i] != nil {
		return sample.h != nil && o.Samples.H[i].Equals(sample.h)
	}
	return sample.h == nil && math.Float64bits(o.Samples.V[i]) == math.Float64bits(sample.v)
}

func (o *Output) lastIsHistogram() bool {
	last := len(o.Samples.T) - 1
	return last >= 0 && o.Samples.H != nil && o.Samples.H[last] != nil
}

func (a *appender) Commit() error {
	for _, sample := range a.pending {
		to := a.outputs.getOrAdd(sample.labels)
		if n := len(to.Samples.T); n > 0 && to.Samples.T[n-1] >= sample.t {
			continue
		}
		to.Samples.add(sample.t, sample.v, sample.h)
	}
	a.pending = nil
	return nil
}

func (a *appender) Rollback() error {
	a.pending = nil
	return nil
}

func (a *appender) AppendExemplar(
	storage.SeriesRef, labels.Labels, exemplar.Exemplar,
) (storage.SeriesRef, error) {
	return 0, nil
}

func (a *appender) UpdateMetadata(
	storage.SeriesRef, labels.Labels, metadata.Metadata,
) (storage.SeriesRef, error) {
	return 0, nil
}

func (a *appender) AppendCTZeroSample(
	storage.SeriesRef, labels.Labels, int64, int64,
) (storage.SeriesRef, error) {
	return 0, nil
}

// IsStale is whether sample i only says that the series ended.
func (s *Samples) IsStale(i int) bool {
	if s.H != nil && s.H[i] != nil {
		return value.IsStaleNaN(s.H[i].Sum)
	}
	return value.IsStaleNaN(s.V[i])
}
