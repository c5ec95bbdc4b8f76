package mutants

import (
	"fmt"
	"sort"
)

// edit puts text between two bytes of another text.
type edit struct {
	from, to int
	text     string
}

func (e edit) applied(to string) string {
	return to[:e.from] + e.text + to[e.to:]
}

// candidate is a mutant that has not been tried yet.
type candidate struct {
	id, mutator, part, says string
	wanted                  form
	// ways write the same change, the shortest first: what YAML makes of a short one is only
	// certain once it is read again.
	ways []edit
}

// candidates gives every mutant of a rule, in the order of the file.
func candidates(file *rulesFile, r *rule, metrics []string) []candidate {
	all := ofExpression(file, r, metrics)
	if r.alerting() {
		all = append(all, ofDurations(file, r)...)
		all = append(all, ofLabels(file, r)...)
		all = append(all, ofAnnotations(file, r)...)
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := all[i].place(), all[j].place()
		if a.from != b.from {
			return a.from < b.from
		}
		return a.to < b.to
	})
	return all
}

func (c candidate) place() edit {
	if len(c.ways) == 0 {
		return edit{}
	}
	return c.ways[0]
}

// uniquelyNamed tells apart what place and replacement do not: the same label matched twice.
func uniquelyNamed(all []candidate, used map[string]int) []candidate {
	for i := range all {
		id := all[i].id
		used[id]++
		for n := used[id]; n > 1; n++ {
			numbered := fmt.Sprintf("%s#%d", id, n)
			if used[numbered] == 0 {
				used[numbered]++
				all[i].id = numbered
				break
			}
		}
	}
	return all
}
