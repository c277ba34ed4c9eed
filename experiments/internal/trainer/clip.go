package trainer

import "unicode/utf8"

// Bounds of text in characters.
const (
	MaxMessage = 1000 // longest message of an error that is printed
	maxValue   = 60   // longest quotation in a message of what was typed in
)

// Clip returns the text, without its middle if it has more than n characters, so
// that what is said about a value of any length can be read.
func Clip(text string, n int) string {
	count := utf8.RuneCountInString(text)
	if count <= n {
		return text
	}
	const gap = " … "
	keep := max(n-utf8.RuneCountInString(gap), 2)
	r := []rune(text)
	return string(r[:keep-keep/2]) + gap + string(r[count-keep/2:])
}
