package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/regnde/regnde/experiments/internal/trainer"
	"github.com/regnde/regnde/integrators"
)

// common returns what a table has in common: the configuration without that
// which differs from run to run, or from variant to variant. Of the folder of
// data only whether there is one counts, as it has another name on every machine.
func common(c trainer.Config) trainer.Config {
	c.Preset, c.Variants, c.Seeds = "", nil, nil
	c.Weights, c.CommonWeights = trainer.Weights{}, trainer.CommonWeights{}
	c.PerVariant, c.Methods, c.Batches = nil, nil, nil
	c.TaylorOrder, c.SteerB = 0, 0
	if c.Data != "" {
		c.Data = "DIR"
	}
	return c
}

// ownOf returns a configuration with the variant's own part alone, and zero for what
// does not concern it. The batch is that of training if it is another.
func ownOf(c trainer.Config, v trainer.Variant) trainer.Config {
	c = c.For(v)
	o := trainer.Config{
		Method: c.Method, Weights: c.Weights, CommonWeights: c.CommonWeights,
		TaylorOrder: c.TaylorOrder, SteerB: c.SteerB,
	}
	if n := c.TrainingBatch(v); n != c.Batch {
		o.Batch = n
	}
	if !known(v) {
		return o // all of it may concern the variant
	}
	for _, r := range trainer.Regularizers {
		if r.In(v) {
			continue
		}
		if *r.Weight(&o) = 0; r.Term == integrators.Error {
			o.LambdaErrorDecay = 1
		}
	}
	if !v.Has(trainer.TayNODE) {
		o.TaylorOrder = 0
	}
	if !v.Has(trainer.Steer) {
		o.SteerB = 0
	}
	return o
}

// known reports whether the parts of a variant are those of experiments here.
func known(v trainer.Variant) bool {
	parts := slices.Concat(trainer.ODEParts(trainer.Steer), trainer.SDEParts(), trainer.FlowParts())
	return !slices.ContainsFunc(v.Parts(), func(part string) bool { return !slices.Contains(parts, part) })
}

// describeOwn is a variant's own part of a configuration in words.
func describeOwn(o trainer.Config) string {
	words := []string{o.Method}
	for _, r := range trainer.Regularizers {
		if *r.Weight(&o) == 0 {
			continue
		}
		symbol := strings.Replace(r.Symbol, "R", "λ", 1)
		if r.ODE == trainer.TayNODE {
			symbol = fmt.Sprintf("λ_%d", o.TaylorOrder)
		}
		words = append(words, symbol+" "+r.Describe(o))
	}
	if o.Batch != 0 {
		words = append(words, fmt.Sprintf("batch %d", o.Batch))
	}
	if o.SteerB != 0 {
		words = append(words, "b "+number(o.SteerB))
	}
	return strings.Join(words, ", ")
}

// describe is the common configuration in words.
func describe(c trainer.Config) string {
	words := []string{
		epochs(c),
		fmt.Sprintf("batch %d", c.Batch),
		"learning rate " + number(c.LearnRate),
		"tolerance " + number(c.Tol),
		c.Dtype,
	}
	if c.Estimate != "" {
		words = append(words, "error estimates summed in the type of the "+c.Estimate)
	}
	if c.AnnealEpochs > 0 {
		words = append(words, fmt.Sprintf("weights annealed over %d epochs", c.AnnealEpochs))
	}
	if c.Limit > 0 {
		words = append(words, fmt.Sprintf("%d training examples", c.Limit))
	}
	if c.Ranks > 1 {
		words = append(words, fmt.Sprintf("on %d ranks", c.Ranks))
	}
	if c.Data == "" {
		words = append(words, "data in the binary")
	} else {
		words = append(words, "data in a folder")
	}
	if c.Memory != "store" {
		words = append(words, "memory "+c.Memory)
	}
	if c.Mode != "called" {
		words = append(words, "mode "+c.Mode)
	}
	for _, n := range slices.Sorted(maps.Keys(c.Params)) {
		words = append(words, n+" "+number(c.Params[n]))
	}
	for _, n := range slices.Sorted(maps.Keys(c.Options)) {
		words = append(words, n+" "+c.Options[n])
	}
	return strings.Join(words, ", ")
}

func epochs(c trainer.Config) string {
	return fmt.Sprintf("%d %s", c.Epochs, plural(c.Epochs, "epoch"))
}

// number is x with four digits or, if it is a whole number of fewer than seven, all.
func number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e6 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// key tells values apart.
func key(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // they were read as JSON
		panic(err)
	}
	return string(text)
}
