package stripe

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// Onboard implements payout.Payer with an Express account: Stripe asks the
// creator everything that the law wants to know, and shows them their payouts.
func (s *Stripe) Onboard(ctx context.Context, channel ident.Channel, account, back string) (payout.Onboarding, error) {
	if account == "" {
		params := &sdk.AccountCreateParams{
			Type: sdk.String(string(sdk.AccountTypeExpress)), Metadata: s.marked(metaChannel, string(channel)),
			Capabilities: &sdk.AccountCreateCapabilitiesParams{Transfers: &sdk.AccountCreateCapabilitiesTransfersParams{Requested: sdk.Bool(true)}},
		}
		params.IdempotencyKey = s.key("account", string(channel))
		a, err := s.api.V1Accounts.Create(ctx, params)
		if err != nil {
			return payout.Onboarding{}, trouble("open a creator's account", err)
		}
		account = a.ID
	}
	link, err := s.api.V1AccountLinks.Create(ctx, &sdk.AccountLinkCreateParams{
		Account: &account, Type: sdk.String("account_onboarding"), RefreshURL: &back, ReturnURL: &back,
	})
	if err != nil {
		return payout.Onboarding{}, trouble("lead a creator to their account", err)
	}
	return payout.Onboarding{Account: account, URL: link.URL}, nil
}

// Standing implements payout.Payer.
func (s *Stripe) Standing(ctx context.Context, account string) (payout.Standing, error) {
	a, err := s.api.V1Accounts.GetByID(ctx, account, &sdk.AccountRetrieveParams{})
	if err != nil {
		return payout.Standing{}, trouble("look at a creator's account", err)
	}
	if !s.ours(a.Metadata) {
		return payout.Standing{}, errUnknown()
	}
	out := payout.Standing{
		Payable: a.PayoutsEnabled && a.Capabilities != nil && a.Capabilities.Transfers == sdk.AccountCapabilityStatusActive,
	}
	if r := a.Requirements; r != nil {
		out.Missing = append(slices.Clone(r.CurrentlyDue), r.PastDue...)
		slices.Sort(out.Missing)
		out.Missing = slices.Compact(out.Missing)
	}
	return out, nil
}

// Transfer implements payout.Payer. Stripe forgets an idempotency key
// after a day; the key also names the transfer's group, and one that is there is
// not made again.
func (s *Stripe) Transfer(ctx context.Context, account string, amount money.Amount, key string) (string, error) {
	minor, currency, err := sent(amount)
	if err != nil {
		return "", err
	}
	group := *s.key("transfer", key)
	list := &sdk.TransferListParams{Destination: &account, TransferGroup: &group}
	list.Limit = sdk.Int64(1)
	for t, err := range s.api.V1Transfers.List(ctx, list).All(ctx) {
		if err != nil {
			return "", trouble("look for a transfer", err)
		}
		if t.TransferGroup == group {
			return t.ID, nil
		}
	}
	params := &sdk.TransferCreateParams{
		Amount: &minor, Currency: &currency, Destination: &account, TransferGroup: &group, Metadata: s.marked(metaKey, key),
	}
	params.IdempotencyKey = &group
	t, err := s.api.V1Transfers.Create(ctx, params)
	if err != nil {
		return "", untransferred(err)
	}
	return t.ID, nil
}

// Reversals implements payout.Payer. The events say which transfers it is worth to
// look at; what they are now is asked.
func (s *Stripe) Reversals(ctx context.Context, since time.Time) ([]payout.Reversal, error) {
	params := &sdk.EventListParams{Type: sdk.String("transfer.reversed"), CreatedRange: &sdk.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	params.Limit = sdk.Int64(pageSize)
	var ids []string
	for e, err := range s.api.V1Events.List(ctx, params).All(ctx) {
		if err != nil {
			return nil, trouble("list reversals", err)
		}
		var o wireObject
		if e.Account == "" && e.Data != nil && json.Unmarshal(e.Data.Raw, &o) == nil && s.ours(o.Metadata) && !slices.Contains(ids, o.ID) {
			ids = append(ids, o.ID)
		}
	}
	var out []payout.Reversal
	for _, id := range ids {
		t, err := s.api.V1Transfers.Retrieve(ctx, id, &sdk.TransferRetrieveParams{})
		if err != nil {
			return nil, trouble("look at a transfer", err)
		}
		if key := t.Metadata[metaKey]; s.ours(t.Metadata) && key != "" && t.AmountReversed > 0 {
			out = append(out, payout.Reversal{Key: key, Ref: t.ID, Total: read(t.AmountReversed, string(t.Currency))})
		}
	}
	return out, nil
}

// untransferred tells a transfer that Stripe refused from one of which nobody
// knows what became of it. Stripe checks a transfer before it makes it, and
// answers the same under its key for a day: what it refused will not be made.
func untransferred(err error) error {
	why := trouble("pay a creator", err)
	e := refusal(err)
	refused := e != nil && e.Type == sdk.ErrorTypeInvalidRequest && (e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusForbidden)
	if !refused || fault.Of(why) != nil {
		return why
	}
	return fault.New(fault.Conflict, "transfer_refused",
		"The payment provider does not pay to this account. Look at what it asks for, and complete the account there.").Because(why)
}
