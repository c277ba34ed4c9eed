package doctest

import "testing"

func TestFind(t *testing.T) {
	const doc = "# Title\n\n<!-- size: go test -->\nIt is 14.\n<!-- end -->\nMore.\n<!-- other: x -->\n1\n"
	before, passage, after, err := find(doc, "size")
	if err != nil || passage != "It is 14." || before+passage+after != doc {
		t.Errorf("passage %q of %q, error %v", passage, before+passage+after, err)
	}
	for _, name := range []string{"none", "other"} {
		if _, _, _, err := find(doc, name); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestAlike(t *testing.T) {
	for _, test := range []struct {
		a, b     string
		fraction float64
		want     bool
	}{
		{"14 nodes", "14 nodes", 0, true},
		{"14 nodes", "15 nodes", 0, false},
		{"213 of 63", "225 of 63", 0.1, true},
		{"213 of 63", "250 of 63", 0.1, false},
		{"213 of 63", "213 in 63", 0.1, false},
		{"1", "1 2", 0.1, false},
	} {
		if got := alike(test.a, test.b, test.fraction); got != test.want {
			t.Errorf("%q and %q: %v", test.a, test.b, got)
		}
	}
}
