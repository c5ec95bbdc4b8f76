// Package replay evaluates rules again over a recording, as the server that was recorded would
// have.
//
// All that decides is Prometheus's own: its loader, its groups, its engine. What is made here is
// what a live server has around them: when groups are evaluated, what could be read then, and what
// a restart does.
package replay

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"

	"alertdrill/replayer/internal/failure"
	"alertdrill/replayer/internal/recording"
)

// Request is what to evaluate, and when.
type Request struct {
	Files   []File `json:"files"`
	Slots   []Slot `json:"slots"`
	Gaps    []Gap  `json:"gaps"`
	FromMs  int64  `json:"from_ms"`
	UntilMs int64  `json:"until_ms"`
	// Only these rules, and what they read; all if there are none.
	Only []RuleAt `json:"only"`
	// Whether annotations are left out: nothing is told then, in half the time.
	Wordless bool `json:"wordless"`
}

// Result is what came of it.
type Result struct {
	Groups         []Group          `json:"groups"`
	Alerts         []AlertSamples   `json:"alerts"`
	Told           []Told           `json:"told"`
	Sick           []Sick           `json:"sick"`
	Vectors        []Vector         `json:"vectors"`
	UnknownMetrics []UnknownMetrics `json:"unknown_metrics"`
	Evaluations    int              `json:"evaluations"`
	Near           int              `json:"near"`
	TookMs         int64            `json:"took_ms"`
}

// Told is what an alert said when it began to fire, and whenever that changed.
type Told struct {
	Labels      labels.Labels `json:"labels"`
	Annotations labels.Labels `json:"annotations"`
	AtMs        int64         `json:"at_ms"`
}

// Sick is an evaluation that failed: the first and the last of each run of failures of a rule.
type Sick struct {
	Alert  string        `json:"alert"`
	Group  string        `json:"group"`
	Labels labels.Labels `json:"labels"`
	AtMs   int64         `json:"at_ms"`
	Error  string        `json:"error"`
}

// Vector tells two expressions apart by what they gave: the fingerprint covers every slot.
type Vector struct {
	Group       string `json:"group"`
	Name        string `json:"name"`
	Index       int    `json:"index"`
	Fingerprint string `json:"fingerprint"`
	TrueSlots   int    `json:"true_slots"`
}

// evaluation is one replay. It is not for concurrent use: groups are evaluated one after another,
// in the order of time.
type evaluation struct {
	recording *recording.Recording
	request   Request
	texts     rules.GroupLoader
	metrics   *rules.Metrics
	engine    rules.QueryFunc
	view      *recording.View
	outputs   *recording.Outputs

	server     *server
	life       int
	restarted  map[string]int // evaluations of each group since a start
	histories  map[string][]*ruleHistory
	evaluated  int
	lastAt     map[string]time.Time
	slots      map[string][]int64
	isRecorded map[string]bool
	told       []Told
	sick       []Sick

	chosen chosen

	// The rule whose turn it is: its queries share a context, and its expression comes first.
	asking      context.Context
	current     []*ruleHistory
	currentKey  string
	currentRule int
	currentSlot int64
}

// ruleHistory is what is remembered of one rule from slot to slot.
type ruleHistory struct {
	fingerprint *xxhash.Digest
	trueSlots   int
	failing     bool
	lastFailure Sick
	repeated    bool
	firing      map[uint64]labels.Labels // annotations, by the hash of an alert's labels
}

// Evaluate replays the rules. The outputs are given too, for later queries.
func Evaluate(
	from *recording.Recording, request Request, visibility recording.Visibility,
) (*Result, *recording.Outputs, error) {
	began := time.Now()
	e, err := newEvaluation(from, request, visibility)
	if err != nil {
		return nil, nil, err
	}
	if err := e.run(); err != nil {
		return nil, nil, err
	}
	result := e.result()
	result.TookMs = time.Since(began).Milliseconds()
	return result, e.outputs, nil
}

