package recording

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
)

// arrivals tells when samples could be read.
//
// A sample carries the instant at which its scrape began and becomes visible when the scrape is
// committed. `scrape_duration_seconds` of the same target at the same instant says how long that
// took.
type arrivals struct {
	targets map[target]*timeline
}

type target struct{ job, instance string }

// timeline is a target's scrapes: when each began, and from when its samples could be read.
type timeline struct {
	began, visible []int64
}

func targetOf(l labels.Labels) target {
	return target{job: l.Get("job"), instance: l.Get("instance")}
}

func arrivalsOf(durations []*Series) (*arrivals, error) {
	all := &arrivals{targets: make(map[target]*timeline, len(durations))}
	for _, s := range durations {
		samples, err := s.Samples()
		if err != nil {
			return nil, err
		}
		scrapes := timelineOf(samples)
		key := targetOf(s.Labels)
		if other, ok := all.targets[key]; ok {
			scrapes = merged(other, scrapes)
		}
		all.targets[key] = scrapes
	}
	// The durations themselves are visible no sooner than what they are the durations of.
	for _, s := range durations {
		all.settle(s.Labels, &s.samples)
	}
	return all, nil
}

func timelineOf(durations *Samples) *timeline {
	scrapes := &timeline{began: durations.T, visible: make([]int64, len(durations.T))}
	for i, t := range durations.T {
		seconds := durations.V[i]
		switch {
		case !value.IsStaleNaN(seconds):
			scrapes.visible[i] = t + int64(seconds*1000)
		case i > 1:
			// The target was dropped from the configuration. Prometheus notes the instant at which
			// its next scrape would have been, waits one and a tenth interval more, and only then
			// writes the markers (scrape.go, endOfRunStaleness).
			interval := durations.T[i-1] - durations.T[i-2]
			scrapes.visible[i] = t + interval + interval/10
		default:
			scrapes.visible[i] = t
		}
	}
	return scrapes
}

func merged(a, b *timeline) *timeline {
	both := &timeline{}
	for i, j := 0, 0; i < len(a.began) || j < len(b.began); {
		switch {
		case j == len(b.began) || (i < len(a.began) && a.began[i] < b.began[j]):
			both.began = append(both.began, a.began[i])
			both.visible = append(both.visible, a.visible[i])
			i++
		case i == len(a.began) || b.began[j] < a.began[i]:
			both.began = append(both.began, b.began[j])
			both.visible = append(both.visible, b.visible[j])
			j++
		default:
			both.began = append(both.began, a.began[i])
			both.visible = append(both.visible, max(a.visible[i], b.visible[j]))
			i, j = i+1, j+1
		}
	}
	return both
}

// settle notes from when each sample could be read. Most series have the timestamps of their
// target's scrapes: they share these slices.
func (a *arrivals) settle(l labels.Labels, samples *Samples) {
	scrapes, ok := a.targets[targetOf(l)]
	if !ok || len(scrapes.began) == 0 || len(samples.T) == 0 {
		return
	}
	first, _ := slices.BinarySearch(scrapes.began, samples.T[0])
	end := first + len(samples.T)
	if end <= len(scrapes.began) && slices.Equal(scrapes.began[first:end], samples.T) {
		samples.T = scrapes.began[first:end]
		samples.Visible = scrapes.visible[first:end]
		return
	}
	samples.Visible = make([]int64, len(samples.T))
	next := first
	for i, t := range samples.T {
		for next < len(scrapes.began) && scrapes.began[next] < t {
			next++
		}
		samples.Visible[i] = scrapes.visibleFrom(t, next)
	}
}

// visibleFrom is when a sample of timestamp t could be read, given the target's first scrape that
// began at t or later. A sample that brings a timestamp of its own was there no sooner than the
// scrape that brought it, which is the next one.
func (s *timeline) visibleFrom(t int64, next int) int64 {
	switch {
	case next == len(s.began):
		return t
	case s.began[next] == t || next > 0:
		return s.visible[next]
	default:
		return t
	}
}
