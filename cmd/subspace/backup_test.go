package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestProgramBacksUpBesideTheServerAndRestores(t *testing.T) {
	args := serveArgs(t)
	data, backup, again := args[2], filepath.Join(t.TempDir(), "monday"), filepath.Join(t.TempDir(), "data")
	r := started(t, args)
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"backup"}, 2, []string{"DIR is missing", "argument_missing"}},
		{[]string{"backup", backup, "x"}, 2, []string{`"x"`, "argument_unknown"}},
		{[]string{"backup", backup, "--listen", ":1"}, 2, []string{"listen", "argument_unknown"}},
		{[]string{"version", "x"}, 2, []string{`"x"`, "argument_unknown"}},
		{[]string{"openapi", "--data", "x"}, 2, []string{"data", "argument_unknown"}},
		{[]string{"demo", "--data", "x"}, 2, []string{"data", "argument_unknown"}},
		{[]string{"backup", backup, "--data", data}, 0, []string{"Backed up", backup, "left out: lock"}},
		{[]string{"backup", "--data", data, backup}, 1, []string{"exists already", "backup_exists"}},
		{[]string{"restore", backup, "--data", data}, 1, []string{"data_in_use"}},
		{[]string{"restore", data, "--data", again}, 1, []string{"backup_missing"}},
		{[]string{"restore", backup, "--data", again}, 0, []string{"Restored"}},
		{[]string{"restore", "--data", again, backup}, 1, []string{"restore_not_empty", "--data"}},
	} {
		said, code := ends(t, nil, c.args...)
		if code != c.code {
			t.Errorf("%v ended with %d, want %d: %s", c.args, code, c.code, said)
		}
		for _, words := range c.says {
			if !strings.Contains(said, words) {
				t.Errorf("%v does not say %q: %s", c.args, words, said)
			}
		}
	}
	r.stop(t)
	started(t, []string{"serve", "--data", again, "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--rtc-listen", "off"}).stop(t)
	if said, code := ends(t, []string{"SUBSPACE_DATA=" + again}, "backup", backup+"-2"); code != 0 || !strings.Contains(said, "Backed up") {
		t.Errorf("the folder named by the environment: %d, %s", code, said)
	}
}
