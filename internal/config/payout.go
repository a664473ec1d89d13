package config

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// holdbackMax is the longest a creator may be made to wait.
const holdbackMax = 90 * 24 * time.Hour

// minimumUnits is the least that is paid out of a currency that nobody set: whole
// units where there are hundredths, a hundred times as many where there are not.
const minimumUnits = 10

// PayoutMinor returns the least that is paid out of a currency, in its minor unit.
func (c Config) PayoutMinor(currency string) int64 {
	set, err := minima(c.PayoutMinimum)
	if n, ok := set[currency]; ok && err == nil { // check has refused what cannot be read
		return n
	}
	return minimumUnits * 100
}

// PayoutFrom returns the moment from which on sales in real money are paid out;
// zero when it was not set.
func (c Config) PayoutFrom() time.Time {
	from, err := time.Parse(time.DateOnly, c.PayoutSince)
	if err != nil {
		return time.Time{}
	}
	return from
}

func (c *Config) checkPayouts() error {
	switch c.PayoutInterval {
	case "off", "daily", "weekly", "monthly":
	default:
		return fault.New(fault.Invalid, "config_invalid", "payout-interval: %q is none of daily, weekly, monthly, off.", c.PayoutInterval)
	}
	if c.PayoutHoldback > holdbackMax {
		return fault.New(fault.Invalid, "config_invalid", "payout-holdback: at most 2160h, ninety days, not %s.", c.PayoutHoldback)
	}
	if _, err := minima(c.PayoutMinimum); err != nil {
		return err
	}
	if c.PayoutSince != "" && c.PayoutFrom().IsZero() {
		return fault.New(fault.Invalid, "config_invalid", "payout-since: %q is not a day such as 2026-01-31.", c.PayoutSince)
	}
	return nil
}

// minima reads a list such as 'EUR 25, USD 30.50' into minor units.
func minima(list string) (map[string]int64, error) {
	out := map[string]int64{}
	for _, part := range strings.Split(list, ",") {
		words := strings.Fields(part)
		if len(words) == 0 {
			continue
		}
		bad := fault.New(fault.Invalid, "config_invalid", "payout-minimum: %q is not a currency and a sum such as 'EUR 25'.", strings.TrimSpace(part))
		if len(words) != 2 {
			return nil, bad
		}
		currency := strings.ToUpper(words[0])
		digits, known := money.Digits(currency)
		if !known {
			return nil, bad
		}
		n, ok := minor(words[1], digits)
		if !ok {
			return nil, bad
		}
		out[currency] = n
	}
	return out, nil
}

// minor reads a sum with at most so many digits behind the point.
func minor(sum string, digits int) (int64, bool) {
	whole, part, _ := strings.Cut(sum, ".")
	if len(part) > digits {
		return 0, false
	}
	n, err := strconv.ParseUint(whole+part+strings.Repeat("0", digits-len(part)), 10, 63)
	return int64(n), err == nil && n <= math.MaxInt64/1000
}
