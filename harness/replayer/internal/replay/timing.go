package replay

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/recording"
)

// TimingRequest says of which groups the slots are wanted.
type TimingRequest struct {
	Groups           []TimedGroup `json:"groups"`
	ScrapeIntervalMs int64        `json:"scrape_interval_ms"`
}

// TimedGroup is a group as the recorded server had it loaded.
type TimedGroup struct {
	File          string      `json:"file"`
	Name          string      `json:"name"`
	IntervalMs    int64       `json:"interval_ms"`
	QueryOffsetMs int64       `json:"query_offset_ms"`
	Rules         []TimedRule `json:"rules"`
}

// TimedRule is a rule by what its outputs are known by.
type TimedRule struct {
	Name   string            `json:"name"`
	Kind   string            `json:"kind"`
	Labels map[string]string `json:"labels"`
}

// TimingResult is what the recording tells.
type TimingResult struct {
	Groups []GroupTiming `json:"groups"`
	Gaps   []Gap         `json:"gaps"`
}

// GroupTiming is a group's slot; the offset is nil if none of its rules has written anything.
type GroupTiming struct {
	File     string  `json:"file"`
	Name     string  `json:"name"`
	OffsetMs *int64  `json:"offset_ms"`
	Seen     int     `json:"seen"`
	Odd      []int64 `json:"odd"`
}

const mostOdd = 20

// startSlackMs: a process's start is computed from the machine's, which is known to the second.
const startSlackMs = 1500

// longestSettlingMs: groups with an interval of up to 5 min have been evaluated twice by then, and
// nothing tells any more that the server has been started.
const longestSettlingMs = 10 * 60 * 1000

// Timing tells the slots of groups, and when the server was not there.
func Timing(from *recording.Recording, request TimingRequest) (*TimingResult, error) {
	result := &TimingResult{Groups: []GroupTiming{}}
	for _, group := range request.Groups {
		if group.IntervalMs <= 0 {
			return nil, failure.New(failure.BadAsk,
				"interval_ms of group %q is not positive", group.Name)
		}
		timing, err := timingOf(from, group)
		if err != nil {
			return nil, err
		}
		result.Groups = append(result.Groups, timing)
	}
	if request.ScrapeIntervalMs <= 0 {
		return nil, failure.New(failure.BadAsk, "scrape_interval_ms is not positive")
	}
	gaps, err := gapsOf(from, request.ScrapeIntervalMs)
	result.Gaps = gaps
	return result, err
}

func timingOf(from *recording.Recording, group TimedGroup) (GroupTiming, error) {
	timing := GroupTiming{File: group.File, Name: group.Name, Odd: []int64{}}
	evaluations := map[int64]bool{}
	for _, s := range from.Written() {
		if !slices.ContainsFunc(group.Rules, func(r TimedRule) bool { return r.wrote(s.Labels) }) {
			continue
		}
		samples, err := s.Samples()
		if err != nil {
			return timing, err
		}
		// Staleness markers count: they too carry the timestamp of an evaluation.
		for _, t := range samples.T {
			evaluations[t+group.QueryOffsetMs] = true
		}
	}
	timing.Seen = len(evaluations)
	if timing.Seen == 0 {
		return timing, nil
	}
	votes := map[int64]int{}
	for t := range evaluations {
		votes[t%group.IntervalMs]++
	}
	offset := slices.MaxFunc(slices.Sorted(maps.Keys(votes)), func(a, b int64) int {
		return cmp.Compare(votes[a], votes[b])
	})
	timing.OffsetMs = &offset
	for _, t := range slices.Sorted(maps.Keys(evaluations)) {
		if t%group.IntervalMs != offset && len(timing.Odd) < mostOdd {
			timing.Odd = append(timing.Odd, t)
		}
	}
	return timing, nil
}

// wrote is whether a series can be this rule's output. Labels with a template are known only by
// name.
func (r TimedRule) wrote(l labels.Labels) bool {
	name := l.Get(labels.MetricName)
	if r.Kind == "recording" {
		if name != r.Name {
			return false
		}
	} else if (name != alertsMetric && name != forStateMetric) ||
		l.Get(labels.AlertName) != r.Name {
		return false
	}
	for label, value := range r.Labels {
		if !strings.Contains(value, "{{") && l.Get(label) != value {
			return false
		}
	}
	return true
}

