// Command asm writes the assembly of package kernel, with avo. Run it through go
// generate. Each concept becomes a file of assembly and a file of Go
// declarations; each function comes in two versions, with the suffixes 32 and 64,
// for float32 and float64. Each of these has two bodies from one description: one
// for AVX2 and FMA, and one for AVX-512 where kernel's variable vector says so.
//
// The functions trust their arguments: package kernel has checked lengths.
package main

//go:generate go run . -dir ..

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

var concepts = []struct {
	name     string
	generate func(*gen)
}{
	{"gemm", gemm},
	{"shallow", shallows},
	{"slender", slenders},
	{"activation", activations},
	{"lincomb", linearCombinations},
	{"rowcomb", rowCombinations},
	{"affinetimes", affineTimes},
	{"errornorm", errorNorms},
	{"gate", gates},
	{"smallproduct", smallProducts},
}

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", "..", "folder of package kernel")
	flag.Parse()
	for _, c := range concepts {
		if err := write(filepath.Join(*dir, c.name+"_amd64"), c.generate); err != nil {
			log.Fatalf("%s: %v", c.name, err)
		}
	}
}

// write generates one concept in both precisions to path.s and path.go.
func write(path string, generate func(*gen)) error {
	ctx := build.NewContext()
	ctx.ConstraintExpr("!purego")
	constants := make(map[string]operand.Mem)
	for _, size := range []int{4, 8} {
		generate(newGen(ctx, size, constants))
	}
	file, err := ctx.Result()
	if err != nil {
		return err
	}
	if err := pass.Compile.Execute(file); err != nil {
		return err
	}
	for _, f := range file.Functions() {
		if err := checkWidth(f); err != nil {
			return err
		}
	}
	cfg := printer.Config{Argv: []string{"go", "generate"}, Pkg: "kernel"}
	for ext, p := range map[string]printer.Printer{".s": printer.NewGoAsm(cfg), ".go": printer.NewStubs(cfg)} {
		text, err := p.Print(file)
		if err != nil {
			return err
		}
		if err := os.WriteFile(path+ext, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// checkWidth returns an error if the body for AVX2 needs more.
func checkWidth(f *ir.Function) error {
	for _, node := range f.Nodes {
		switch node := node.(type) {
		case ir.Label:
			if node == wideBody {
				return nil
			}
		case *ir.Instruction:
			for _, r := range node.Registers() {
				p := reg.ToPhysical(r)
				if p.Kind() == reg.KindOpmask || p.Kind() == reg.KindVector && (p.PhysicalIndex() >= 16 || p.Size() > avx2) {
					return fmt.Errorf("%s uses %s with AVX2", f.Name, p.Asm())
				}
			}
		}
	}
	return fmt.Errorf("%s has no body for AVX-512", f.Name)
}
