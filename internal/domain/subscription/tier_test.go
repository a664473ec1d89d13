package subscription_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// tier is one on sale at the given prices, in euros; zero for none.
func (w *world) tier(name string, month, year int64) subscription.Tier {
	w.t.Helper()
	t := subscription.Tier{Channel: w.channel, Name: name, OnSale: true}
	if month > 0 {
		t.Prices = append(t.Prices, subscription.Price{Interval: subscription.Month, Amount: euros(month)})
	}
	if year > 0 {
		t.Prices = append(t.Prices, subscription.Price{Interval: subscription.Year, Amount: euros(year)})
	}
	return w.save(t)
}

func (w *world) save(t subscription.Tier) subscription.Tier {
	w.t.Helper()
	t, err := w.service.SaveTier(w.t.Context(), w.owner, t)
	if err != nil {
		w.t.Fatal(err)
	}
	return t
}

func TestAChannelSellsSeveralTiers(t *testing.T) {
	w := newWorld(t)
	gold := w.tier("Gold", 999, 9990)
	w.clock.Advance(time.Second)
	silver := w.save(subscription.Tier{
		Channel: w.channel, Name: "  Silver ", Level: 1, OnSale: true, Perks: []string{"Threads", " ", "Emotes"},
		Prices: []subscription.Price{{Interval: subscription.Year, Amount: euros(4990)}}, Trial: 7,
	})
	if silver.Name != "Silver" || !slices.Equal(silver.Perks, []string{"Threads", "Emotes"}) {
		t.Errorf("got %+v", silver)
	}
	hidden := w.tier("Hidden", 100, 0)
	hidden.OnSale = false
	w.save(hidden)
	names := func(by ident.Account) string {
		t.Helper()
		tiers, err := w.service.Tiers(t.Context(), by, w.channel)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, x := range tiers {
			out = append(out, x.Name)
		}
		return strings.Join(out, ",")
	}
	if got := names(w.person(true)); got != ",Silver,Gold" { // the one that SetPrice made has no name
		t.Errorf("a viewer sees %s", got)
	}
	if got := names(w.owner); got != ",Silver,Gold,Hidden" {
		t.Errorf("the owner sees %s", got)
	}
	tiers, err := w.service.Tiers(t.Context(), "", w.channel)
	if err != nil || !slices.Equal(tiers[2].Prices, gold.Prices) || tiers[1].Trial != 7 || !slices.Equal(tiers[1].Perks, silver.Perks) {
		t.Errorf("kept %+v, %v", tiers, err)
	}
}

func TestWhatATierMayNotBe(t *testing.T) {
	w := newWorld(t)
	month := func(amount money.Amount) []subscription.Price {
		return []subscription.Price{{Interval: subscription.Month, Amount: amount}}
	}
	for name, c := range map[string]struct {
		change func(*subscription.Tier)
		reason string
	}{
		"a long name":          {func(x *subscription.Tier) { x.Name = strings.Repeat("x", 41) }, "tier_name_invalid"},
		"a name of two lines":  {func(x *subscription.Tier) { x.Name = "a\x00b" }, "tier_name_invalid"},
		"too many perks":       {func(x *subscription.Tier) { x.Perks = slices.Repeat([]string{"a"}, 9) }, "perks_invalid"},
		"a long perk":          {func(x *subscription.Tier) { x.Perks = []string{strings.Repeat("x", 81)} }, "perks_invalid"},
		"a long trial":         {func(x *subscription.Tier) { x.Trial = 31 }, "trial_invalid"},
		"a negative trial":     {func(x *subscription.Tier) { x.Trial = -1 }, "trial_invalid"},
		"no price":             {func(x *subscription.Tier) { x.Prices = nil }, "price_missing"},
		"a price of nothing":   {func(x *subscription.Tier) { x.Prices = month(euros(0)) }, "price_invalid"},
		"a huge price":         {func(x *subscription.Tier) { x.Prices = month(euros(100_001)) }, "price_invalid"},
		"a price for a day":    {func(x *subscription.Tier) { x.Prices[0].Interval = "day" }, "interval_invalid"},
		"an unknown currency":  {func(x *subscription.Tier) { x.Prices = month(money.Amount{Minor: 500, Currency: "XTS"}) }, "currency_unsupported"},
		"two currencies":       {func(x *subscription.Tier) { x.Prices[1].Amount.Currency = "USD" }, "currency_differs"},
		"the same price twice": {func(x *subscription.Tier) { x.Prices[1].Interval = subscription.Month }, "currency_differs"},
		"another currency than its neighbour": {
			func(x *subscription.Tier) { x.Prices = month(money.Amount{Minor: 500, Currency: "USD"}) }, "currency_differs",
		},
		"not of this channel": {func(x *subscription.Tier) { x.ID = "nowhere" }, "tier_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			x := subscription.Tier{Channel: w.channel, OnSale: true, Prices: []subscription.Price{
				{Interval: subscription.Month, Amount: euros(500)}, {Interval: subscription.Year, Amount: euros(5000)},
			}}
			c.change(&x)
			_, err := w.service.SaveTier(t.Context(), w.owner, x)
			wantReason(t, err, c.reason)
		})
	}
	_, err := w.service.SaveTier(t.Context(), w.person(true), subscription.Tier{Channel: w.channel, Prices: month(euros(500))})
	wantReason(t, err, "owner_only")
	for range 7 {
		w.tier("x", 500, 0)
	}
	_, err = w.service.SaveTier(t.Context(), w.owner, subscription.Tier{Channel: w.channel, OnSale: true, Prices: month(euros(500))})
	wantReason(t, err, "too_many_tiers")
}

