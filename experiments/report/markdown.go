package main

import (
	"fmt"
	"strings"
)

// markdown is the report in Markdown, whose figures are files beside it.
func (d *document) markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", escape(d.Title))
	writeBlocks(&b, d.Intro)
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "## %s\n\n", escape(s.Title))
		for _, p := range s.Parts {
			fmt.Fprintf(&b, "### %s\n\n", escape(p.Title))
			writeBlocks(&b, p.Blocks)
		}
		writeBlocks(&b, s.Blocks)
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

func writeBlocks(b *strings.Builder, blocks []block) {
	for _, x := range blocks {
		if x.Text != "" {
			fmt.Fprintf(b, "%s\n\n", escape(x.Text))
		}
		for i, item := range x.List {
			fmt.Fprintf(b, "- %s\n", escape(item))
			if i == len(x.List)-1 {
				b.WriteString("\n")
			}
		}
		if x.Table != nil {
			x.Table.write(b)
		}
		if x.Image != nil {
			fmt.Fprintf(b, "![%s](%s)\n\n%s\n\n", escape(x.Image.Alt), x.Image.File, escape(x.Image.Caption))
		}
		if x.Task != nil {
			fmt.Fprintf(b, "%s\n\n", escape(x.Task.What))
			if x.Task.Command != "" {
				fmt.Fprintf(b, "    %s\n\n", strings.ReplaceAll(x.Task.Command, "\n", " "))
			}
		}
	}
}

func (t *table) write(b *strings.Builder) {
	align := "---:"
	if t.Words {
		align = "---"
	}
	fmt.Fprintf(b, "|")
	for _, h := range t.Head {
		fmt.Fprintf(b, " %s |", escape(h))
	}
	b.WriteString("\n|---|" + strings.Repeat(align+"|", len(t.Head)-1) + "\n")
	for _, row := range t.Rows {
		b.WriteString("|")
		for _, c := range row {
			fmt.Fprintf(b, " %s", escape(c.Text))
			if c.Paper != "" {
				fmt.Fprintf(b, "<br>*%s*", escape(c.Paper))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// escape takes the meaning from characters that have one in Markdown or HTML.
func escape(s string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\n", " ") {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '\\', '`', '*', '_', '[', ']', '|', '~', '#', '!':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
