package main

import "testing"

func TestAModulesVersionTellsTheServers(t *testing.T) {
	for module, server := range map[string]string{
		"v0.53.3":  "2.53.3",
		"v0.300.0": "3.0.0",
		"v0.301.2": "3.1.2",
		"v0.314.0": "3.14.0",
	} {
		if got := serverVersion(module); got != server {
			t.Errorf("%s is %s, not %s", module, got, server)
		}
	}
}
