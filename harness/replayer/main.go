// Command replayer evaluates alerting rules again over recorded samples, exactly as Prometheus
// would have, and makes such recordings.
//
// It is a program of its own, in Go, because exactness comes from running Prometheus's own code and
// not from code that resembles it.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"alertdrill/replayer/internal/protocol"
)

const garbagePercent = 400

const help = `alertdrill-replayer: evaluates alerting rules again over recorded samples

usage: alertdrill-replayer [--version | --help]

Without arguments it speaks on stdin and stdout, one JSON object a line. First it says
  {"protocol":1,"prometheus":"VERSION"}
Then each line {"id":7,"ask":"NAME",...} gets one line {"id":7,"ok":{...}} or
{"id":7,"error":{"kind":"...","message":"...","details":[...]}}, not always in the same order.
It ends when stdin does. Instants are milliseconds since the epoch. The asks:

  record    url, from_ms, until_ms, into, strip_labels: a running Prometheus's samples into a folder
  open      tsdb, lookback_ms, evaluation_interval_ms, external_labels, external_url, outputs,
            from_ms, until_ms: a recording, which all asks below are about
  timing    groups, scrape_interval_ms: when each group was evaluated; gaps and restarts
  evaluate  files, slots, gaps, from_ms, until_ms, visibility, keep, only, wordless: what the rules
            would have done
  prove     as evaluate: do the rules that were loaded give what was recorded?
  range     query, start_ms, end_ms, step_ms: a range query
  mutants   files, metrics: the rules with one small mistake each; needs no recording

Try it:
  echo '{"id":1,"ask":"open","tsdb":"FOLDER","lookback_ms":300000,"evaluation_interval_ms":5000}' |
    alertdrill-replayer
`

func main() {
	arguments := os.Args[1:]
	switch {
	case len(arguments) == 0:
		// A replay makes much garbage and keeps little: memory is cheaper here than time.
		debug.SetGCPercent(garbagePercent)
		if err := protocol.Serve(os.Stdin, os.Stdout, prometheusVersion()); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	case arguments[0] == "--help" || arguments[0] == "-h":
		fmt.Print(help)
	case arguments[0] == "--version":
		fmt.Printf("alertdrill-replayer, protocol %d, Prometheus %s\n",
			protocol.Version, prometheusVersion())
	default:
		fmt.Fprintf(os.Stderr, "error: no argument '%s'\n", arguments[0])
		fmt.Fprintln(os.Stderr, "  help: --help says how to speak with it")
		os.Exit(2)
	}
}

// prometheusVersion is that of the server whose code this is: the module v0.53.3 is server 2.53.3.
func prometheusVersion() string {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "github.com/prometheus/prometheus" {
			return serverVersion(module.Version)
		}
	}
	return "unknown"
}

// serverVersion: servers 2.x are modules v0.x, servers 3.x are modules v0.300 and up.
func serverVersion(module string) string {
	major := "2"
	version := strings.TrimPrefix(module, "v0.")
	if minor, _, _ := strings.Cut(version, "."); len(minor) == 3 {
		major = minor[:1]
		version = strings.TrimLeft(minor[1:], "0") + version[len(minor):]
		if strings.HasPrefix(version, ".") {
			version = "0" + version
		}
	}
	return major + "." + version
}
