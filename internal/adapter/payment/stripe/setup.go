package stripe

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Endpoint is where Stripe sends its events, as Setup found or made it.
type Endpoint struct {
	URL    string
	Live   bool   // of the live mode: real money
	Made   bool   // by this call
	Secret string // what its events are signed with; Stripe tells it once, to who made it
}

// Account is what a key opens.
type Account struct {
	Name    string
	Country string // ISO 3166-1 alpha-2
	Charges bool   // it may take payments
	Tax     bool   // Stripe Tax is set up
}

// Setup registers url at Stripe, for the events that are read here, in the
// version of the API that the library speaks. An endpoint that is there already
// is kept and brought up to date; its secret cannot be had again. With renew a
// new one is made, and the old one goes.
func Setup(ctx context.Context, key, api, url string, renew bool) (Endpoint, error) {
	client := client()
	defer client.CloseIdleConnections()
	stripe := connect(Config{Key: key, API: api}, client)
	old, err := endpoint(ctx, stripe, url)
	if err != nil {
		return Endpoint{}, err
	}
	if old != nil && !renew {
		return keep(ctx, stripe, old)
	}
	params := &sdk.WebhookEndpointCreateParams{
		URL: &url, APIVersion: sdk.String(sdk.APIVersion), EnabledEvents: sdk.StringSlice(kinds()),
		Description: sdk.String("Subspace"),
	}
	made, err := stripe.V1WebhookEndpoints.Create(ctx, params)
	if err != nil {
		return Endpoint{}, setupTrouble("make the webhook", err)
	}
	out := Endpoint{URL: url, Live: made.Livemode, Made: true, Secret: made.Secret}
	if old != nil {
		if _, err := stripe.V1WebhookEndpoints.Delete(ctx, old.ID, &sdk.WebhookEndpointDeleteParams{}); err != nil {
			return out, setupTrouble("delete the old webhook", err)
		}
	}
	return out, nil
}

func endpoint(ctx context.Context, stripe *sdk.Client, url string) (*sdk.WebhookEndpoint, error) {
	params := &sdk.WebhookEndpointListParams{}
	params.Limit = sdk.Int64(pageSize)
	for e, err := range stripe.V1WebhookEndpoints.List(ctx, params).All(ctx) {
		if err != nil {
			return nil, setupTrouble("list the webhooks", err)
		}
		if e.URL == url {
			return e, nil
		}
	}
	return nil, nil
}

// keep brings an endpoint's events up to date, and switches it on.
func keep(ctx context.Context, stripe *sdk.Client, e *sdk.WebhookEndpoint) (Endpoint, error) {
	out := Endpoint{URL: e.URL, Live: e.Livemode}
	if e.Status == "enabled" && !slices.ContainsFunc(kinds(), func(k string) bool { return !slices.Contains(e.EnabledEvents, k) }) {
		return out, nil
	}
	_, err := stripe.V1WebhookEndpoints.Update(ctx, e.ID, &sdk.WebhookEndpointUpdateParams{
		EnabledEvents: sdk.StringSlice(kinds()), Disabled: sdk.Bool(false),
	})
	return out, setupTrouble("bring the webhook up to date", err)
}

// Look tells whose account a key opens and whether it can take payments.
func Look(ctx context.Context, key, api string) (Account, error) {
	client := client()
	defer client.CloseIdleConnections()
	stripe := connect(Config{Key: key, API: api}, client)
	a, err := stripe.V1Accounts.Retrieve(ctx, &sdk.AccountRetrieveParams{})
	if err != nil {
		return Account{}, setupTrouble("look at the account", err)
	}
	out := Account{Country: a.Country, Charges: a.ChargesEnabled}
	if a.Settings != nil && a.Settings.Dashboard != nil {
		out.Name = a.Settings.Dashboard.DisplayName
	}
	if tax, err := stripe.V1TaxSettings.Retrieve(ctx, &sdk.TaxSettingsRetrieveParams{}); err == nil {
		out.Tax = tax.Status == sdk.TaxSettingsStatusActive
	}
	return out, nil
}

// setupTrouble is trouble for the person who holds the key.
func setupTrouble(doing string, err error) error {
	var status int
	if e := refusal(err); e != nil {
		status = e.HTTPStatusCode
	}
	switch status {
	case http.StatusUnauthorized:
		return fault.New(fault.Invalid, "stripe_key_refused", "Stripe does not know the key of stripe-key. Copy it again from the dashboard.")
	case http.StatusForbidden:
		return fault.New(fault.Invalid, "stripe_key_refused", "The key of stripe-key is not allowed to %s. Use the account's secret key, or give the restricted one that right.", doing)
	}
	if err := trouble(doing, err); err != nil {
		return fmt.Errorf("set up Stripe: %w", err)
	}
	return nil
}
