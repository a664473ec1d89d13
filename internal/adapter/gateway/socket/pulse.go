package socket

// pulse notices clients that do not answer, and those that take nothing. Connections stand in as many slots
// as a ping takes to come round, so that each second looks at few of them.
type pulse struct {
	slots [pingEvery][]*Conn
	next  uint8
	// whoever must do something soon: finish a message, answer a goodbye
	begins  []*Conn
	partsAt map[*Conn]int32
}

func (p *pulse) add(c *Conn) {
	c.slot = p.next
	p.next = (p.next + 1) % pingEvery
	c.place = int32(len(p.slots[c.slot]))
	p.slots[c.slot] = append(p.slots[c.slot], c)
}

func (p *pulse) remove(c *Conn) {
	s := p.slots[c.slot]
	last := s[len(s)-1]
	s[c.place], last.place = last, c.place
	s[len(s)-1] = nil
	p.slots[c.slot] = s[:len(s)-1]
	delete(p.partsAt, c)
}

// begun remembers that a message has begun.
func (p *pulse) begun(c *Conn) { p.begins = append(p.begins, c) }

// part remembers that a goodbye has been said.
func (p *pulse) part(c *Conn) {
	if p.partsAt == nil {
		p.partsAt = map[*Conn]int32{}
	}
	p.partsAt[c] = c.loop.second
}

// beat is called once for each second of the loop.
func (p *pulse) beat(second int32, ping []byte, limit int) {
	for _, c := range each(p.slots[second%pingEvery]) {
		switch {
		case c.state != open:
		case c.out != nil && second-c.out.moved >= takeWithin:
			code, reason := c.user.Late()
			c.Close(code, reason, true)
		case second-c.heard >= pingEvery/2:
			if c.flags&flagListens == 0 {
				c.flags |= flagPinged
			}
			c.Send(ping, 0, 0, limit)
		}
	}
	for _, c := range each(p.slots[(second+pingEvery-pongWithin)%pingEvery]) {
		if c.state == open && c.flags&flagPinged != 0 {
			code, reason := c.user.Late()
			c.Close(code, reason, true)
		}
	}
	p.beatBegun(second)
	for c, at := range p.partsAt {
		if second-at >= partWithin {
			c.end()
		}
	}
}

// beatBegun ends whoever leaves a message half said.
func (p *pulse) beatBegun(second int32) {
	waiting := p.begins
	p.begins = p.begins[:0:0]
	for _, c := range waiting {
		switch {
		case c.in == nil || c.state != open:
			c.flags &^= flagBegun
		case second-c.in.since >= wholeWithin:
			c.flags &^= flagBegun
			code, reason := c.user.Late()
			c.Close(code, reason, true)
		default:
			p.begins = append(p.begins, c)
		}
	}
}

// each copies a slot, because ending a connection takes it out.
func each(slot []*Conn) []*Conn { return append([]*Conn(nil), slot...) }

// all returns every connection.
func (p *pulse) all() []*Conn {
	var out []*Conn
	for _, s := range p.slots {
		out = append(out, s...)
	}
	return out
}
