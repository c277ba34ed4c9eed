package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// CacheSettings bound the cache of unrolled graphs of an objective. nil or a
// zero field means the default.
type CacheSettings struct {
	// Graphs is the largest number of graphs kept; 32 if zero.
	Graphs int
	// Bytes is the most memory that the kept graphs may hold in buffers of their
	// own, apart from the one in use; 1 GiB if zero.
	Bytes int
}

// CacheStats says what a cache has done and holds.
type CacheStats struct {
	Hits, Misses int // evaluations that found their graph, and evaluations that built one
	Graphs       int // graphs kept at present
	Bytes        int // bytes of buffers that the kept graphs hold
}

// cache keeps the graphs most recently used, the last one first.
type cache struct {
	settings CacheSettings
	graphs   []*outer
	st       CacheStats
}

func (c *cache) configure(s *CacheSettings) error {
	if s != nil {
		c.settings = *s
	}
	if c.settings.Graphs < 0 || c.settings.Bytes < 0 {
		return errors.Errorf("cache of %d graphs and %d bytes, expected positive bounds", c.settings.Graphs, c.settings.Bytes)
	}
	if c.settings.Graphs == 0 {
		c.settings.Graphs = 32
	}
	if c.settings.Bytes == 0 {
		c.settings.Bytes = 1 << 30
	}
	return nil
}

// lookup returns the graph most recently used whose inputs are like the given
// values and whose first sites have the given structures, nil if there is none.
func (c *cache) lookup(in []gorgonia.Value, structures []string) *outer {
	for _, u := range c.graphs {
		if len(u.sites) < len(structures) || !fit(u.specs, in) {
			continue
		}
		if slices.EqualFunc(u.sites[:len(structures)], structures, func(s *siteNodes, want string) bool { return s.structure == want }) {
			return u
		}
	}
	return nil
}

func (c *cache) hit(u *outer) {
	c.st.Hits++
	i := slices.Index(c.graphs, u)
	copy(c.graphs[1:i+1], c.graphs[:i])
	c.graphs[0] = u
}

func (c *cache) add(u *outer) {
	c.st.Misses++
	c.graphs = slices.Insert(c.graphs, 0, u)
	for len(c.graphs) > 1 && (len(c.graphs) > c.settings.Graphs || c.bytes() > c.settings.Bytes) {
		c.graphs = c.graphs[:len(c.graphs)-1]
	}
}

func (c *cache) bytes() int {
	n := 0
	for _, u := range c.graphs {
		n += u.m.bytes()
	}
	return n
}

func (c *cache) stats() CacheStats {
	s := c.st
	s.Graphs, s.Bytes = len(c.graphs), c.bytes()
	return s
}
