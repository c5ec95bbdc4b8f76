package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"alertdrill/replayer/internal/recording"
)

const (
	reasonBefore  = "began before the recording"
	reasonRestart = "restart"
	reasonVisible = "not yet visible"
)

// explainer says why a sample differs. A reason is given only where the recording itself shows it:
// whatever is left is a defect of the replay, or a server that did what nobody knew of.
type explainer struct {
	*prover
	writers []writer
}

// writer is a rule, and when it was evaluated.
type writer struct {
	rule  rules.Rule
	group *rules.Group
	slots []int64
}

func (p *prover) newExplainer() *explainer {
	e := &explainer{prover: p}
	for key, group := range p.usual.server.groups {
		for _, rule := range group.Rules() {
			e.writers = append(e.writers, writer{rule, group, p.usual.slots[key]})
		}
	}
	return e
}

func (e *explainer) explain(d *Difference, series string) {
	give := func(reason, toldBy string) {
		d.Reason, d.ToldBy = &reason, toldBy
	}
	w := e.writerOf(d)
	if w == nil {
		d.ToldBy = "no rule of these files writes this series"
		return
	}
	if since, ok := e.activeFromTheBeginning(d, w); ok {
		give(reasonBefore, "recorded as active at the group's first slot, "+instant(since))
		return
	}
	if gap, ok := e.afterRestart(d, w); ok {
		give(reasonRestart, fmt.Sprintf(
			"the server was away from %s to %s", instant(gap.LastMs), instant(gap.FirstMs)))
		return
	}
	for _, other := range []struct {
		visibility recording.Visibility
		written    writtenSeries
	}{{recording.Early, e.early}, {recording.Late, e.late}} {
		if e.sameAsRecorded(series, d.AtMs, other.written) {
			give(reasonVisible, fmt.Sprintf("with the %s visibility it is as recorded; %s",
				other.visibility, e.factsAbout(d, w)))
			return
		}
	}
	d.ToldBy = e.factsAbout(d, w)
	if sumsDiffer(d) {
		d.ToldBy = "the values differ in their last bits, as sums do whose order differs; " +
			d.ToldBy
	}
}

func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format("15:04:05.000") }

func (e *explainer) sameAsRecorded(series string, ms int64, other writtenSeries) bool {
	was, wasThere := e.recorded.at(series, ms)
	is, isThere := other.at(series, ms)
	return wasThere == isThere && was == is
}

// writerOf is the rule that writes a series; of several, the one that was evaluated then.
func (e *explainer) writerOf(d *Difference) *writer {
	var found *writer
	for i := range e.writers {
		w := &e.writers[i]
		if !w.writes(d) {
			continue
		}
		if _, then := slices.BinarySearch(w.slots, w.slotOf(d.AtMs)); then {
			return w
		}
		found = w
	}
	return found
}

func (w *writer) writes(d *Difference) bool {
	timed := TimedRule{Name: w.rule.Name(), Kind: rules.KindAlerting, Labels: w.rule.Labels().Map()}
	if _, ok := w.rule.(*rules.RecordingRule); ok {
		timed.Kind = rules.KindRecording
	}
	return timed.wrote(
		labels.NewBuilder(d.Labels).Set(labels.MetricName, d.Metric).Labels())
}

// slotOf is the slot of the evaluation that wrote a sample of this timestamp.
func (w *writer) slotOf(ms int64) int64 { return ms + w.group.QueryOffset().Milliseconds() }

func (w *writer) stampOf(slot int64) int64 { return slot - w.group.QueryOffset().Milliseconds() }

// activeFromTheBeginning is whether a recorded alert was active at the group's first slot, and has
// been since. Its state is older than what is known.
func (e *explainer) activeFromTheBeginning(d *Difference, w *writer) (int64, bool) {
	if len(w.slots) == 0 || d.Labels.Get(labels.AlertName) == "" {
		return 0, false
	}
	for _, slot := range w.slots {
		if slot > w.slotOf(d.AtMs) {
			break
		}
		if !e.recordedActive(d.Labels, w.stampOf(slot)) {
			return 0, false
		}
	}
	for _, gap := range e.request.Gaps {
		// What began before a restart is known to the rules no more.
		if gap.losesState() && gap.LastMs >= w.slots[0] && gap.LastMs < w.slotOf(d.AtMs) {
			return 0, false
		}
	}
	return w.slots[0], true
}

