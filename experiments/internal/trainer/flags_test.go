package trainer

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

func parse(t *testing.T, args ...string) *options {
	t.Helper()
	e := toy(nil)
	opt, err := parseArgs(&e, args)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return opt
}

func TestNoFlagsIsTheQuickPreset(t *testing.T) {
	opt := parse(t)
	c := opt.config
	want := toy(nil).Quick
	want.Preset = "quick"
	want.Variants, want.Seeds = []Variant{"vanilla", "ernode"}, []uint64{1}
	want.Dtype, want.Memory, want.Mode = "float32", "store", "called"
	want.PerVariant = map[Variant]Weights{"steer+ernode": {LambdaError: 0.2, LambdaErrorDecay: 1}}
	if c.For("srnode").Method != "bs3" || c.For("ernode").Method != "tsit5" {
		t.Errorf("methods %q and %q, expected bs3 and tsit5", c.For("srnode").Method, c.For("ernode").Method)
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("configuration\n%+v, expected\n%+v", c, want)
	}
	if opt.out != filepath.Join("results", "toy") || opt.bench != 0 || opt.resume || opt.quiet {
		t.Errorf("options %+v", opt)
	}
}

// TestFlagsOfResults: what the results tell of the command line makes the same
// configuration again.
func TestFlagsOfResults(t *testing.T) {
	if f := parse(t, "-variants", "steer", "-seeds", "1,2", "-quiet", "-trace", "-resume", "-out", "x").flags; f == nil || len(f) != 0 {
		t.Errorf("flags %#v, expected none", f)
	}
	opt := parse(t, "-tol", "1e-3", "-preset", "paper", "-epochs", "7", "-epochs=8", "-variants", "ernode", "-method", "bs3", "-data", "a b")
	if want := []string{"-data", "a b", "-epochs", "8", "-method", "bs3", "-tol", "1e-3"}; !slices.Equal(opt.flags, want) {
		t.Errorf("flags %q, expected %q", opt.flags, want)
	}
	again := parse(t, append([]string{"-preset", "paper", "-variants", "ernode"}, opt.flags...)...)
	if !reflect.DeepEqual(again.config, opt.config) {
		t.Errorf("configuration %+v again, expected %+v", again.config, opt.config)
	}
}

// Every flag changes its field, in the preset that was chosen, and no other.
func TestFlagsOverrideThePreset(t *testing.T) {
	tests := []struct {
		args []string
		set  func(*Config)
	}{
		{[]string{"-variants", "ernode+steer, vanilla"}, func(c *Config) { c.Variants = []Variant{"steer+ernode", "vanilla"} }},
		{[]string{"-seeds", "0,18446744073709551615"}, func(c *Config) { c.Seeds = []uint64{0, 1<<64 - 1} }},
		{[]string{"-epochs", "7"}, func(c *Config) { c.Epochs = 7 }},
		{[]string{"-anneal-epochs", "7"}, func(c *Config) { c.AnnealEpochs = 7 }},
		{[]string{"-anneal-epochs", "7", "-epochs", "7"}, func(c *Config) { c.Epochs = 7 }},
		{[]string{"-batch=9"}, func(c *Config) { c.Batch, c.Batches = 9, nil }},
		{[]string{"-limit", "6"}, func(c *Config) { c.Limit = 6 }},
		{[]string{"-lr", "0.5"}, func(c *Config) { c.LearnRate = 0.5 }},
		{[]string{"-tol", "1e-3"}, func(c *Config) { c.Tol = 1e-3 }},
		{[]string{"-method", "bs3"}, func(c *Config) { c.Method, c.Methods = "bs3", nil }},
		{[]string{"-lambda-error", "3"}, func(c *Config) {
			c.LambdaError = 3
			c.PerVariant = map[Variant]Weights{"steer+ernode": {LambdaError: 3, LambdaErrorDecay: 1}}
		}},
		{[]string{"-lambda-stiff", "4"}, func(c *Config) {
			c.LambdaStiff = 4
			c.PerVariant = map[Variant]Weights{"steer+ernode": {LambdaError: 0.2, LambdaErrorDecay: 1, LambdaStiff: 4}}
		}},
		{[]string{"-lambda-error", "0"}, func(c *Config) {
			c.LambdaError = 0
			c.PerVariant = map[Variant]Weights{"steer+ernode": {LambdaErrorDecay: 1}}
		}},
		{[]string{"-lambda-taylor", "5"}, func(c *Config) { c.LambdaTaylor = 5 }},
		{[]string{"-taylor-order", "3"}, func(c *Config) { c.TaylorOrder = 3 }},
		{[]string{"-steer-b", "0.25"}, func(c *Config) { c.SteerB = 0.25 }},
		{[]string{"-dtype", "float64"}, func(c *Config) { c.Dtype = "float64" }},
		{[]string{"-estimate", "state"}, func(c *Config) { c.Estimate = "state" }},
		{[]string{"-estimate", "float64"}, func(c *Config) {}},
		{[]string{"-memory", "checkpoint"}, func(c *Config) { c.Memory = "checkpoint" }},
		{[]string{"-mode", "inline"}, func(c *Config) { c.Mode = "inline" }},
		{[]string{"-data", "/some/where"}, func(c *Config) { c.Data = "/some/where" }},
		{[]string{"-epochs", "7", "-batch", "9", "-epochs", "8"}, func(c *Config) { c.Epochs, c.Batch = 8, 9 }},
	}
	for _, preset := range []string{"quick", "paper"} {
		for _, test := range tests {
			want := parse(t, "-preset", preset).config
			test.set(&want)
			// The preset may come after the flags that override it.
			for _, args := range [][]string{
				append([]string{"-preset", preset}, test.args...),
				append(slices.Clone(test.args), "-preset", preset),
			} {
				if got := parse(t, args...).config; !reflect.DeepEqual(got, want) {
					t.Errorf("%v: configuration\n%+v, expected\n%+v", args, got, want)
				}
			}
		}
	}
	opt := parse(t, "-out", "x", "-resume", "-quiet")
	if opt.out != "x" || !opt.resume || !opt.quiet {
		t.Errorf("options %+v", opt)
	}
	if opt := parse(t, "-bench", "3"); opt.bench != 3 {
		t.Errorf("bench %d, expected 3", opt.bench)
	}
}

