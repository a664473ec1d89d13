package stripe

import (
	"context"
	"slices"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// bill is one paid invoice of a subscription, in our terms.
type bill struct {
	invoice  *sdk.Invoice
	payments []payment
	kind     subscription.ChargeKind
	plan     subscription.Plan // what it paid for; none when the bill was for nothing
	months   int
	starts   time.Time // of the period it paid for; zero for a change within one
	ends     time.Time
}

// payment names the money that came for a bill: a payment intent, or a charge
// without one.
type payment struct{ intent, charge string }

func (p payment) of(c *sdk.Charge) bool {
	return c.ID == p.charge || (c.PaymentIntent != nil && c.PaymentIntent.ID == p.intent && p.intent != "")
}

// bills reads the paid invoices of a subscription, oldest first.
func (s *Stripe) bills(ctx context.Context, sub *sdk.Subscription) ([]bill, error) {
	params := &sdk.InvoiceListParams{Subscription: &sub.ID, Status: sdk.String(string(sdk.InvoiceStatusPaid))}
	params.Limit = sdk.Int64(pageSize)
	params.AddExpand("data.payments")
	var invoices []*sdk.Invoice
	for in, err := range s.api.V1Invoices.List(ctx, params).All(ctx) {
		if err != nil {
			return nil, trouble("list invoices", err)
		}
		invoices = append(invoices, in)
	}
	slices.SortStableFunc(invoices, func(a, b *sdk.Invoice) int { return int(a.Created - b.Created) })
	plans, err := s.plansOf(ctx, sub, invoices)
	if err != nil {
		return nil, err
	}
	out := make([]bill, len(invoices))
	for i, in := range invoices {
		out[i] = billOf(in, plans)
	}
	return out, nil
}

// billOf reads one invoice. A line that is no proration pays for a period; a
// bill without one pays for the rest of a period on a dearer plan.
func billOf(in *sdk.Invoice, plans map[string]subscription.Plan) bill {
	b := bill{invoice: in, kind: subscription.ChargeChange}
	for _, p := range paid(in) {
		switch {
		case p.PaymentIntent != nil:
			b.payments = append(b.payments, payment{intent: p.PaymentIntent.ID})
		case p.Charge != nil:
			b.payments = append(b.payments, payment{charge: p.Charge.ID})
		}
	}
	for _, line := range lines(in) {
		switch {
		case line.Amount <= 0: // a credit, or the begin of a trial
		case prorated(line):
			if b.kind == subscription.ChargeChange {
				b.plan = plans[priceOf(line)]
			}
		default:
			b.kind, b.plan = subscription.ChargePeriod, plans[priceOf(line)]
			b.months = b.plan.Interval.Months()
			b.starts, b.ends = at(line.Period.Start), at(line.Period.End)
		}
	}
	return b
}

func lines(in *sdk.Invoice) []*sdk.InvoiceLineItem {
	if in.Lines == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(in.Lines.Data), func(l *sdk.InvoiceLineItem) bool { return l.Period == nil })
}

// paid lists the payments of an invoice that went through.
func paid(in *sdk.Invoice) []*sdk.InvoicePaymentPayment {
	if in.Payments == nil {
		return nil
	}
	var out []*sdk.InvoicePaymentPayment
	for _, p := range in.Payments.Data {
		if p.Status == "paid" && p.Payment != nil {
			out = append(out, p.Payment)
		}
	}
	return out
}

// prorated reports a line for a part of a period. Which of two parents says so
// depends on how Stripe bills the subscription.
func prorated(l *sdk.InvoiceLineItem) bool {
	if l.Parent == nil {
		return false
	}
	if d := l.Parent.SubscriptionItemDetails; d != nil {
		return d.Proration
	}
	d := l.Parent.InvoiceItemDetails
	return d != nil && d.Proration
}

func priceOf(l *sdk.InvoiceLineItem) string {
	if l.Pricing == nil || l.Pricing.PriceDetails == nil || l.Pricing.PriceDetails.Price == nil {
		return ""
	}
	return l.Pricing.PriceDetails.Price.ID
}

