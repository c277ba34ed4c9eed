package ops_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/regnde/regnde/graph/ops"
)

// TestNil calls every operation of the package with one argument after the other
// missing, as a nil node, in a list of nodes and in a term. That is an error that
// says so, unless the argument may be left out.
func TestNil(t *testing.T) {
	g := gorgonia.NewGraph()
	input := func(name string, shape ...int) *gorgonia.Node {
		if len(shape) == 0 {
			return gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName(name))
		}
		return gorgonia.NewTensor(g, tensor.Float64, len(shape), gorgonia.WithName(name), gorgonia.WithShape(shape...))
	}
	x, y, z, u := input("x", 2, 4), input("y", 2, 4), input("z", 2, 4), input("u", 2, 1)
	square, row, labels, s, h := input("square", 4, 4), input("row", 4), input("labels", 2), input("s"), input("h")
	list, numbers := gorgonia.Nodes{x, y}, []float64{1, 2}
	operations := map[string][]any{
		"AbsSum":              {ops.AbsSum, list, numbers},
		"Activate":            {ops.Activate, ops.Tanh, x},
		"Affine":              {ops.Affine, ops.Tanh, x, square, row, row, s},
		"Augment":             {ops.Augment, x, 1, s},
		"Block":               {ops.Block, x, 0, 1, 0, 1},
		"Conv":                {ops.Conv, x, input("kernels", 3, 1, 1, 1), input("bias", 3), ops.Window{Height: 2, Width: 2, Stride: 1}},
		"Cos":                 {ops.Cos, x},
		"CrossEntropy":        {ops.CrossEntropy, x, labels},
		"Cube":                {ops.Cube, x},
		"ErrorNorm":           {ops.ErrorNorm, x, y, h, list, numbers, 1.0, 1.0},
		"ErrorPerStep":        {ops.ErrorPerStep, s, h},
		"Factorize":           {ops.Factorize, x},
		"Gate":                {ops.Gate, z, x, y},
		"GaussianSample":      {ops.GaussianSample, x, input("eps", 2, 2)},
		"GroupNorm":           {ops.GroupNorm, x, row, input("shift", 4), 2, 1e-5},
		"Hold":                {ops.Hold, u, x, 1},
		"InfNorm":             {ops.InfNorm, x, 1},
		"Interpolate":         {ops.Interpolate, x, s, []float64{0}},
		"KLDivergence":        {ops.KLDivergence, x, 1.0},
		"LinComb":             {ops.LinComb, []ops.Term{{X: x, C: 1, Scaled: true}, {X: y, C: 2, Weight: 1}}, h, row},
		"MaskedSquaredError":  {ops.MaskedSquaredError, x, y, z, 2},
		"MatMul":              {ops.MatMul, x, square, false, false},
		"Mean":                {ops.Mean, x},
		"MeanReciprocalCount": {ops.MeanReciprocalCount, x, 2},
		"MeanSquare":          {ops.MeanSquare, x},
		"NoiseComb":           {ops.NoiseComb, []ops.NoiseTerm{{X: x, C: 1, Noise: []float64{1}}}, h, gorgonia.Nodes{y}},
		"NoiseProduct":        {ops.NoiseProduct, u, []ops.NoiseFactor{{X: x, Noise: []float64{1}}}, gorgonia.Nodes{y}},
		"NormRatio":           {ops.NormRatio, x, y, z, x},
		"NormalLogDensity":    {ops.NormalLogDensity, x, 1.0},
		"Power":               {ops.Power, x, 2.0},
		"ProductSum":          {ops.ProductSum, []ops.Product{{X: x, Y: y, C: 1}}},
		"Quadrature":          {ops.Quadrature, gorgonia.Nodes{s, s}, numbers, h},
		"Quotient":            {ops.Quotient, x, y},
		"Column":              {ops.Column, x, 1},
		"Beside":              {ops.Beside, x, y},
		"Squash":              {ops.Squash, x, row, row},
		"TimeAffine":          {ops.TimeAffine, ops.Tanh, row, row, s},
		"RowDot":              {ops.RowDot, x, y},
		"RowErrorNorm":        {ops.RowErrorNorm, x, y, input("column", 2, 1), list, numbers, 1.0, 1.0},
		"RowInfNorm":          {ops.RowInfNorm, x, 1},
		"RowMeanSquare":       {ops.RowMeanSquare, x},
		"RowNormRatio":        {ops.RowNormRatio, x, y, z, x},
		"RowScaledRMS":        {ops.RowScaledRMS, x, y, z, 1.0, 1.0},
		"SampleMoments":       {ops.SampleMoments, x, 2},
		"Total":               {ops.Total, 0.0, gorgonia.Nodes{s, h}},
		"Largest":             {ops.Largest, 0.0, gorgonia.Nodes{s, h}},
		"ScaledRMS":           {ops.ScaledRMS, x, y, z, 1.0, 1.0},
		"Sin":                 {ops.Sin, x},
		"SquaredError":        {ops.SquaredError, x, y, 1.0},
		"SquaredPerStep":      {ops.SquaredPerStep, s, h},
		"Stack":               {ops.Stack, list},
		"StageTime":           {ops.StageTime, s, h, 0.5, tensor.Float64},
		"View":                {ops.View, row, 0, 2},
	}
	for name := range exported(t) {
		if _, ok := operations[name]; !ok {
			t.Errorf("%s is not in the table", name)
		}
	}
	optional := map[string]bool{"Affine 3": true, "Augment 2": true, "Conv 2": true, "ErrorNorm 2": true, "RowErrorNorm 2": true, "RowScaledRMS 1": true, "Gate 2": true, "NoiseProduct 0": true, "Squash 2": true, "TimeAffine 2": true, "ScaledRMS 1": true}
	for name, call := range operations {
		f, args := reflect.ValueOf(call[0]), make([]reflect.Value, len(call)-1)
		for i, a := range call[1:] {
			args[i] = reflect.ValueOf(a)
		}
		if err := failure(t, name, f, args); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, a := range args {
			for _, without := range missing(a) {
				bad := append([]reflect.Value(nil), args...)
				bad[i] = without
				err := failure(t, name, f, bad)
				if at := name + " " + string(rune('0'+i)); err == nil != optional[at] {
					t.Errorf("argument %s missing, %v: error %v", at, without, err)
				} else if err != nil && strings.Contains(err.Error(), "runtime error") {
					t.Errorf("argument %s missing: %v", at, err)
				}
			}
		}
	}
}

// missing returns what a may be without a node.
func missing(a reflect.Value) (out []reflect.Value) {
	switch {
	case a.Type() == reflect.TypeFor[*gorgonia.Node]():
		return []reflect.Value{reflect.Zero(a.Type())}
	case a.Kind() != reflect.Slice:
		return nil
	}
	out = append(out, reflect.Zero(a.Type()))
	for i := range a.Len() {
		s := reflect.MakeSlice(a.Type(), a.Len(), a.Len())
		reflect.Copy(s, a)
		switch e := s.Index(i); e.Kind() {
		case reflect.Pointer:
			e.SetZero()
			out = append(out, s)
		case reflect.Struct:
			for j := range e.NumField() {
				if e.Field(j).Kind() == reflect.Pointer {
					e.Field(j).SetZero()
				}
			}
			out = append(out, s)
		}
	}
	return out
}

func failure(t *testing.T, name string, f reflect.Value, args []reflect.Value) error {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s%v panics: %v", name, args, r)
		}
	}()
	out := f.Call(args)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// exported returns the names of the exported functions of the package.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() {
				names[fn.Name.Name] = true
			}
		}
	}
	return names
}
