// Command asm writes the AVX2 and FMA assembly of package kernel, with avo. Run
// it through go generate. Each concept becomes a file of assembly and a file of
// Go declarations; each function comes in two versions, with the suffixes 32
// and 64, for float32 and float64.
//
// The functions trust their arguments: package kernel has checked lengths.
package main

//go:generate go run . -dir ..

import (
	"flag"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

var concepts = []struct {
	name     string
	generate func(*gen)
}{
	{"gemm", gemm},
	{"activation", activations},
	{"lincomb", linearCombinations},
	{"errornorm", errorNorms},
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
