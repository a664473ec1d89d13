package sandbox

import "github.com/subspace-live/subspace/internal/domain/subscription"

// rates are the standard rates of value added tax in basis points, as the
// sandbox plays them (European Commission, VAT rates applied in the Member
// States, 2026, and those of two neighbours). It knows no others: elsewhere it
// takes no tax.
func rate(country string) int64 {
	switch country {
	case "LU":
		return 1700
	case "DE", "CY":
		return 1900
	case "FR", "AT", "BG", "GB":
		return 2000
	case "BE", "CZ", "ES", "LT", "LV", "NL", "RO":
		return 2100
	case "IT", "SI":
		return 2200
	case "IE", "PL", "PT", "SK":
		return 2300
	case "EE", "GR":
		return 2400
	case "DK", "HR", "SE":
		return 2500
	case "FI":
		return 2550
	case "HU":
		return 2700
	case "MT":
		return 1800
	case "CH":
		return 810
	}
	return 0
}

// taxIn is the tax contained in a total that a buyer in country pays, rounded
// half up.
func taxIn(total int64, country string) subscription.Tax {
	r := rate(country)
	part := (2*total*r + 10_000 + r) / (2 * (10_000 + r))
	return subscription.Tax{Minor: part, Rate: r, Country: country}
}

// fee is what the sandbox would keep of a charge: 1.5 % and 25, as card
// payments in Europe cost.
func fee(total int64) int64 { return min(total*150/10_000+25, total) }
