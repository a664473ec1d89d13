package patron

import (
	"context"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// understand finds the channels and tiers that lines name. What is not there is
// the trouble of its line alone: a creator who renames a tier must not hold up
// the patrons of others.
func (l *list) understand(ctx context.Context, tx Tx) (*list, []subscription.LineTrouble, error) {
	is := &list{lines: make([]line, len(l.lines)), byCode: l.byCode}
	copy(is.lines, l.lines)
	channels := map[string]channel.Channel{}
	tiers := map[ident.Channel][]subscription.Tier{}
	var troubles []subscription.LineTrouble
	for i := range is.lines {
		x := &is.lines[i]
		c, asked := channels[x.channel]
		if !asked {
			var err error
			if c, _, err = tx.ChannelByHandle(ctx, x.channel); err != nil {
				return nil, nil, err
			}
			channels[x.channel] = c
			if c.ID != "" {
				if tiers[c.ID], err = tx.TiersOf(ctx, c.ID); err != nil {
					return nil, nil, err
				}
			}
		}
		switch plan, sold := planOf(tiers[c.ID], x.tier); {
		case c.ID == "":
			troubles = append(troubles, wrong(x.number, "There is no channel %q.", x.channel))
		case !sold && x.tier == "":
			troubles = append(troubles, wrong(x.number, "The channel %q has no tier yet.", x.channel))
		case !sold:
			troubles = append(troubles, wrong(x.number, "The channel %q has no tier named %q.", x.channel, x.tier))
		default:
			x.meant, x.of, x.plan = true, c.ID, plan
		}
	}
	return is, troubles, nil
}

// planOf finds a tier by its name; without one, the lowest.
func planOf(tiers []subscription.Tier, name string) (subscription.Plan, bool) {
	for _, t := range tiers {
		if name != "" && !strings.EqualFold(t.Name, name) {
			continue
		}
		price := t.Prices[0]
		if monthly, sold := t.PriceFor(subscription.Month); sold {
			price = subscription.Price{Interval: subscription.Month, Amount: monthly}
		}
		return subscription.Plan{Tier: t.ID, Interval: price.Interval, Price: price.Amount}, true
	}
	return subscription.Plan{}, false
}