func TestPresetsAreNotChangedByFlags(t *testing.T) {
	e := toy(nil)
	if _, err := parseArgs(&e, []string{"-lambda-error", "77", "-variants", "steer"}); err != nil {
		t.Fatal(err)
	}
	if w := e.Quick.PerVariant["steer+ernode"].LambdaError; w != 0.2 || len(e.Default) != 2 {
		t.Errorf("weight %v, expected 0.2; default %v", w, e.Default)
	}
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		args string
		want string
	}{
		{"-variants resnet", `unknown variant "resnet", expected one of vanilla, steer, taynode, srnode, ernode`},
		{"-variants vanilla,", `unknown variant ""`},
		{"-variants=", "the list is empty"},
		{"-variants vanilla,vanilla", "-variants holds vanilla twice"},
		{"-variants steer+ernode,ernode+steer", "-variants holds steer+ernode twice"},
		{"-variants vanilla+ernode", "combines vanilla"},
		{"-seeds=", "the list is empty"},
		{"-seeds 1,x", `"x" is no seed`},
		{"-seeds -1", `"-1" is no seed`},
		{"-seeds 1.5", `"1.5" is no seed`},
		{"-seeds 18446744073709551616", "is no seed"},
		{"-seeds 1,2,1", "-seeds holds 1 twice"},
		{"-preset best", `unknown preset "best", expected quick or paper`},
		{"-method euler", `unknown method "euler", expected one of tsit5, bs3`},
		{"-dtype float16", `unknown dtype "float16", expected float32 or float64`},
		{"-memory none", `unknown memory "none", expected store or checkpoint`},
		{"-estimate float32", "expected float64 or state"},
		{"-estimate=", "expected float64 or state"},
		{"-mode fast", `unknown mode "fast", expected called or inline`},
		{"-epochs 0", "-epochs is 0, expected at least 1"},
		{"-epochs many", "-epochs: expected a whole number"},
		{"-batch -4", "-batch is -4, expected at least 1"},
		{"-batch 9223372036854775807", "-batch is 9223372036854775807, expected at most 1000000"},
		{"-epochs 9223372036854775807", "-epochs is 9223372036854775807, expected at most 100000"},
		{"-epochs 9223372036854775808", "-epochs: expected a whole number"},
		{"-limit 9223372036854775807", "-limit is 9223372036854775807, expected at most"},
		{"-taylor-order 2147483648", "-taylor-order is 2147483648, expected at most 10"},
		{"-bench 9223372036854775807", "-bench is 9223372036854775807, expected at most"},
		{"-limit -1", "-limit is -1, expected at least 0"},
		{"-lr 0", "-lr is 0, expected a finite number above zero"},
		{"-lr fast", "-lr: expected a number"},
		{"-tol -1e-6", "-tol is -1e-06, expected a finite number above zero"},
		{"-tol NaN", "-tol is NaN, expected"},
		{"-tol Inf", "-tol is +Inf, expected"},
		{"-lambda-error -1", "-lambda-error is -1, expected a finite number, not negative"},
		{"-lambda-stiff NaN", "-lambda-stiff is NaN, expected"},
		{"-lambda-taylor -1", "-lambda-taylor is -1, expected"},
		{"-taylor-order -1", "-taylor-order is -1, expected at least 0"},
		{"-steer-b -0.5", "-steer-b is -0.5, expected"},
		{"-bench 0", "-bench is 0, expected at least 1"},
		{"-bench x", `invalid value "x" for flag -bench`},
		{"-bench 2 -resume", "exclude each other"},
		{"-bench 2 -trace", "exclude each other"},
		{"-bench 2 -tensorboard", "exclude each other"},
		{"-bench 2 -live :8080", "exclude each other"},
		{"-live 8080", `address "8080", expected a host and a number of a port`},
		{"-live=", "expected a host and a number of a port"},
		{"-bench 2 -out x", "exclude each other"},
		{"-data=", "expected a folder, or embedded"},
		{"-out=", "-out is empty"},
		{"-unknown", "not defined: -unknown"},
		{"train", `unexpected argument "train"`},
	}
	for _, test := range tests {
		o := runToy(t.Context(), nil, strings.Fields(test.args)...)
		if o.status != exitUsage || !strings.Contains(o.stderr, test.want) || o.stdout != "" {
			t.Errorf("%s: status %d, expected %d; standard output %q; standard error %q, expected %q in it",
				test.args, o.status, exitUsage, o.stdout, o.stderr, test.want)
		}
		if strings.Count(o.stderr, "\n") != 1 || !strings.HasPrefix(o.stderr, "toy: ") {
			t.Errorf("%s: standard error is not one line that begins with the name: %q", test.args, o.stderr)
		}
	}
}

