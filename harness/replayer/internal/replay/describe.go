package replay

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"alertdrill/replayer/internal/recording"
)

// Group has the shape that /api/v1/rules gives it, and two fields more at its end.
type Group struct {
	Name           string    `json:"name"`
	File           string    `json:"file"`
	Rules          []any     `json:"rules"`
	Interval       float64   `json:"interval"`
	Limit          int       `json:"limit"`
	EvaluationTime float64   `json:"evaluationTime"`
	LastEvaluation time.Time `json:"lastEvaluation"`
	QueryOffset    float64   `json:"queryOffset"`
	Slots          string    `json:"slots"`
}

// AlertingRule has the shape that /api/v1/rules gives it.
type AlertingRule struct {
	State          string           `json:"state"`
	Name           string           `json:"name"`
	Query          string           `json:"query"`
	Duration       float64          `json:"duration"`
	KeepFiringFor  float64          `json:"keepFiringFor"`
	Labels         labels.Labels    `json:"labels"`
	Annotations    labels.Labels    `json:"annotations"`
	Health         rules.RuleHealth `json:"health"`
	LastError      string           `json:"lastError,omitempty"`
	EvaluationTime float64          `json:"evaluationTime"`
	LastEvaluation time.Time        `json:"lastEvaluation"`
	Type           string           `json:"type"`
}

// RecordingRule has the shape that /api/v1/rules gives it.
type RecordingRule struct {
	Name           string           `json:"name"`
	Query          string           `json:"query"`
	Labels         labels.Labels    `json:"labels,omitempty"`
	Health         rules.RuleHealth `json:"health"`
	LastError      string           `json:"lastError,omitempty"`
	EvaluationTime float64          `json:"evaluationTime"`
	LastEvaluation time.Time        `json:"lastEvaluation"`
	Type           string           `json:"type"`
}

// describe gives a group as it is after its last slot. How long evaluations took is not told: it
// would differ from run to run.
func describe(group *rules.Group, lastAt time.Time, recorded bool) Group {
	described := Group{
		Name: group.Name(), File: group.File(), Rules: []any{},
		Interval: group.Interval().Seconds(), Limit: group.Limit(), LastEvaluation: lastAt,
		QueryOffset: group.QueryOffset().Seconds(), Slots: "computed",
	}
	if recorded {
		described.Slots = "recorded"
	}
	for _, rule := range group.Rules() {
		lastError := ""
		if err := rule.LastError(); err != nil {
			lastError = err.Error()
		}
		switch rule := rule.(type) {
		case *rules.AlertingRule:
			described.Rules = append(described.Rules, AlertingRule{
				State: rule.State().String(), Name: rule.Name(), Query: rule.Query().String(),
				Duration:      rule.HoldDuration().Seconds(),
				KeepFiringFor: rule.KeepFiringFor().Seconds(),
				Labels:        rule.Labels(), Annotations: rule.Annotations(),
				Health: rule.Health(), LastError: lastError, LastEvaluation: lastAt,
				Type: rules.KindAlerting,
			})
		case *rules.RecordingRule:
			described.Rules = append(described.Rules, RecordingRule{
				Name: rule.Name(), Query: rule.Query().String(), Labels: rule.Labels(),
				Health: rule.Health(), LastError: lastError, LastEvaluation: lastAt,
				Type: rules.KindRecording,
			})
		}
	}
	return described
}

// AlertSamples are the samples of one series of ALERTS.
type AlertSamples struct {
	Labels labels.Labels `json:"labels"`
	State  string        `json:"state"`
	AtMs   []int64       `json:"at_ms"`
}

const (
	alertsMetric   = "ALERTS"
	forStateMetric = "ALERTS_FOR_STATE"
	stateLabel     = "alertstate"
)

func alertSamples(outputs *recording.Outputs) []AlertSamples {
	all := []AlertSamples{}
	for _, s := range outputs.All() {
		if s.Labels.Get(labels.MetricName) != alertsMetric {
			continue
		}
		found := AlertSamples{
			Labels: labels.NewBuilder(s.Labels).Del(labels.MetricName, stateLabel).Labels(),
			State:  s.Labels.Get(stateLabel),
		}
		for i, t := range s.Samples.T {
			if !s.Samples.IsStale(i) {
				found.AtMs = append(found.AtMs, t)
			}
		}
		if len(found.AtMs) > 0 {
			all = append(all, found)
		}
	}
	slices.SortFunc(all, func(a, b AlertSamples) int {
		if order := labels.Compare(a.Labels, b.Labels); order != 0 {
			return order
		}
		return int(a.AtMs[0] - b.AtMs[0])
	})
	return all
}

// UnknownMetrics are names that a rule reads and that are nowhere.
type UnknownMetrics struct {
	Group   string   `json:"group"`
	Rule    string   `json:"rule"`
	Metrics []string `json:"metrics"`
}

func unknownMetrics(from *recording.Recording, s *server, keys []string) []UnknownMetrics {
	written := map[string]bool{}
	for _, group := range s.groups {
		for _, rule := range group.Rules() {
			switch rule.(type) {
			case *rules.AlertingRule:
				written[alertsMetric], written[forStateMetric] = true, true
			case *rules.RecordingRule:
				written[rule.Name()] = true
			}
		}
	}
	all := []UnknownMetrics{}
	for _, key := range keys {
		group := s.groups[key]
		for _, rule := range group.Rules() {
			var unknown []string
			for _, name := range metricsOf(rule.Query()) {
				if !written[name] && !from.HasMetric(name) {
					unknown = append(unknown, name)
				}
			}
			if len(unknown) > 0 {
				all = append(all, UnknownMetrics{
					Group: group.Name(), Rule: rule.Name(), Metrics: unknown,
				})
			}
		}
	}
	return all
}

// metricsOf are the names that an expression reads by an equality, sorted, each once.
func metricsOf(expr parser.Expr) []string {
	var names []string
	for _, matchers := range parser.ExtractSelectors(expr) {
		for _, m := range matchers {
			if m.Name == labels.MetricName && m.Type == labels.MatchEqual && m.Value != "" {
				names = append(names, m.Value)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
