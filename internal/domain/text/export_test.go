package text

// Steps returns how many characters are looked at to find none or the first of
// the terms.
func (t Terms) Steps(s string) (found bool, steps int) {
	found = t.in(s, &steps)
	return found, steps
}
