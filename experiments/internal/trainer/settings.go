package trainer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// embedded is the value of -data for the data in the binary.
const embedded = "embedded"

// uses reports whether the experiment has a use for a flag.
func (e *Experiment) uses(flag string) bool {
	return !slices.Contains(e.Unused, flag) && (flag != "data" || e.Data != "") && useful(flag, e.Parts)
}

// useful reports whether variants of these parts have a use for a flag.
func useful(flag string, parts []string) bool {
	switch flag {
	case "taylor-order":
		return slices.Contains(parts, TayNODE)
	case "steer-b":
		return slices.Contains(parts, Steer)
	}
	i := slices.IndexFunc(Regularizers, func(r Regularizer) bool { return r.flag == flag })
	return i < 0 || slices.ContainsFunc(parts, Regularizers[i].is)
}

// settings defines the flags that override the preset, of those that the experiment
// uses. Others are refused as unknown.
func (c *commandLine) settings(e *Experiment) {
	s := settings{c, e}
	override(s, "variants", "`list` of "+strings.Join(e.Parts, ", ")+", or several joined with +", list(func(s string) (Variant, error) {
		return ParseVariant(s, e.Parts)
	}), func(c *Config) *[]Variant { return &c.Variants })
	override(s, "seeds", "`list` of seeds, one run each", list(parseSeed), func(c *Config) *[]uint64 { return &c.Seeds })

	override(s, "epochs", "`number` of passes over the training data", parseInt, func(c *Config) *int { return &c.Epochs })
	override(s, "anneal-epochs", "`number` of epochs over which weights are annealed, 0 for all", parseInt, func(c *Config) *int { return &c.AnnealEpochs })
	s.define("batch", "`number` of examples in a batch, of all variants", func(v string) (func(*Config), error) {
		n, err := parseInt(v)
		return func(c *Config) { c.Batch, c.Batches = n, nil }, err
	}, func(c Config) string {
		return exceptions(fmt.Sprint(c.Batch), c.Batches, func(n int) string { return fmt.Sprint(n) })
	})
	override(s, "limit", "`number` of training examples used, 0 for all", parseInt, func(c *Config) *int { return &c.Limit })
	override(s, "lr", "learning `rate`", parseFloat, func(c *Config) *float64 { return &c.LearnRate })
	override(s, "tol", "absolute and relative `tolerance` of the integrator", parseFloat, func(c *Config) *float64 { return &c.Tol })
	methods := "`name` of the integration method for all variants"
	if len(e.Methods) > 0 {
		methods += ": " + strings.Join(e.Methods, ", ")
	}
	s.define("method", methods, func(v string) (func(*Config), error) {
		return func(c *Config) { c.Method, c.Methods = v, nil }, nil
	}, func(c Config) string { return exceptions(c.Method, c.Methods, strings.Clone) })
	for _, r := range Regularizers {
		s.weight(r)
	}
	override(s, "taylor-order", "`order` K of the derivative that R_K is made of", parseInt, func(c *Config) *int { return &c.TaylorOrder })
	override(s, "steer-b", "half `width` of STEER's random times", parseFloat, func(c *Config) *float64 { return &c.SteerB })
	override(s, "dtype", "`type` of the state, float32 or float64", text, func(c *Config) *string { return &c.Dtype })
	s.define("estimate", "`type` in which stages are summed to an error estimate: float64, or state, that of the state, as in the official code", func(v string) (func(*Config), error) {
		if !slices.Contains(estimates, v) {
			return nil, errors.Errorf("expected %s or %s", estimates[0], estimates[1])
		}
		if v == estimates[0] {
			v = "" // one configuration, one form
		}
		return func(c *Config) { c.Estimate = v }, nil
	}, func(c Config) string { return cmp.Or(c.Estimate, estimates[0]) })
	override(s, "memory", "`what` is kept of the steps for the reverse pass: store, all of them, or checkpoint, which computes them again", text, func(c *Config) *string { return &c.Memory })
	override(s, "mode", "`how` steps enter the graph: called as functions, or inline", text, func(c *Config) *string { return &c.Mode })
	from := "folder"
	if e.DataFile {
		from = "file"
	}
	s.define("data", "`"+from+"` of "+e.Data+", or "+embedded+" for the data in the binary", func(v string) (func(*Config), error) {
		if v == "" {
			return nil, errors.Errorf("expected a %s, or %s", from, embedded)
		}
		if v == embedded {
			v = ""
		}
		return func(c *Config) { c.Data = v }, nil
	}, func(c Config) string {
		if e.Subset && c.Preset == "paper" {
			return "which must be given"
		}
		return cmp.Or(c.Data, embedded)
	})
	for _, o := range e.Options {
		s.define(o.Name, o.Usage+", "+strings.Join(o.Values, " or "), func(v string) (func(*Config), error) {
			return func(c *Config) { c.Options[o.Name] = v }, nil
		}, func(c Config) string { return c.Options[o.Name] })
	}
}

