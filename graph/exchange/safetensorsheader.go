package exchange

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph"
)

// others are the first bytes of files of other formats, which as the length of a header
// are absurd.
var others = map[string]string{
	"RegNDE\r\n":  "a checkpoint, or parameters that Params.Save has written",
	"PK\x03\x04":  "a zip archive, as .npz is",
	"\x93NUMPY":   "an array of NumPy",
	"\x89HDF\r\n": "an HDF5 file",
}

// readHeader returns the header of a file of size bytes.
func readHeader(r io.ReaderAt, size int64) ([]byte, error) {
	if size < lengthSize {
		return nil, errors.Wrapf(graph.ErrCorrupt, "%d bytes, expected at least the %d of the header's length", size, lengthSize)
	}
	b, err := readAt(r, 0, lengthSize)
	if err != nil {
		return nil, err
	}
	for magic, format := range others {
		if strings.HasPrefix(string(b), magic) {
			return nil, errors.Wrapf(graph.ErrCorrupt, "%s, expected a safetensors file", format)
		}
	}
	n := binary.LittleEndian.Uint64(b)
	if most := min(size-lengthSize, maxHeader); n > uint64(most) {
		return nil, errors.Wrapf(graph.ErrCorrupt, "header of %d bytes, expected at most %d", n, most)
	}
	header, err := readAt(r, lengthSize, int64(n))
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(header, []byte{'{'}) || !utf8.Valid(header) {
		return nil, errors.Wrap(graph.ErrCorrupt, "header that is no JSON object in UTF-8, expected one")
	}
	return header, nil
}

// parseHeader returns the names of the tensors and what the header says about them.
func parseHeader(header []byte) (names []string, infos []tensorInfo, err error) {
	dec := json.NewDecoder(bytes.NewReader(header))
	err = eachMember(dec, func(name string) error {
		if name == metadataKey {
			return skipMetadata(dec)
		}
		info, err := parseInfo(dec)
		names, infos = append(names, name), append(infos, info)
		return errors.Wrapf(err, "tensor %q", name)
	})
	if err != nil {
		return nil, nil, errors.Wrapf(graph.ErrCorrupt, "header: %v", err)
	}
	if rest := header[dec.InputOffset():]; strings.Trim(string(rest), " ") != "" {
		return nil, nil, errors.Wrap(graph.ErrCorrupt, "header that goes on after its object, expected spaces")
	}
	return names, infos, nil
}

// parseInfo reads the object of a tensor.
func parseInfo(dec *json.Decoder) (info tensorInfo, err error) {
	err = eachMember(dec, func(key string) error {
		var of any
		switch key {
		case "dtype":
			of = &info.Dtype
		case "shape":
			of = &info.Shape
		case "data_offsets":
			of = &info.Offsets
		default:
			return errors.Errorf("key %q, expected dtype, shape or data_offsets", key)
		}
		var text json.RawMessage
		if err := dec.Decode(&text); err != nil {
			return err
		}
		if bytes.Contains(text, []byte("null")) { // it would be read as 0
			return errors.Errorf("%s %.100s, expected no null", key, text)
		}
		return json.Unmarshal(text, of)
	})
	if err == nil && (info.Dtype == "" || info.Shape == nil || len(info.Offsets) != 2) {
		err = errors.Errorf("type %q, shape %v and offsets %v, expected a type, a shape and two offsets", info.Dtype, info.Shape, info.Offsets)
	}
	return info, err
}

// skipMetadata reads an object of strings.
func skipMetadata(dec *json.Decoder) error {
	return eachMember(dec, func(string) error {
		var text *string
		if err := dec.Decode(&text); err != nil {
			return err
		}
		if text == nil {
			return errors.New("null in the metadata, expected strings")
		}
		return nil
	})
}

// eachMember reads an object, with a function that reads the value of a key. No key
// may occur twice.
func eachMember(dec *json.Decoder, value func(key string) error) error {
	if t, err := dec.Token(); err != nil {
		return err
	} else if t != json.Delim('{') {
		return errors.Errorf("%v, expected an object", t)
	}
	seen := map[string]bool{}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key := t.(string) // the decoder takes nothing else
		if seen[key] {
			return errors.Errorf("key %q twice, expected once", key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}
