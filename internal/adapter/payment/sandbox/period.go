package sandbox

import "time"

// Period is how long the sandbox's month is; zero is a calendar month.
type Period time.Duration

// After returns the end of the nth period from start. Calendar months keep the
// day of the start and fall on a shorter month's last day: 31 January, 28
// February, 31 March.
func (p Period) After(start time.Time, n int) time.Time {
	if p > 0 {
		return start.Add(time.Duration(n) * time.Duration(p))
	}
	year, month, day := start.Date()
	first := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, start.Location())
	last := first.AddDate(0, 1, -1).Day()
	hour, minute, second := start.Clock()
	return time.Date(first.Year(), first.Month(), min(day, last), hour, minute, second, start.Nanosecond(), start.Location())
}
