package room

// Previews are the rooms of a channel in which links are shown with what their pages
// say of themselves. The zero value has none.
type Previews struct{ Public, Space bool }

// In reports whether a room is one of them. A thread is where the Sub Space is.
func (p Previews) In(a Audience) bool {
	switch a {
	case Public:
		return p.Public
	case Space, ThreadRoom:
		return p.Space
	}
	return false
}
