package physionet

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/regnde/regnde/graph/atomicfile"
)

// A cache file is, all numbers little-endian:
//
//	 9 bytes  cacheMagic, whose last byte is the version
//	32        fingerprint of the archives or folders it was made from
//	32        SHA-256 of all that follows
//	          every record: RecordID (uint32), Observed (49 of uint64), Values (float64)
//
// The version changes with the format and with what readRecord makes of a record.
const (
	cacheMagic  = "RNPN2012" + "\x01"
	cacheName   = "physionet2012.cache"
	cacheHeader = len(cacheMagic) + 2*sha256.Size
	recordSize  = 4 + 8*Times // without values

	// maxCacheSize bounds a cache that is read or written: that of all patients has 40
	// MB, and could have 120.
	maxCacheSize = 256 << 20
)

type fingerprint = [sha256.Size]byte

// loadCached reads the records from a cache of the folder or, if there is none
// that is right, from the folder itself, and then tries to write one.
func loadCached(dir string) ([]Record, error) {
	fsys := os.DirFS(dir)
	source, err := fingerprintOf(fsys, dir)
	if err != nil {
		return nil, err
	}
	places := []string{filepath.Join(dir, cacheName)}
	if user, err := os.UserCacheDir(); err == nil {
		places = append(places, filepath.Join(user, "regnde", hex.EncodeToString(source[:8])+"-"+cacheName))
	}
	for _, place := range places {
		if data, err := atomicfile.Read(place, maxCacheSize); err == nil {
			if records, err := decodeCache(data, source); err == nil {
				return records, nil
			}
		}
	}
	records, err := load(fsys, dir)
	if err != nil {
		return nil, err
	}
	// Without a cache the next start is slower, and that is all. There is none
	// of data that changed while they were read.
	if now, err := fingerprintOf(fsys, dir); err != nil || now != source {
		return records, nil
	}
	data := encodeCache(records, source)
	if len(data) > maxCacheSize {
		return records, nil
	}
	for i, place := range places {
		if i > 0 && os.MkdirAll(filepath.Dir(place), 0o755) != nil {
			continue
		}
		if atomicfile.WriteBytes(place, data) == nil {
			break
		}
	}
	return records, nil
}

// fingerprintOf tells apart what the sets can be read from: archives by all their
// bytes, folders by names, sizes and times of modification of their records.
func fingerprintOf(fsys fs.FS, dir string) (sum fingerprint, err error) {
	hash := sha256.New()
	for _, set := range sets {
		name, archive, err := find(fsys, dir, set)
		if err != nil {
			return sum, err
		}
		if archive {
			fmt.Fprintf(hash, "archive %s\n", set)
			file, err := fsys.Open(name)
			if err != nil {
				return sum, errors.Wrapf(err, "physionet: in %s", dir)
			}
			part := sha256.New()
			_, err = io.Copy(part, file)
			file.Close()
			if err != nil {
				return sum, errors.Wrapf(err, "physionet: in %s", dir)
			}
			hash.Write(part.Sum(nil))
			continue
		}
		fmt.Fprintf(hash, "folder %s\n", set)
		entries, err := fs.ReadDir(fsys, set)
		if err != nil {
			return sum, errors.Wrapf(err, "physionet: in %s", dir)
		}
		for _, e := range entries {
			if !isRecord(e.Name()) {
				continue
			}
			info, err := fs.Stat(fsys, path.Join(set, e.Name())) // also of what a link points to
			if err != nil {
				return sum, errors.Wrapf(err, "physionet: in %s", dir)
			}
			fmt.Fprintf(hash, "%q %d %d\n", e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return fingerprint(hash.Sum(nil)), nil
}

// encodeCache returns the content of a cache file.
func encodeCache(records []Record, source fingerprint) []byte {
	size := cacheHeader
	for _, r := range records {
		size += recordSize + 8*len(r.Values)
	}
	b := make([]byte, cacheHeader, size)
	for _, r := range records {
		b = binary.LittleEndian.AppendUint32(b, uint32(r.ID))
		for _, row := range r.Observed {
			b = binary.LittleEndian.AppendUint64(b, row)
		}
		for _, v := range r.Values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
	}
	sum := sha256.Sum256(b[cacheHeader:])
	copy(b, cacheMagic)
	copy(b[len(cacheMagic):], source[:])
	copy(b[len(cacheMagic)+len(source):], sum[:])
	return b
}

// decodeCache returns the records of a cache file. It is an error if the file is
// not one of this version, is damaged, or was made from another source.
func decodeCache(data []byte, source fingerprint) ([]Record, error) {
	if len(data) < cacheHeader || string(data[:len(cacheMagic)]) != cacheMagic {
		return nil, errors.New("physionet: no cache of this version")
	}
	head, body := data[len(cacheMagic):cacheHeader], data[cacheHeader:]
	if !bytes.Equal(head[:len(source)], source[:]) {
		return nil, errors.New("physionet: cache of another source")
	}
	if sum := sha256.Sum256(body); !bytes.Equal(head[len(source):], sum[:]) {
		return nil, errors.New("physionet: damaged cache")
	}
	return decodeRecords(body)
}

// decodeRecords reads records to the end of the data.
func decodeRecords(data []byte) ([]Record, error) {
	var records []Record
	for len(data) > 0 {
		if len(data) < recordSize {
			return nil, errors.Errorf("physionet: cached record %d is cut off", len(records))
		}
		r := Record{ID: int(binary.LittleEndian.Uint32(data))}
		for h := range r.Observed {
			r.Observed[h] = binary.LittleEndian.Uint64(data[4+8*h:])
		}
		n, err := r.observations()
		if err != nil {
			return nil, errors.Wrapf(err, "physionet: cached record %d", r.ID)
		}
		data = data[recordSize:]
		if n == 0 || len(data) < 8*n {
			return nil, errors.Errorf("physionet: cached record %d has %d values in %d bytes", r.ID, n, len(data))
		}
		r.Values = make([]float64, n)
		for i := range r.Values {
			v := math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
			if !(math.Abs(v) <= maxValue) {
				return nil, errors.Errorf("physionet: cached record %d has value %v", r.ID, v)
			}
			r.Values[i] = v
		}
		data = data[8*n:]
		records = append(records, r)
	}
	if len(records) == 0 {
		return nil, errors.New("physionet: no cached records")
	}
	return records, nil
}