func TestAPurchaseNamesItsPlan(t *testing.T) {
	w := newWorld(t)
	gold := w.tier("Gold", 0, 9990)
	open := func(p subscription.Purchase) (subscription.Checkout, error) {
		p.Key = ident.Make[string](w.ids)
		return w.service.OpenCheckout(t.Context(), w.person(true), w.channel, p)
	}
	c, err := open(subscription.Purchase{Tier: gold.ID, Country: "FR"})
	if want := (subscription.Plan{Tier: gold.ID, Interval: subscription.Year, Price: euros(9990)}); err != nil || c.Plan != want || c.Country != "FR" {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err = open(subscription.Purchase{}); err != nil || c.Plan.Price != euros(499) || c.Plan.Interval != subscription.Month {
		t.Errorf("without a wish: %+v, %v", c.Plan, err)
	}
	_, err = open(subscription.Purchase{Tier: gold.ID, Interval: subscription.Month})
	wantReason(t, err, "interval_not_sold")
	_, err = open(subscription.Purchase{Tier: "nowhere"})
	wantReason(t, err, "tier_missing")
	for _, country := range []string{"fr", "FRA", "F1", "é"} {
		_, err = open(subscription.Purchase{Country: country})
		wantReason(t, err, "country_invalid")
	}
	other := w.channel
	w.open()
	_, err = w.service.OpenCheckout(t.Context(), w.person(true), w.channel, subscription.Purchase{Key: "k", Tier: gold.ID})
	wantReason(t, err, "tier_missing") // it is another channel's
	w.channel = other
	gold.OnSale = false
	w.save(gold)
	_, err = open(subscription.Purchase{Tier: gold.ID})
	wantReason(t, err, "tier_missing")
}

func TestAnotherPlanGivesUpTheOpenCheckout(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 0), w.person(true)
	open := func(key string, tier ident.Tier) subscription.Checkout {
		t.Helper()
		c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: key, Tier: tier})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := open("a", "")
	second := open("b", gold.ID)
	if second.ID == first.ID || second.Plan.Tier != gold.ID {
		t.Fatalf("got %+v", second)
	}
	if s, err := w.provider.FetchCheckout(t.Context(), first.Ref); err != nil || !s.Expired {
		t.Errorf("the first can still be paid: %+v, %v", s, err)
	}
	w.provider.pay(second.ID)
	if third := open("c", ""); third.ID != second.ID || third.State != subscription.CheckoutPending {
		t.Errorf("one that is paid was given up: %+v", third)
	}
}

// The tax is that of the country the buyer named last. Who names none changes nothing.
func TestAnotherCountryGivesUpTheOpenCheckout(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	open := func(key, country string) subscription.Checkout {
		t.Helper()
		c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: key, Country: country})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := open("a", "FR")
	if again := open("b", ""); again.ID != first.ID {
		t.Error("a page that names no country gave up the checkout of another")
	}
	second := open("c", "DE")
	if second.ID == first.ID || second.Country != "DE" {
		t.Fatalf("got %+v", second)
	}
	if s, err := w.provider.FetchCheckout(t.Context(), first.Ref); err != nil || !s.Expired {
		t.Errorf("the first can still be paid: %+v, %v", s, err)
	}
}
