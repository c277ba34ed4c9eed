package main

import (
	"fmt"
	"html"
	"strings"
	"unicode"
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
				writeCommand(b, x.Task.Command)
			}
		}
	}
}

// writeCommand writes a line of code. Some programs look for HTML in Markdown even
// there, so what could be taken for it stands in an element of its own, escaped.
func writeCommand(b *strings.Builder, command string) {
	command = printable(command)
	if strings.ContainsAny(command, "&<>") {
		fmt.Fprintf(b, "<pre>%s</pre>\n\n", html.EscapeString(command))
		return
	}
	fmt.Fprintf(b, "    %s\n\n", command)
}

// printable has a space in the place of every control character, such as the end of
// a line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
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
	for _, r := range printable(s) {
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
