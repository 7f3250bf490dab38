package model

import "strings"

// A bootCount counts the processes of a generator, and what did not arrive from them.
type bootCount struct {
	boot                         string // see Beat.Boot
	boots                        int
	missing, dropped             int // of this boot
	missingBefore, droppedBefore int // of earlier boots
}

// isNew reports whether a boot is another than the last.
func (c *bootCount) isNew(boot string) bool { return c.boots == 0 || boot != c.boot }

// begin begins another boot.
func (c *bootCount) begin(boot string) {
	c.missingBefore, c.droppedBefore = c.lost()
	c.missing, c.dropped = 0, 0
	c.boot = strings.Clone(boot)
	c.boots++
}

// lose notes what did not arrive, as a beat of this boot says.
func (c *bootCount) lose(b *Beat) { c.missing, c.dropped = b.Missing, max(c.dropped, b.Dropped) }

// lost returns what did not arrive of all boots.
func (c *bootCount) lost() (missing, dropped int) {
	return c.missingBefore + c.missing, c.droppedBefore + c.dropped
}
