// Package mutants makes small, wrong versions of alerting and recording rules: by PromQL's grammar
// and by the rule's fields, never by searching text.
package mutants

import "strings"

// File is a rules file as Prometheus loads it.
type File struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// Answer is what Of found, in the order of file, rule and position.
type Answer struct {
	Mutants []Mutant `json:"mutants"`
	// Equivalent counts what was left out because it says the same as the rule itself or as an
	// earlier mutant of it.
	Equivalent int       `json:"equivalent"`
	Refused    []Refused `json:"refused"`
}

// Mutant is one wrong version of one rule: a place in a file, and the text to put there.
type Mutant struct {
	// ID stays the same when lines move or another rule is added.
	ID          string   `json:"id"`
	Mutator     string   `json:"mutator"`
	File        string   `json:"file"`
	Group       string   `json:"group"`
	Index       int      `json:"index"`
	Rule        string   `json:"rule"`
	Part        string   `json:"part"`
	Start       Position `json:"start"`
	End         Position `json:"end"`
	StartByte   int      `json:"start_byte"`
	EndByte     int      `json:"end_byte"`
	Original    string   `json:"original"`
	Replacement string   `json:"replacement"`
	Says        string   `json:"says"`
}

// Refused is a mutant that Prometheus does not load.
type Refused struct {
	ID      string `json:"id"`
	Mutator string `json:"mutator"`
	Rule    string `json:"rule"`
	Says    string `json:"says"`
	Error   string `json:"error"`
}

// RulesError is what Prometheus says of files that it does not load as they are.
type RulesError struct {
	Details []string
}

func (e *RulesError) Error() string {
	return "Prometheus does not load the rules: " + strings.Join(e.Details, "; ")
}

// Of gives all mutants of the rules in files. metrics are the names that a metric may be taken for.
func Of(files []File, metrics []string) (Answer, error) {
	answer := Answer{Mutants: []Mutant{}, Refused: []Refused{}}
	var loaded []*rulesFile
	var wrong []string
	for _, file := range files {
		rules, messages := load(file)
		wrong = append(wrong, messages...)
		loaded = append(loaded, rules)
	}
	if len(wrong) > 0 {
		return answer, &RulesError{Details: wrong}
	}
	identify(loaded)
	used := map[string]int{}
	for _, file := range loaded {
		for _, r := range file.rules {
			for _, c := range uniquelyNamed(candidates(file, r, metrics), used) {
				answer.add(file, r, c)
			}
		}
	}
	return answer, nil
}

func (a *Answer) add(file *rulesFile, r *rule, c candidate) {
	meaning := c.wanted.meaning()
	if r.meanings[meaning] {
		a.Equivalent++
		return
	}
	edit, problem := file.firstThatDoes(r, c)
	if problem != "" {
		a.Refused = append(a.Refused, Refused{
			ID: c.id, Mutator: c.mutator, Rule: r.name(), Says: c.says, Error: problem,
		})
		return
	}
	r.meanings[meaning] = true
	a.Mutants = append(a.Mutants, Mutant{
		ID:          c.id,
		Mutator:     c.mutator,
		File:        file.path,
		Group:       r.group,
		Index:       r.index,
		Rule:        r.name(),
		Part:        c.part,
		Start:       file.position(edit.from),
		End:         file.position(edit.to),
		StartByte:   edit.from,
		EndByte:     edit.to,
		Original:    file.text[edit.from:edit.to],
		Replacement: edit.text,
		Says:        c.says,
	})
}