func TestExperimentChecksEveryVariant(t *testing.T) {
	e := toy(nil)
	e.Check = func(cfg Config, v Variant) error {
		if v.Has("steer") && cfg.LambdaError == 0.2 {
			return errors.New("cannot do that")
		}
		return nil
	}
	o := experimentRun(t.Context(), e, "-variants", "vanilla,steer+ernode")
	if o.status != exitUsage || !strings.Contains(o.stderr, "variant steer+ernode: cannot do that") {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
}

func TestHelp(t *testing.T) {
	o := runToy(t.Context(), nil, "-help")
	if o.status != exitOK || o.stderr != "" {
		t.Errorf("status %d, standard error %q", o.status, o.stderr)
	}
	for _, flag := range []string{"variants", "preset", "epochs", "batch", "limit", "seeds", "lr", "tol", "method", "lambda-error",
		"lambda-stiff", "lambda-taylor", "taylor-order", "steer-b", "dtype", "estimate", "memory", "data", "out", "resume", "bench", "quiet", "mode"} {
		if !strings.Contains(o.stdout, "\n  -"+flag) {
			t.Errorf("help lacks -%s:\n%s", flag, o.stdout)
		}
	}
}

func FuzzParseArgs(f *testing.F) {
	f.Add("-epochs 3 -seeds 1,2")
	f.Add("-variants ernode+steer -tol 1e-4")
	f.Add("-preset paper -lambda-error 1e400")
	f.Add("-bench 1 -out x -quiet -data y")
	e := toy(nil)
	f.Fuzz(func(t *testing.T, line string) {
		opt, err := parseArgs(&e, strings.Fields(line))
		if err != nil {
			return
		}
		if err := e.validate(opt.config); err != nil {
			t.Errorf("%q is accepted with an invalid configuration: %v", line, err)
		}
		if _, err := opt.config.fingerprint("toy"); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	})
}