func newEvaluation(
	from *recording.Recording, request Request, visibility recording.Visibility,
) (*evaluation, error) {
	if request.UntilMs < request.FromMs {
		return nil, failure.New(failure.BadAsk, "until_ms is before from_ms")
	}
	texts, err := checked(request.Files)
	if err != nil {
		return nil, err
	}
	var loader rules.GroupLoader = texts
	if request.Wordless {
		loader = wordless{texts}
	}
	outputs := recording.NewOutputs()
	e := &evaluation{
		recording: from, request: request, texts: loader, metrics: rules.NewGroupMetrics(nil),
		view: from.NewView(outputs, visibility), outputs: outputs,
		histories: map[string][]*ruleHistory{}, lastAt: map[string]time.Time{},
		slots: map[string][]int64{}, restarted: map[string]int{},
	}
	e.engine = rules.EngineQueryFunc(from.Engine, e.view)
	if err := e.start(); err != nil {
		return nil, err
	}
	if e.chosen, err = chosenOf(e.server, request.Only); err != nil {
		return nil, err
	}
	for key, group := range e.server.groups {
		for range group.Rules() {
			e.histories[key] = append(e.histories[key], &ruleHistory{
				fingerprint: xxhash.New(), firing: map[uint64]labels.Labels{},
			})
		}
	}
	return e, nil
}

func (e *evaluation) start() error {
	server, err := started(
		e.recording, e.request.Files, e.texts, e.metrics, e.view, e.outputs, e.query)
	e.server = server
	return err
}

func (e *evaluation) run() error {
	recorded := map[string]Slot{}
	for _, slot := range e.request.Slots {
		recorded[rules.GroupKey(slot.File, slot.Name)] = slot
	}
	instants, isRecorded := plan(
		e.server.groups, recorded, e.request.Gaps, e.request.FromMs, e.request.UntilMs)
	e.isRecorded = isRecorded
	for key, group := range e.server.groups {
		offset, _ := offsetOf(group, recorded)
		if turns, fresh := firstTurns(group, offset, e.request.Gaps, e.request.FromMs); fresh {
			setRestored(group, false)
			e.restarted[key] = turns
		} else {
			setRestored(group, true)
			e.restarted[key] = evaluationsBeforeRestore
		}
	}
	for _, instant := range instants {
		if !e.chosen.hasGroup(instant.key) {
			continue
		}
		if instant.life != e.life {
			e.life = instant.life
			if err := e.start(); err != nil {
				return err
			}
			e.restarted = map[string]int{}
		}
		e.evaluate(instant)
	}
	return nil
}

// evaluate is one turn of Group.run.
func (e *evaluation) evaluate(instant evaluationInstant) {
	group := e.server.groups[instant.key]
	e.view.MoveTo(instant.ms())
	e.current = e.histories[instant.key]
	e.currentKey = instant.key
	e.asking, e.currentRule, e.currentSlot = nil, -1, instant.ms()
	group.Eval(context.Background(), instant.at)
	e.evaluated++
	e.lastAt[instant.key] = instant.at
	e.slots[instant.key] = append(e.slots[instant.key], instant.ms())
	e.restarted[instant.key]++
	if e.restarted[instant.key] == evaluationsBeforeRestore {
		group.RestoreForState(instant.at)
	}
	for i, rule := range group.Rules() {
		e.noteHealth(group, rule, e.current[i], instant.ms())
		if alerting, ok := rule.(*rules.AlertingRule); ok && !e.request.Wordless {
			e.noteTold(alerting, e.current[i], instant.ms())
		}
	}
}

// evaluationsBeforeRestore: Group.run evaluates so often after a start before it restores `for`.
const evaluationsBeforeRestore = 2

// query is what rules ask through: it notes what the expression of a rule gave. Templates ask
// through it too, later and within the same context.
func (e *evaluation) query(ctx context.Context, text string, at time.Time) (promql.Vector, error) {
	isExpression := ctx != e.asking
	if isExpression {
		e.asking = ctx
		e.currentRule++
	}
	if !e.chosen.has(e.currentKey, e.currentRule) {
		return nil, nil
	}
	vector, err := e.engine(ctx, text, at)
	if isExpression {
		e.current[e.currentRule].note(e.currentSlot, vector, err)
	}
	return vector, err
}