// settings are the flags of an experiment that override its presets.
type settings struct {
	*commandLine
	exp *Experiment
}

// define defines a flag, if the experiment uses it: how its value changes a
// configuration, and what a preset has in its place.
func (s settings) define(name, usage string, parse func(string) (func(*Config), error), show func(Config) string) {
	if !s.exp.uses(name) {
		return
	}
	s.Func(name, usage+s.presets(show), func(v string) error {
		set, err := parse(v)
		if err != nil {
			return err
		}
		s.overrides = append(s.overrides, set)
		s.given[name] = v
		return nil
	})
}

// presets is what the presets have, in brackets.
func (s settings) presets(show func(Config) string) string {
	quick, err := s.exp.preset("quick")
	if err != nil {
		panic(err) // it is known
	}
	paper, err := s.exp.preset("paper")
	if err != nil {
		panic(err)
	}
	if a, b := show(quick), show(paper); a != b {
		return fmt.Sprintf(" [%s | %s]", a, b)
	}
	return fmt.Sprintf(" [%s]", show(quick))
}

// override defines a flag whose value takes the place of a field.
func override[T any](s settings, name, usage string, parse func(string) (T, error), field func(*Config) *T) {
	s.define(name, usage, func(text string) (func(*Config), error) {
		v, err := parse(text)
		return func(c *Config) { *field(c) = v }, err
	}, func(c Config) string {
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(*field(&c)), "[]"), " ", ",")
	})
}

// weight defines the flag for the weight of a regularizer in all variants.
func (s settings) weight(r Regularizer) {
	s.define(r.flag, r.usage, func(text string) (func(*Config), error) {
		v, err := parseFloat(text)
		return func(c *Config) { c.setWeight(r, v) }, err
	}, func(c Config) string {
		own := map[Variant]Config{}
		for v := range c.PerVariant {
			if r.In(v) {
				own[v] = c.For(v)
			}
		}
		return exceptions(r.Describe(c), own, r.Describe)
	})
}

// exceptions is a value, and the values that differ from it with the variants, or
// parts of variants, that have them.
func exceptions[K ~string, T any](value string, own map[K]T, show func(T) string) string {
	names := map[string][]string{}
	for k, v := range own {
		names[show(v)] = append(names[show(v)], string(k))
	}
	delete(names, value)
	words := []string{value}
	for _, v := range slices.Sorted(maps.Keys(names)) {
		slices.SortFunc(names[v], func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
		words = append(words, fmt.Sprintf("%s with %s", v, strings.Join(names[v], ", ")))
	}
	return strings.Join(words, "; ")
}

// idle are the notes on flags that no variant of the configuration uses.
func (c *commandLine) idle() []string {
	var parts []string
	for _, v := range c.config.Variants {
		parts = append(parts, v.Parts()...)
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(c.given)) {
		if !useful(name, parts) {
			notes = append(notes, fmt.Sprintf("-%s does nothing, as no variant uses it", name))
		}
	}
	return notes
}
