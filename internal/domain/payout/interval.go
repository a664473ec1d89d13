package payout

import "time"

// Interval is how often a creator is paid at most.
type Interval string

// The intervals. They begin at midnight UTC: each day, each Monday, each first of
// a month. Off pays nobody.
const (
	Off     Interval = "off"
	Daily   Interval = "daily"
	Weekly  Interval = "weekly"
	Monthly Interval = "monthly"
)

// Known reports whether there is such an interval.
func (i Interval) Known() bool { return i == Off || i == Daily || i == Weekly || i == Monthly }

// Begin returns when the interval of a moment began.
func (i Interval) Begin(t time.Time) time.Time {
	t = t.UTC()
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch i {
	case Weekly:
		return day.AddDate(0, 0, -int(day.Weekday()+6)%7)
	case Monthly:
		return day.AddDate(0, 0, 1-day.Day())
	}
	return day
}

// Next returns when the interval after that of a moment begins.
func (i Interval) Next(t time.Time) time.Time {
	begin := i.Begin(t)
	switch i {
	case Weekly:
		return begin.AddDate(0, 0, 7)
	case Monthly:
		return begin.AddDate(0, 1, 0)
	}
	return begin.AddDate(0, 0, 1)
}
