package digest_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/digest"
)

// absence is a stretch in which nothing was heard.
type absence struct{ from, to time.Time }

// Visits against what they mean, through any coming, going and putting away: since
// the last break everything of an absence is told that was not put away, nothing
// that was is told again, and nothing before the break is.
func TestVisitsAreTheModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		now := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
		var v digest.Visit
		var last, away, began time.Time // began: of the latest break
		var absences []absence
		came := func() {
			if !last.IsZero() && now.Sub(last) > digest.Pause {
				absences = append(absences, absence{last, now})
				if now.Sub(last) >= digest.Break {
					began = last
				}
			}
			last, v = now, v.Heard(now)
		}
		came()
		if v.Since != v.Until {
			r.Fatalf("somebody new has missed something: %+v", v)
		}
		r.Repeat(map[string]func(*rapid.T){
			"look": func(r *rapid.T) {
				gap := rapid.SampledFrom([]time.Duration{0, time.Minute, digest.Pause, digest.Pause + 1, 20 * time.Minute, digest.Break - 1, digest.Break, 9 * time.Hour}).Draw(r, "gap")
				now = now.Add(gap)
				came()
			},
			"put away": func(r *rapid.T) {
				until := v.Until.Add(rapid.SampledFrom([]time.Duration{0, 0, -time.Minute, time.Hour}).Draw(r, "until"))
				if until.After(now) {
					away = v.Until // nobody puts away what has not happened
				} else if until.After(away) {
					away = until
				}
				v = v.PutAway(until)
			},
			"": func(r *rapid.T) {
				if v.Since.After(v.Until) || v.Until.After(v.Last) || !v.Last.Equal(last) {
					r.Fatalf("out of order: %+v", v)
				}
				if v.Since.Before(began) || (v.Since.Before(away) && v.Since.Before(v.Until) && away.Before(v.Until.Add(1))) {
					r.Fatalf("%+v tells what was before %v or put away up to %v", v, began, away)
				}
				for _, a := range absences {
					if a.from.Before(began) || !a.to.After(away) {
						continue
					}
					if v.Until.Before(a.to) || (v.Since.After(a.from) && v.Since.After(away)) {
						r.Fatalf("%+v keeps silent about the absence %v to %v", v, a.from, a.to)
					}
				}
			},
		})
	})
}
