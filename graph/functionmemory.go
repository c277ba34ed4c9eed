package graph

// SetCheckpoint chooses what a frame holds: everything that its reverse pass
// needs, or only its inputs and results, from which the reverse pass computes
// the rest again. Gradients are the same, bit for bit. It applies to frames
// made afterwards.
func (f *Function) SetCheckpoint(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.checkpoint != on {
		f.checkpoint = on
		f.frames -= len(f.pool)
		f.pool = nil
	}
}

// Bytes returns the memory of all frames made so far and of the workspace.
func (f *Function) Bytes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.frames*f.FrameBytes() + f.work.bytes()
	if f.checkpoint {
		n += f.interiorBytes
	}
	return n
}

// FrameBytes returns the memory of a frame.
func (f *Function) FrameBytes() int {
	if f.checkpoint {
		return f.outBytes
	}
	return f.outBytes + f.interiorBytes
}

func (f *Function) bytesOf(ids []int) (n int) {
	for _, id := range ids {
		n += f.size(id)
	}
	return n
}

func (f *Function) size(id int) int {
	return f.nodes[id].Shape().TotalSize() * int(f.nodes[id].Dtype().Size())
}
