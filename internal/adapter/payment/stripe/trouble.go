package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// retryAfter is when Stripe may be asked again after it did not answer.
const retryAfter = 5 * time.Second

// trouble turns what Stripe or the network answered into a refusal, or into an
// accident for the log. Stripe's own sentence stays out of both: it may hold a
// mail address or a part of a key. The number of the request finds it in
// Stripe's dashboard.
func trouble(doing string, err error) error {
	e := refusal(err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stripe: %s: %w", doing, context.Canceled)
	case fault.Of(err) != nil:
		return err // our own
	case e == nil:
		return errUnavailable().Because(fmt.Errorf("stripe: %s: %w", doing, bare(err)))
	}
	why := fmt.Errorf("stripe: %s: status %d, type %s, code %q, decline %q, parameter %q, request %q",
		doing, e.HTTPStatusCode, e.Type, e.Code, e.DeclineCode, e.Param, e.RequestID)
	switch {
	case e.Type == sdk.ErrorTypeCard || e.HTTPStatusCode == http.StatusPaymentRequired:
		return errDeclined().Because(why)
	case e.Code == sdk.ErrorCodeResourceMissing || e.HTTPStatusCode == http.StatusNotFound:
		return errUnknown().Because(why)
	case e.HTTPStatusCode == http.StatusTooManyRequests || e.HTTPStatusCode == http.StatusConflict || e.HTTPStatusCode >= http.StatusInternalServerError:
		return errUnavailable().Because(why)
	case e.Code == sdk.ErrorCodeBalanceInsufficient || e.Code == codeBalance:
		return fault.New(fault.Unavailable, "provider_balance_short", "The balance at the payment provider does not cover this yet.").
			After(balanceAfter).Because(why)
	}
	if answered(err) {
		return fmt.Errorf("%w: %w", subscription.ErrRefused, why)
	}
	return why
}

// balanceAfter is when a balance may have grown; codeBalance is its second word
// for one that is too small.
const (
	balanceAfter = time.Hour
	codeBalance  = "insufficient_funds"
)

// bare is err without the address that was called.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// refusal is Stripe's answer in err; nil when it gave none.
func refusal(err error) *sdk.Error {
	var e *sdk.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// code returns Stripe's word for what went wrong, and the parameter it is about.
func code(err error) (code, param string) {
	if e := refusal(err); e != nil {
		return string(e.Code), e.Param
	}
	return "", ""
}

// answered reports that Stripe refused: what it was asked for did not happen, and
// does not. Without an answer, with one of a Stripe in trouble, and while another
// request holds the same object or key, nobody knows.
func answered(err error) bool {
	e := refusal(err)
	if e == nil || reused(err) {
		return false
	}
	switch e.HTTPStatusCode {
	case http.StatusTooManyRequests, http.StatusConflict:
		return false
	}
	return e.HTTPStatusCode >= http.StatusBadRequest && e.HTTPStatusCode < http.StatusInternalServerError
}

// reused reports that an idempotency key of ours was used before with another
// wish: the first one stands.
func reused(err error) bool {
	e := refusal(err)
	return e != nil && e.Type == sdk.ErrorTypeIdempotency
}

func errDeclined() *fault.Fault {
	return fault.New(fault.Conflict, "card_declined", "The card was declined. Nothing was charged.")
}

func errUnavailable() *fault.Fault {
	return fault.New(fault.Unavailable, "provider_unavailable", "The payment provider does not answer right now. Please try again.").After(retryAfter)
}