// note takes a slot's vector into the fingerprint. Samples are summed up, for the engine gives them
// in no particular order.
func (h *ruleHistory) note(slot int64, vector promql.Vector, err error) {
	var sum uint64
	for _, sample := range vector {
		bits := math.Float64bits(sample.F)
		if sample.H != nil {
			bits = xxhash.Sum64String(sample.H.String())
		}
		var both [16]byte
		binary.LittleEndian.PutUint64(both[:8], sample.Metric.Hash())
		binary.LittleEndian.PutUint64(both[8:], bits)
		sum += xxhash.Sum64(both[:])
	}
	if err != nil {
		sum = xxhash.Sum64String(err.Error())
	}
	if len(vector) > 0 {
		h.trueSlots++
	}
	var both [16]byte
	binary.LittleEndian.PutUint64(both[:8], uint64(slot))
	binary.LittleEndian.PutUint64(both[8:], sum)
	_, _ = h.fingerprint.Write(both[:])
}

func (e *evaluation) noteHealth(
	group *rules.Group, rule rules.Rule, history *ruleHistory, atMs int64,
) {
	if rule.Health() != rules.HealthBad {
		e.endOfFailures(history)
		return
	}
	failed := Sick{
		Alert: rule.Name(), Group: group.Name(), Labels: rule.Labels(), AtMs: atMs,
		Error: rule.LastError().Error(),
	}
	if history.failing {
		history.repeated = true
	} else {
		e.sick = append(e.sick, failed)
	}
	history.failing, history.lastFailure = true, failed
}

func (e *evaluation) endOfFailures(history *ruleHistory) {
	if history.failing && history.repeated {
		e.sick = append(e.sick, history.lastFailure)
	}
	history.failing, history.repeated = false, false
}

func (e *evaluation) noteTold(rule *rules.AlertingRule, history *ruleHistory, atMs int64) {
	if rule.ActiveAlertsCount() == 0 {
		clear(history.firing)
		return
	}
	firing := map[uint64]labels.Labels{}
	for _, alert := range rule.ActiveAlerts() {
		if alert.State != rules.StateFiring {
			continue
		}
		key := alert.Labels.Hash()
		firing[key] = alert.Annotations
		before, known := history.firing[key]
		if known && labels.Equal(before, alert.Annotations) {
			continue
		}
		e.told = append(e.told, Told{
			Labels: alert.Labels, Annotations: alert.Annotations, AtMs: atMs,
		})
	}
	history.firing = firing
}

func (e *evaluation) result() *Result {
	result := &Result{
		Groups: []Group{}, Vectors: []Vector{}, UnknownMetrics: []UnknownMetrics{},
		Evaluations: e.evaluated, Near: e.view.Near,
		Alerts: alertSamples(e.outputs),
	}
	keys := slices.Sorted(maps.Keys(e.server.groups))
	for _, key := range keys {
		group := e.server.groups[key]
		result.Groups = append(result.Groups, describe(group, e.lastAt[key], e.isRecorded[key]))
		for i, rule := range group.Rules() {
			history := e.histories[key][i]
			e.endOfFailures(history)
			if _, ok := rule.(*rules.AlertingRule); ok && e.chosen.has(key, i) {
				result.Vectors = append(result.Vectors, Vector{
					Group: group.Name(), Name: rule.Name(), Index: i,
					Fingerprint: fmt.Sprintf("%016x", history.fingerprint.Sum64()),
					TrueSlots:   history.trueSlots,
				})
			}
		}
	}
	result.UnknownMetrics = unknownMetrics(e.recording, e.server, keys)
	slices.SortStableFunc(e.told, func(a, b Told) int {
		return cmp.Or(cmp.Compare(a.AtMs, b.AtMs), labels.Compare(a.Labels, b.Labels))
	})
	slices.SortStableFunc(e.sick, func(a, b Sick) int { return cmp.Compare(a.AtMs, b.AtMs) })
	result.Told, result.Sick = atLeastEmpty(e.told), atLeastEmpty(e.sick)
	return result
}

// atLeastEmpty keeps `null` out of answers.
func atLeastEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