// plansOf returns the plans of all prices that were paid, by the price's name.
// All but those of former plans came with the subscription.
func (s *Stripe) plansOf(ctx context.Context, sub *sdk.Subscription, invoices []*sdk.Invoice) (map[string]subscription.Plan, error) {
	plans := map[string]subscription.Plan{"": {}}
	if i := item(sub); i != nil {
		plans[i.Price.ID] = s.plan(i.Price)
	}
	for _, in := range invoices {
		for _, line := range lines(in) {
			id := priceOf(line)
			if _, known := plans[id]; known {
				continue
			}
			price, err := s.api.V1Prices.Retrieve(ctx, id, &sdk.PriceRetrieveParams{})
			if err != nil && !missing(err) { // a missing price must not look like a missing subscription
				return nil, trouble("fetch a price", err)
			}
			plans[id] = s.plan(price)
		}
	}
	return plans, nil
}

// chargeEarlier is how many seconds a charge may be older than its invoice: on
// Checkout's page the two are made at the same time.
const chargeEarlier = 3600

// charges reads what was charged for bills, oldest first.
func (s *Stripe) charges(ctx context.Context, customer string, bills []bill) ([]subscription.Charge, error) {
	wanted := 0
	var since int64
	for i := len(bills) - 1; i >= 0 && wanted < pageSize; i-- {
		wanted += len(bills[i].payments)
		since = bills[i].invoice.Created - chargeEarlier
	}
	if wanted == 0 {
		return nil, nil
	}
	params := &sdk.ChargeListParams{
		Customer: &customer, CreatedRange: &sdk.RangeQueryParams{GreaterThanOrEqual: since},
	}
	params.Limit = sdk.Int64(pageSize)
	params.AddExpand("data.balance_transaction")
	params.AddExpand("data.refunds")
	var out []subscription.Charge
	for c, err := range s.api.V1Charges.List(ctx, params).All(ctx) {
		if err != nil {
			return nil, trouble("list charges", err)
		}
		b := slices.IndexFunc(bills, func(b bill) bool {
			return slices.ContainsFunc(b.payments, func(p payment) bool { return p.of(c) })
		})
		if b < 0 || !c.Paid {
			continue // for something else, or declined
		}
		read, err := s.billed(ctx, bills[b], c)
		if err != nil {
			return nil, err
		}
		out = append(out, read)
		if len(out) == wanted {
			break
		}
	}
	slices.Reverse(out) // Stripe lists the newest first
	return out, nil
}

// billed is a charge with what its bill says about it.
func (s *Stripe) billed(ctx context.Context, b bill, c *sdk.Charge) (subscription.Charge, error) {
	out, err := s.charge(ctx, c)
	if err != nil {
		return out, err
	}
	out.Kind, out.Plan, out.PeriodStart, out.PeriodEnd = b.kind, b.plan, b.starts, b.ends
	if a := b.invoice.CustomerAddress; a != nil && a.Country != "" {
		out.Tax.Country = a.Country
	}
	for _, t := range b.invoice.TotalTaxes {
		out.Tax.Minor += t.Amount
	}
	out.Tax.Minor = min(out.Tax.Minor, out.Total.Minor)
	out.Tax.Rate, err = s.rate(ctx, b.invoice)
	return out, err
}

// rate is the one rate that an invoice was taxed at; 0 when there is none, or
// are several.
func (s *Stripe) rate(ctx context.Context, in *sdk.Invoice) (int64, error) {
	var id string
	for _, t := range in.TotalTaxes {
		switch {
		case t.Amount == 0:
		case t.TaxRateDetails == nil || (id != "" && id != t.TaxRateDetails.TaxRate):
			return 0, nil
		default:
			id = t.TaxRateDetails.TaxRate
		}
	}
	if id == "" {
		return 0, nil
	}
	if points, known := s.rates.get(id); known {
		return points, nil
	}
	rate, err := s.api.V1TaxRates.Retrieve(ctx, id, &sdk.TaxRateRetrieveParams{})
	if err != nil {
		return 0, trouble("fetch a tax rate", err)
	}
	s.rates.put(id, points(rate))
	return points(rate), nil
}