// recordedActive is whether the alert that a sample is of is recorded as pending or firing.
func (e *explainer) recordedActive(l labels.Labels, ms int64) bool {
	_, active := activeSince(e.recorded, l, ms)
	return active
}

// activeSince is since when an alert was active, as ALERTS_FOR_STATE says at that instant.
func activeSince(in writtenSeries, l labels.Labels, ms int64) (int64, bool) {
	forState := labels.NewBuilder(l).Del(stateLabel).
		Set(labels.MetricName, forStateMetric).Labels().String()
	bits, active := in.at(forState, ms)
	return int64(math.Float64frombits(bits)) * 1000, active
}

// settledAfter: the first evaluations after a start write nothing, and what becomes active in them
// is known to the second only.
const settledAfter = evaluationsBeforeRestore + 1

// afterRestart is whether a restart has made a sample uncertain: it is of one of the first
// evaluations after it, or of an alert that became active before these were over.
func (e *explainer) afterRestart(d *Difference, w *writer) (Gap, bool) {
	slot := w.slotOf(d.AtMs)
	for _, gap := range e.request.Gaps {
		if !gap.losesState() || slot <= gap.LastMs {
			continue
		}
		settled := gap.FirstMs + settledAfter*w.group.Interval().Milliseconds()
		if slot <= settled {
			return gap, true
		}
		for _, in := range []writtenSeries{e.recorded, e.replayed} {
			if since, active := activeSince(in, d.Labels, d.AtMs); active && since <= settled {
				return gap, true
			}
		}
	}
	return Gap{}, false
}

const (
	mostFacts       = 5
	factsWithinMs   = 1000
	lastBitsAreOfAn = 1e-12
)

// factsAbout lists the samples that the rule reads and that were near to the evaluation: first that
// of this very slot, else that in which the alert became active.
func (e *explainer) factsAbout(d *Difference, w *writer) string {
	slots := []int64{w.slotOf(d.AtMs)}
	for _, in := range []writtenSeries{e.recorded, e.replayed} {
		if since, active := activeSince(in, d.Labels, d.AtMs); active {
			// It is known to the second; the slot is the one in that second.
			i, _ := slices.BinarySearch(w.slots, since)
			if i < len(w.slots) {
				slots = append(slots, w.slots[i])
			}
		}
	}
	for _, slot := range slots {
		if facts := e.nearSamples(w.rule.Query(), d, slot); len(facts) > 0 {
			return fmt.Sprintf("at the slot %s: %s", instant(slot), strings.Join(facts, "; "))
		}
	}
	return fmt.Sprintf("no sample that the rule reads was near to the slot %s", instant(slots[0]))
}

func (e *explainer) nearSamples(expr parser.Expr, d *Difference, slot int64) []string {
	var facts []string
	for _, matchers := range parser.ExtractSelectors(expr) {
		for _, s := range e.recording.Selected(matchers) {
			if contradicts(s.Labels, d.Labels) {
				continue
			}
			samples, err := s.Samples()
			if err != nil {
				continue
			}
			for _, near := range samples.Near(slot, factsWithinMs) {
				if len(facts) == mostFacts {
					return append(facts, "and more")
				}
				facts = append(facts, fmt.Sprintf("the sample of %s of %s could be read from %s",
					s.Labels, instant(near.T), instant(near.Visible)))
			}
		}
	}
	return facts
}

// contradicts is whether a series is certainly not of the alert's own object.
func contradicts(series, alert labels.Labels) bool {
	differs := false
	alert.Range(func(l labels.Label) {
		if value := series.Get(l.Name); value != "" && value != l.Value {
			differs = true
		}
	})
	return differs
}

func sumsDiffer(d *Difference) bool {
	if d.Recorded == nil || d.Replayed == nil || d.Metric == forStateMetric {
		return false
	}
	was, is := float64(*d.Recorded), float64(*d.Replayed)
	return math.Abs(was-is) <= lastBitsAreOfAn*math.Max(math.Abs(was), math.Abs(is))
}
