package replay

import (
	"slices"

	"github.com/prometheus/prometheus/rules"

	"alertdrill/replayer/internal/failure"
)

// RuleAt is a rule by its place: its group, and its number in it.
type RuleAt struct {
	Group string `json:"group"`
	Index int    `json:"index"`
}

// chosen are the rules that are evaluated, by the keys of their groups. The others are loaded and
// say nothing, which is what makes one rule among many cheap.
type chosen map[string]map[int]bool

// chosenOf gives the named rules and the recording rules that they read, be it through others. A
// rule that reads alerts needs all of them. None named means all: nil.
func chosenOf(s *server, named []RuleAt) (chosen, error) {
	if len(named) == 0 {
		return nil, nil
	}
	c := chosen{}
	var names []string
	for _, at := range named {
		rule := c.add(s, at)
		if rule == nil {
			return nil, failure.New(failure.BadAsk,
				"the files have no group %q with a rule %d", at.Group, at.Index)
		}
		names = append(names, metricsOf(rule.Query())...)
	}
	for i := 0; i < len(names); i++ {
		read := names[i]
		if slices.Contains(names[:i], read) {
			continue
		}
		for key, group := range s.groups {
			for index, rule := range group.Rules() {
				if !c.has(key, index) && gives(rule, read) {
					c.put(key, index)
					names = append(names, metricsOf(rule.Query())...)
				}
			}
		}
	}
	return c, nil
}

// gives tells whether a rule's evaluation writes samples of a metric.
func gives(rule rules.Rule, metric string) bool {
	if _, ok := rule.(*rules.AlertingRule); ok {
		return metric == alertsMetric || metric == forStateMetric
	}
	return rule.Name() == metric
}

// add chooses a rule, and gives it; nil if there is none.
func (c chosen) add(s *server, at RuleAt) (found rules.Rule) {
	for key, group := range s.groups {
		if group.Name() == at.Group && at.Index >= 0 && at.Index < len(group.Rules()) {
			c.put(key, at.Index)
			found = group.Rules()[at.Index]
		}
	}
	return found
}

func (c chosen) put(key string, index int) {
	if c[key] == nil {
		c[key] = map[int]bool{}
	}
	c[key][index] = true
}

func (c chosen) has(key string, index int) bool { return c == nil || c[key][index] }

func (c chosen) hasGroup(key string) bool { return c == nil || c[key] != nil }
