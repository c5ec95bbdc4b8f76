package mutants

import (
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// metricNames takes a metric for the one that is written most like it.
func (e *expression) metricNames(b *branch, metrics []string) []change {
	n, ok := b.node.(*parser.VectorSelector)
	if !ok || n.Name == "" || e.is(b.first, parser.LEFT_BRACE) {
		return nil
	}
	other := nearest(n.Name, metrics)
	if other == "" {
		return nil
	}
	return []change{{
		mutator: "metric", at: b, edit: e.replaced(b.first, other),
		becomes: other, says: "the metric " + becomes(n.Name, other),
		tree: onSelector(func(n *parser.VectorSelector) {
			for i, m := range n.LabelMatchers {
				if m.Name == labels.MetricName {
					n.LabelMatchers[i] = rematched(m, labels.MatchEqual, other)
				}
			}
			n.Name = other
		}),
	}}
}

// nearest prefers a name with the same suffix, which tells the kind and the unit. Of equals it is
// the first by the alphabet.
func nearest(name string, metrics []string) string {
	best, bestDistance, bestSuffix := "", 0, false
	for _, other := range metrics {
		if other == name || !model.IsValidMetricName(model.LabelValue(other)) {
			continue
		}
		sameSuffix := suffixOf(other) == suffixOf(name)
		distance := editDistance(name, other)
		nearer := distance < bestDistance || distance == bestDistance && other < best
		if best == "" || sameSuffix && !bestSuffix || sameSuffix == bestSuffix && nearer {
			best, bestDistance, bestSuffix = other, distance, sameSuffix
		}
	}
	return best
}

func suffixOf(metric string) string {
	return metric[strings.LastIndexByte(metric, '_')+1:]
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
