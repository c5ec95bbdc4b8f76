package replay

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/rules"
)

// Slot says when a group was evaluated: at offset + k × interval.
type Slot struct {
	File       string `json:"file"`
	Name       string `json:"name"`
	OffsetMs   *int64 `json:"offset_ms"`
	IntervalMs int64  `json:"interval_ms"`
}

// Gap is a span without a sample, or a restart too short to leave one. After a restart FirstMs is
// the instant from which rules can have been evaluated.
type Gap struct {
	LastMs    int64 `json:"last_ms"`
	FirstMs   int64 `json:"first_ms"`
	Restarted *bool `json:"restarted"`
}

// losesState is whether alerts began anew after it. Not known counts as a restart: a server that
// was only held up is rare.
func (g Gap) losesState() bool { return g.Restarted == nil || *g.Restarted }

func (g Gap) holds(ms int64) bool { return ms > g.LastMs && ms < g.FirstMs }

// evaluationInstant is when which group is to be evaluated.
type evaluationInstant struct {
	key string
	at  time.Time
	// life counts the server's starts up to it.
	life int
}

// firstTurns counts how often a group was evaluated after a start before `from`, if it is not
// settled at `from`: such evaluations are not replayed, but those that are follow from them.
func firstTurns(group *rules.Group, offset time.Duration, gaps []Gap, fromMs int64) (int, bool) {
	started, any := int64(math.MinInt64), false
	for _, gap := range gaps {
		if gap.losesState() && gap.FirstMs <= fromMs && gap.FirstMs > started {
			started, any = gap.FirstMs, true
		}
	}
	if !any {
		return 0, false
	}
	turns := 0
	for at := firstSlot(started, group.Interval(), offset); at.UnixMilli() < fromMs; turns++ {
		if turns == evaluationsBeforeRestore {
			return 0, false
		}
		at = at.Add(group.Interval())
	}
	return turns, turns < evaluationsBeforeRestore
}

func (e evaluationInstant) ms() int64 { return e.at.UnixMilli() }

// offsetOf is a group's offset, and whether it was recorded.
func offsetOf(group *rules.Group, recorded map[string]Slot) (time.Duration, bool) {
	interval := group.Interval()
	// EvalTimestamp of an instant that is late enough is a slot; the hash it is made of is private.
	computed := time.Duration(group.EvalTimestamp(int64(interval)*2).UnixNano()) % interval
	slot, ok := recorded[rules.GroupKey(group.File(), group.Name())]
	if !ok || slot.OffsetMs == nil {
		return computed, false
	}
	recordedInterval := time.Duration(slot.IntervalMs) * time.Millisecond
	if recordedInterval <= 0 || recordedInterval%interval != 0 {
		return computed, false
	}
	offset := time.Duration(*slot.OffsetMs) * time.Millisecond % interval
	if computed.Truncate(time.Millisecond) == offset {
		// Timestamps have whole milliseconds, slots have not: which of two groups comes first in
		// one millisecond is told by the hash.
		return computed, true
	}
	return offset, true
}

// plan lists all evaluations in the order of time. Those in a gap did not take place.
func plan(
	groups map[string]*rules.Group, recorded map[string]Slot, gaps []Gap, fromMs, untilMs int64,
) (instants []evaluationInstant, isRecorded map[string]bool) {
	isRecorded = map[string]bool{}
	for key, group := range groups {
		offset, known := offsetOf(group, recorded)
		isRecorded[key] = known
		for at := firstSlot(fromMs, group.Interval(), offset); ; at = at.Add(group.Interval()) {
			ms := at.UnixMilli()
			if ms > untilMs {
				break
			}
			life, inGap := 0, false
			for _, gap := range gaps {
				inGap = inGap || gap.holds(ms)
				if gap.losesState() && gap.FirstMs > fromMs && ms >= gap.FirstMs {
					life++
				}
			}
			if !inGap {
				instants = append(instants, evaluationInstant{key: key, at: at, life: life})
			}
		}
	}
	slices.SortFunc(instants, func(a, b evaluationInstant) int {
		if order := a.at.Compare(b.at); order != 0 {
			return order
		}
		return cmp.Compare(a.key, b.key)
	})
	return instants, isRecorded
}

// firstSlot is the first slot whose timestamp is not before fromMs.
func firstSlot(fromMs int64, interval, offset time.Duration) time.Time {
	from := fromMs * int64(time.Millisecond)
	k := math.Floor(float64(from-int64(offset)) / float64(interval))
	slot := (int64(k)-1)*int64(interval) + int64(offset)
	for slot/int64(time.Millisecond) < fromMs {
		slot += int64(interval)
	}
	return time.Unix(0, slot).UTC()
}