// gapsOf are the spans in which the server wrote nothing, and its restarts.
func gapsOf(from *recording.Recording, scrapeIntervalMs int64) ([]Gap, error) {
	times, err := allTimes(from)
	if err != nil {
		return nil, err
	}
	starts, known, err := startsOfServer(from)
	if err != nil {
		return nil, err
	}
	gaps := []Gap{}
	for i := 1; i < len(times); i++ {
		if times[i]-times[i-1] > 2*scrapeIntervalMs {
			gaps = append(gaps, Gap{LastMs: times[i-1], FirstMs: times[i]})
		}
	}
	for i := range gaps {
		gap := &gaps[i]
		at := slices.IndexFunc(starts, func(s start) bool {
			return s.atMs > gap.LastMs-startSlackMs && s.atMs <= gap.FirstMs
		})
		if at >= 0 {
			gap.FirstMs = starts[at].servingFrom(gap.FirstMs)
			starts = slices.Delete(starts, at, at+1)
		}
		if restarted := at >= 0; known || restarted {
			gap.Restarted = &restarted
		}
	}
	yes := true
	for _, s := range starts {
		i, _ := slices.BinarySearch(times, s.atMs)
		switch {
		case i == len(times):
			continue
		case i == 0:
			// The recording begins with the server, or not long after.
			if s.atMs >= times[0]-longestSettlingMs {
				gaps = append(gaps, Gap{
					LastMs: s.atMs, FirstMs: s.servingFrom(times[0]), Restarted: &yes,
				})
			}
			continue
		}
		// A restart that was over before anything was missed.
		gaps = append(gaps, Gap{
			LastMs: times[i-1], FirstMs: s.servingFrom(times[i]), Restarted: &yes,
		})
	}
	slices.SortFunc(gaps, func(a, b Gap) int { return cmp.Compare(a.LastMs, b.LastMs) })
	return gaps, nil
}

// allTimes are the timestamps of all samples, each once. Scrapes write `up`, so the other scraped
// series need not be read where there is one.
func allTimes(from *recording.Recording) ([]int64, error) {
	scraped := from.OfMetric("up")
	if len(scraped) == 0 {
		scraped = from.Raw()
	}
	var times []int64
	for _, s := range slices.Concat(scraped, from.Written()) {
		samples, err := s.Samples()
		if err != nil {
			return nil, err
		}
		times = append(times, samples.T...)
	}
	slices.Sort(times)
	return slices.Compact(times), nil
}

// start is a start of the recorded server itself.
type start struct {
	atMs int64
	// loadedMs is when it had loaded its configuration, from which on it evaluates rules; 0 if that
	// is not told.
	loadedMs int64
}

func (s start) servingFrom(firstSampleMs int64) int64 {
	if s.loadedMs > 0 && s.loadedMs < firstSampleMs {
		return s.loadedMs
	}
	return firstSampleMs
}

// startsOfServer are the starts that the recording shows, and whether it can show any: it can if
// the server scraped itself.
func startsOfServer(from *recording.Recording) (starts []start, known bool, err error) {
	itself, known := ownTarget(from)
	if !known {
		return nil, false, nil
	}
	began, err := changesOf(from, "process_start_time_seconds", itself)
	if err != nil {
		return nil, true, err
	}
	loaded, err := changesOf(
		from, "prometheus_config_last_reload_success_timestamp_seconds", itself)
	if err != nil {
		return nil, true, err
	}
	for i, atMs := range began {
		s := start{atMs: atMs}
		next := int64(math.MaxInt64)
		if i+1 < len(began) {
			next = began[i+1]
		}
		for _, ms := range loaded {
			if ms >= atMs-startSlackMs && ms < next {
				s.loadedMs = ms
				break
			}
		}
		starts = append(starts, s)
	}
	return starts, true, nil
}

type itself struct{ job, instance string }

// ownTarget is the target that is the recorded server. Where it scrapes several servers, only one
// that it reaches on its own machine is told apart.
func ownTarget(from *recording.Recording) (itself, bool) {
	var all, local []itself
	for _, s := range from.OfMetric("prometheus_build_info") {
		found := itself{s.Labels.Get("job"), s.Labels.Get("instance")}
		if slices.Contains(all, found) {
			continue
		}
		all = append(all, found)
		host, _, _ := strings.Cut(found.instance, ":")
		if host == "localhost" || host == "127.0.0.1" {
			local = append(local, found)
		}
	}
	switch {
	case len(all) == 1:
		return all[0], true
	case len(local) == 1:
		return local[0], true
	default:
		return itself{}, false
	}
}

// changesOf are the distinct values of a metric of instants, in milliseconds, in the order of time.
func changesOf(from *recording.Recording, metric string, of itself) ([]int64, error) {
	var values []int64
	for _, s := range from.OfMetric(metric) {
		if s.Labels.Get("job") != of.job || s.Labels.Get("instance") != of.instance {
			continue
		}
		samples, err := s.Samples()
		if err != nil {
			return nil, err
		}
		for i, v := range samples.V {
			if !samples.IsStale(i) {
				values = append(values, int64(math.Round(v*1000)))
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values), nil
}
