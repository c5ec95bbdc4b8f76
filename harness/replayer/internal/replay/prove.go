package replay

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"

	"alertdrill/replayer/internal/recording"
)

// Proof is how a replay of the rules that the server had loaded compares with what it wrote.
type Proof struct {
	Compared  int          `json:"compared"`
	Equal     int          `json:"equal"`
	Differing []Difference `json:"differing"`
}

// Difference is one sample that is not the same.
type Difference struct {
	Metric   string        `json:"metric"`
	Labels   labels.Labels `json:"labels"`
	AtMs     int64         `json:"at_ms"`
	OnlyIn   *string       `json:"only_in"`
	Recorded *Number       `json:"recorded"`
	Replayed *Number       `json:"replayed"`
	// Reason is nil where nothing known explains it.
	Reason *string `json:"reason"`
	ToldBy string  `json:"told_by"`
}

// Number is a JSON number, or a text where JSON has none: NaN, +Inf, -Inf.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(v)
}

const (
	inRecorded = "recorded"
	inReplayed = "replayed"
)

// Prove replays the rules three times, for the visibility that is likely and for both ways in which
// what was too near to tell can have been, and compares with what was recorded.
func Prove(from *recording.Recording, request Request) (*Proof, error) {
	replays, err := replayedThrice(from, request)
	if err != nil {
		return nil, err
	}
	p := &prover{
		recording: from, request: request, usual: replays[0].evaluation,
		names: replays[0].evaluation.outputNames(),
	}
	if p.recorded, err = p.ofRecording(); err != nil {
		return nil, err
	}
	p.replayed = p.ofReplay(replays[0].evaluation.outputs)
	p.early = p.ofReplay(replays[1].evaluation.outputs)
	p.late = p.ofReplay(replays[2].evaluation.outputs)
	return p.compare(), nil
}

type finishedReplay struct {
	evaluation *evaluation
	err        error
}

func replayedThrice(from *recording.Recording, request Request) ([3]finishedReplay, error) {
	visibilities := [3]recording.Visibility{recording.Usual, recording.Early, recording.Late}
	var (
		replays [3]finishedReplay
		pending sync.WaitGroup
		panics  [3]any
	)
	for i, visibility := range visibilities {
		pending.Add(1)
		go func() {
			defer pending.Done()
			defer func() { panics[i] = recover() }()
			e, err := newEvaluation(from, request, visibility)
			if err == nil {
				err = e.run()
			}
			replays[i] = finishedReplay{e, err}
		}()
	}
	pending.Wait()
	for i := range replays {
		if panics[i] != nil {
			panic(panics[i]) // in the goroutine of the ask, which answers for it
		}
		if replays[i].err != nil {
			return replays, replays[i].err
		}
	}
	return replays, nil
}

// outputNames are the metrics that the rules write.
func (e *evaluation) outputNames() map[string]bool {
	names := map[string]bool{alertsMetric: true, forStateMetric: true}
	for _, group := range e.server.groups {
		for _, rule := range group.Rules() {
			if _, ok := rule.(*rules.RecordingRule); ok {
				names[rule.Name()] = true
			}
		}
	}
	return names
}

// prover compares. Both sides are series by their labels as text, and samples by their timestamp.
type prover struct {
	recording *recording.Recording
	request   Request
	usual     *evaluation
	names     map[string]bool

	recorded, replayed, early, late writtenSeries
}

type writtenSeries map[string]*written

type written struct {
	labels  labels.Labels
	samples map[int64]uint64 // the bits of values; staleness markers are no samples
}

func (w writtenSeries) at(series string, ms int64) (bits uint64, present bool) {
	if s, ok := w[series]; ok {
		bits, present = s.samples[ms]
	}
	return bits, present
}

func (p *prover) add(to writtenSeries, l labels.Labels, samples *recording.Samples) {
	if !p.names[l.Get(labels.MetricName)] {
		return
	}
	kept := map[int64]uint64{}
	for i, t := range samples.T {
		if t >= p.request.FromMs && t <= p.request.UntilMs && !samples.IsStale(i) {
			kept[t] = samples.Bits(i)
		}
	}
	if len(kept) > 0 {
		to[l.String()] = &written{labels: l, samples: kept}
	}
}

func (p *prover) ofRecording() (writtenSeries, error) {
	all := writtenSeries{}
	for _, s := range p.recording.Written() {
		samples, err := s.Samples()
		if err != nil {
			return nil, err
		}
		p.add(all, s.Labels, samples)
	}
	return all, nil
}

func (p *prover) ofReplay(outputs *recording.Outputs) writtenSeries {
	all := writtenSeries{}
	for _, s := range outputs.All() {
		p.add(all, s.Labels, &s.Samples)
	}
	return all
}

func (p *prover) compare() *Proof {
	proof := &Proof{Differing: []Difference{}}
	explain := p.newExplainer()
	for series, recorded := range p.recorded {
		for ms, was := range recorded.samples {
			proof.Compared++
			is, present := p.replayed.at(series, ms)
			if present && is == was {
				proof.Equal++
				continue
			}
			d := difference(recorded.labels, ms)
			d.Recorded = number(was)
			if present {
				d.Replayed = number(is)
			} else {
				only := inRecorded
				d.OnlyIn = &only
			}
			explain.explain(&d, series)
			proof.Differing = append(proof.Differing, d)
		}
	}
	for series, replayed := range p.replayed {
		for ms, is := range replayed.samples {
			if _, present := p.recorded.at(series, ms); present {
				continue
			}
			proof.Compared++
			d := difference(replayed.labels, ms)
			only := inReplayed
			d.OnlyIn, d.Replayed = &only, number(is)
			explain.explain(&d, series)
			proof.Differing = append(proof.Differing, d)
		}
	}
	slices.SortFunc(proof.Differing, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.AtMs, b.AtMs), cmp.Compare(a.Metric, b.Metric),
			labels.Compare(a.Labels, b.Labels))
	})
	return proof
}

func difference(l labels.Labels, ms int64) Difference {
	return Difference{
		Metric: l.Get(labels.MetricName), Labels: l.DropMetricName(), AtMs: ms,
	}
}

func number(bits uint64) *Number {
	n := Number(math.Float64frombits(bits))
	return &n
}
