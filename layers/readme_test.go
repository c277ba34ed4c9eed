package layers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestREADME compares the program in the README with Example_readme, which
// runs here: the one is the other with a main function and without the comment
// that holds the output, which the README shows below the program.
func TestREADME(t *testing.T) {
	source := read(t, "readme_example_test.go")
	start, end := strings.Index(source, "\t// Output:\n"), strings.Index(source, "\n}\n\n// must")
	if start < 0 || end < start {
		t.Fatal("readme_example_test.go: no output comment at the end of the example")
	}
	program := source[:start] + strings.TrimPrefix(source[end:], "\n")
	program = strings.Replace(program, "package layers_test", "package main", 1)
	program = strings.Replace(program, "func Example_readme()", "func main()", 1)
	output := strings.ReplaceAll(strings.TrimPrefix(source[start:end], "\t// Output:\n"), "\t// ", "")

	readme := read(t, "../README.md")
	for _, block := range []string{"```go\n" + program + "```\n", "```\n" + output + "\n```\n"} {
		if !strings.Contains(readme, block) {
			t.Errorf("README.md does not hold this block:\n%s", block)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPages looks for every block of Go code of a page in the examples of this
// package, of integrators, of exchange and of an experiment.
func TestPages(t *testing.T) {
	source := ""
	for _, example := range slices.Concat(files(t, "*_example_test.go"), files(t, "../integrators/*_example_test.go"), files(t, "../graph/exchange/*_example_test.go"), files(t, "../experiments/mnist_node/*_example_test.go")) {
		source += read(t, example)
	}
	for _, page := range []string{"../docs/custom-layers.md", "../docs/flows.md", "../docs/solvers.md", "../docs/taynode.md", "../docs/recipes.md", "../docs/formats.md"} {
		blocks := strings.Split(read(t, page), "```go\n")[1:]
		if len(blocks) == 0 {
			t.Fatalf("%s has no Go code", page)
		}
		for _, b := range blocks {
			code, _, closed := strings.Cut(b, "```")
			if !closed || !strings.Contains(source, code) {
				t.Errorf("%s: no example holds this block:\n%s", page, code)
			}
		}
	}
}

// TestRecipes looks for every recipe, whole but for its imports, in the page of
// recipes, which names its file.
func TestRecipes(t *testing.T) {
	page := read(t, "../docs/recipes.md")
	for _, recipe := range files(t, "recipe_*_example_test.go") {
		_, code, found := strings.Cut(read(t, recipe), "\n)\n\n")
		if !found || !strings.Contains(page, "```go\n"+code+"```\n") {
			t.Errorf("docs/recipes.md does not hold the code of %s", recipe)
		}
		if !strings.Contains(page, "(../layers/"+recipe+")") {
			t.Errorf("docs/recipes.md does not name %s", recipe)
		}
	}
}

// files returns the names that match pattern.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files %s, error %v", len(names), pattern, err)
	}
	return names
}
