package main

// document is the report, whatever it is written as. Text is plain: writers
// escape it.
type document struct {
	Title    string
	Intro    []block
	Sections []section
	Missing  int // runs
}

// section has a title and blocks, or sections of its own.
type section struct {
	ID, Title string
	Blocks    []block
	Parts     []section
}

// block is one of its fields.
type block struct {
	Text  string
	List  []string
	Table *table
	Image *image
	Task  *task
}

// table has a row of heads and rows as long; the first column is text.
type table struct {
	Head []string
	Rows [][]cell

	// Words says that all columns are text.
	Words bool
}

// cell is our number and the paper's, or a text. Each may be empty.
type cell struct {
	Text, Paper string
}

// image is a figure in a file of its own.
type image struct {
	File    string
	Data    []byte
	Alt     string
	Caption string
}

// images are those of all sections.
func (d *document) images() []*image {
	var images []*image
	var walk func([]section)
	walk = func(sections []section) {
		for _, s := range sections {
			for _, b := range s.Blocks {
				if b.Image != nil {
					images = append(images, b.Image)
				}
			}
			walk(s.Parts)
		}
	}
	walk(d.Sections)
	return images
}

func text(s string) block { return block{Text: s} }
