package exchange

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
	"github.com/regnde/regnde/graph/extent"
)

// Safetensors is the format of Hugging Face's library of that name,
// https://github.com/huggingface/safetensors: the length of a header, the header in
// JSON, and the tensors. Bytes written are those that the library writes. Metadata are
// not written, and passed over when they are read.
var Safetensors = Format{name: "safetensors", write: writeSafetensors, open: openSafetensors}

const (
	// maxHeader bounds the header of a file in bytes, as the library does.
	maxHeader = 100_000_000
	// lengthSize is the size of the length of the header.
	lengthSize = 8
	// metadataKey is the name in the header that is no tensor.
	metadataKey = "__metadata__"
)

// tensorInfo is what the header says about a tensor.
type tensorInfo struct {
	Dtype   string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // first byte and the one after the last, from the end of the header on
}

// dtypes are the types of the format. The bytes of those of other sizes than whole
// bytes are not known.
var dtypes = map[string]element{
	"F64": float64s, "F32": float32s,
	"F16":  {"F16", half, 2, binary.LittleEndian},
	"BF16": {"BF16", brain, 2, binary.LittleEndian},
	"BOOL": {name: "BOOL", bytes: 1}, "U8": {name: "U8", bytes: 1}, "I8": {name: "I8", bytes: 1},
	"F8_E5M2": {name: "F8_E5M2", bytes: 1}, "F8_E4M3": {name: "F8_E4M3", bytes: 1}, "F8_E8M0": {name: "F8_E8M0", bytes: 1},
	"U16": {name: "U16", bytes: 2}, "I16": {name: "I16", bytes: 2},
	"U32": {name: "U32", bytes: 4}, "I32": {name: "I32", bytes: 4},
	"U64": {name: "U64", bytes: 8}, "I64": {name: "I64", bytes: 8}, "C64": {name: "C64", bytes: 8},
}

// writeSafetensors writes tensors of one type in the order of their names.
func writeSafetensors(w io.Writer, tensors []written) error {
	slices.SortFunc(tensors, func(a, b written) int { return cmp.Compare(a.name, b.name) })
	header := []byte{'{'}
	var end int64
	for i, t := range tensors {
		if t.name == metadataKey {
			return errors.Errorf("tensor %q, expected another name, as the format has this one for itself", t.name)
		}
		if i > 0 {
			header = append(header, ',')
		}
		begin := end
		end += int64(len(t.data))
		name, err := compactJSON(t.name)
		if err != nil {
			return err
		}
		info, err := compactJSON(tensorInfo{t.elem.name, append([]int{}, t.shape...), []int64{begin, end}})
		if err != nil {
			return err
		}
		header = slices.Concat(header, name, []byte{':'}, info)
	}
	header = append(header, '}')
	for len(header)%lengthSize != 0 { // so that the tensors are aligned
		header = append(header, ' ')
	}
	if len(header) > maxHeader {
		return errors.Errorf("header of %d bytes, expected at most %d", len(header), maxHeader)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if _, err := w.Write(t.data); err != nil {
			return err
		}
	}
	return nil
}

// compactJSON encodes without the escapes that are for HTML.
func compactJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}

// openSafetensors reads the header of a file of size bytes and checks it.
func openSafetensors(r io.ReaderAt, size int64) ([]stored, error) {
	header, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	names, infos, err := parseHeader(header)
	if err != nil {
		return nil, err
	}
	start := lengthSize + int64(len(header))
	tensors := make([]stored, len(names))
	for i, info := range infos {
		elem, ok := dtypes[info.Dtype]
		if !ok {
			return nil, errors.Wrapf(graph.ErrCorrupt, "tensor %q is of type %q, expected one of the format", names[i], info.Dtype)
		}
		begin, end := info.Offsets[0], info.Offsets[1]
		n, err := extent.Of(info.Shape...)
		if err != nil || begin < 0 || begin > end || end > size-start || end-begin != int64(n)*int64(elem.bytes) {
			return nil, errors.Wrapf(graph.ErrCorrupt, "tensor %q, %s %v, lies from byte %d to %d of %d, expected its size within these", names[i], elem, info.Shape, begin, end, size-start)
		}
		tensors[i] = stored{name: names[i], shape: info.Shape, elem: elem, read: func() ([]byte, error) {
			return readAt(r, start+begin, end-begin)
		}}
	}
	return tensors, contiguous(names, infos, size-start)
}

// contiguous returns an error unless the tensors fill the bytes after the header
// without gaps and overlaps.
func contiguous(names []string, infos []tensorInfo, size int64) error {
	order := make([]int, len(infos))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return slices.Compare(infos[i].Offsets, infos[j].Offsets) })
	var end int64
	for _, i := range order {
		if begin := infos[i].Offsets[0]; begin != end {
			return errors.Wrapf(graph.ErrCorrupt, "tensor %q begins at byte %d, expected it at the end of the one before, %d", names[i], begin, end)
		}
		end = infos[i].Offsets[1]
	}
	if end != size {
		return errors.Wrapf(graph.ErrCorrupt, "tensors end at byte %d, expected the end of the file, %d", end, size)
	}
	return nil
}

// readAt reads n bytes, which the file has, from an offset on.
func readAt(r io.ReaderAt, offset, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := r.ReadAt(b, offset); err != nil && !(err == io.EOF && n == 0) {
		return nil, cut(err)
	}
	return b, nil
}

// cut makes the end of a file that comes too early an error of the file.
func cut(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.Wrap(graph.ErrCorrupt, "the file ends too early")
	}
	return err
}
