package recording

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
)

// Series is one recorded series. Its chunks are checked when the recording is opened, but decoded
// only when somebody reads the series: rules read few of all.
type Series struct {
	Labels labels.Labels

	number    int
	chunks    []chunk
	recording *Recording

	decode  sync.Once
	samples Samples
	err     error
}

type chunk struct {
	from, until int64
	data        chunkenc.Chunk
}

// Samples are in the order of time.
type Samples struct {
	T []int64
	V []float64
	// H is nil unless the series has a native histogram; then it has an entry for each sample, nil
	// where the sample is a float.
	H []*histogram.FloatHistogram
	// Visible is the instant from which each sample could be read; nil if that is T.
	Visible []int64
}

// visibleAt is the instant from which a sample could be read.
func (s *Samples) visibleAt(i int) int64 {
	if s.Visible == nil {
		return s.T[i]
	}
	return s.Visible[i]
}

// Samples decodes the series, once.
func (s *Series) Samples() (*Samples, error) {
	s.decode.Do(func() {
		s.samples, s.err = decoded(s.chunks, s.recording.from, s.recording.until)
		if s.err != nil {
			s.err = unreadable("the samples of %s cannot be read: %s", s.Labels, s.err)
			return
		}
		if s.recording.arrivals != nil {
			s.recording.arrivals.settle(s.Labels, &s.samples)
		}
		s.chunks = nil
	})
	return &s.samples, s.err
}

// sampleCount is how many samples there are from `from` to `until`; it decodes only where a chunk
// is cut or overlaps another.
func (s *Series) sampleCount(from, until int64) (int, error) {
	count := 0
	for i, c := range s.chunks {
		overlaps := i > 0 && s.chunks[i-1].until >= c.from
		if c.from < from || c.until > until || overlaps {
			samples, err := decoded(s.chunks, from, until)
			return len(samples.T), err
		}
		count += c.data.NumSamples()
	}
	return count, nil
}

func decoded(parts []chunk, from, until int64) (Samples, error) {
	var (
		samples  Samples
		iterator chunkenc.Iterator
		inOrder  = true
		expected int
	)
	for _, c := range parts {
		expected += c.data.NumSamples()
	}
	samples.T = make([]int64, 0, expected)
	samples.V = make([]float64, 0, expected)
	for _, c := range parts {
		if c.until < from || c.from > until {
			continue
		}
		iterator = c.data.Iterator(iterator)
		for kind := iterator.Next(); kind != chunkenc.ValNone; kind = iterator.Next() {
			t := iterator.AtT()
			if t < from || t > until {
				continue
			}
			var (
				v float64
				h *histogram.FloatHistogram
			)
			switch kind {
			case chunkenc.ValFloat:
				_, v = iterator.At()
			case chunkenc.ValHistogram, chunkenc.ValFloatHistogram:
				_, h = iterator.AtFloatHistogram(nil)
			default:
				return samples, fmt.Errorf("a sample of unknown kind %v", kind)
			}
			if n := len(samples.T); n > 0 && t <= samples.T[n-1] {
				inOrder = false
			}
			samples.add(t, v, h)
		}
		if err := iterator.Err(); err != nil {
			return samples, err
		}
	}
	if !inOrder {
		samples = sorted(samples)
	}
	return samples, nil
}

func (s *Samples) last() Samples {
	n := len(s.T) - 1
	last := Samples{T: s.T[n:], V: s.V[n:]}
	if s.H != nil {
		last.H = s.H[n:]
	}
	return last
}

func (s *Samples) add(t int64, v float64, h *histogram.FloatHistogram) {
	if h != nil && s.H == nil {
		s.H = make([]*histogram.FloatHistogram, len(s.T), cap(s.T))
	}
	s.T = append(s.T, t)
	s.V = append(s.V, v)
	if s.H != nil {
		s.H = append(s.H, h)
	}
}

// sorted puts samples of overlapping blocks in order; the first of one timestamp stays.
func sorted(s Samples) Samples {
	order := make([]int, len(s.T))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return s.T[order[a]] < s.T[order[b]] })
	var out Samples
	for _, i := range order {
		if n := len(out.T); n > 0 && out.T[n-1] == s.T[i] {
			continue
		}
		var h *histogram.FloatHistogram
		if s.H != nil {
			h = s.H[i]
		}
		out.add(s.T[i], s.V[i], h)
	}
	return out
}

// firstAfter is the index of the first timestamp after t.
func firstAfter(times []int64, t int64) int {
	i, found := slices.BinarySearch(times, t)
	if found {
		i++
	}
	return i
}

// NearSample is a sample by when it was made and when it could be read.
type NearSample struct{ T, Visible int64 }

// Near are the samples not after an instant that became readable within so many milliseconds of it.
func (s *Samples) Near(instant, withinMs int64) []NearSample {
	var near []NearSample
	for i := firstAfter(s.T, instant) - 1; i >= 0; i-- {
		visible := s.visibleAt(i)
		if visible < instant-withinMs {
			break
		}
		if visible <= instant+withinMs || s.T[i] >= instant-withinMs {
			near = append(near, NearSample{s.T[i], visible})
		}
	}
	return near
}

// Bits is a value by which two samples are the same or not.
func (s *Samples) Bits(i int) uint64 {
	if s.H != nil && s.H[i] != nil {
		return xxhash.Sum64String(s.H[i].String())
	}
	return math.Float64bits(s.V[i])
}
