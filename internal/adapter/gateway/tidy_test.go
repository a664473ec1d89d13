package gateway

import "testing"

func TestItIsTidiedOnceWhenACrowdIsIn(t *testing.T) {
	for name, c := range map[string]struct {
		came []int64 // newcomers up to each second
		due  []int   // the seconds in which it is tidied
	}{
		"a few":                 {[]int64{3, 10, 60, 61}, nil},
		"a few by and by":       {[]int64{400, 800, 840, 880, 920, 960, 1000, 1040}, []int{6}},
		"a crowd":               {[]int64{2000, 5000, 5010, 5010, 5020}, []int{2}},
		"one after the other":   {[]int64{0, 2000, 2000, 4000, 4001}, []int{2, 4}},
		"who never stop coming": {[]int64{500, 1000, 1500, 2000}, nil},
	} {
		var g tidying
		var due []int
		for second, came := range c.came {
			if g.due(came) {
				due = append(due, second)
			}
		}
		if len(due) != len(c.due) || (len(due) > 0 && due[0] != c.due[0]) || (len(due) > 1 && due[1] != c.due[1]) {
			t.Errorf("%s: tidied in seconds %v, want %v", name, due, c.due)
		}
	}
}
