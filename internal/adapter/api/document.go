package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// describe finishes the document where huma's reflection falls short.
func describe(doc *huma.OpenAPI) {
	describeProblems(doc)
	describeNulls(doc)
}

// describeProblems makes the document say what refusals look like here: huma
// describes its own shape, which problems replaces.
func describeProblems(doc *huma.OpenAPI) {
	ref := doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			for _, response := range op.Responses {
				if c, ok := response.Content["application/problem+json"]; ok {
					c.Schema = ref
				}
			}
		}
	}
	delete(doc.Components.Schemas.Map(), "ErrorModel")
	delete(doc.Components.Schemas.Map(), "ErrorDetail")
}

// describeNulls makes required properties whose Go type is a pointer nullable.
func describeNulls(doc *huma.OpenAPI) {
	for schema, properties := range map[string][]string{
		"Act":          {"on"},
		"Session":      {"account"},
		"ChannelCard":  {"live"},
		"Channel":      {"live", "price", "on_air"},
		"OverlayState": {"on_air", "poll", "goal"},
		"Poll":         {"closes_at", "closed_at"},
		"DigestPoll":   {"closed_at"},
		"DigestAnswer": {"offset_ms"},
		"Standing":     {"until", "gift", "follows_since"},
		"RoomModes":    {"space"},
		"Writing":      {"until"},
		"Question":     {"carried", "aired", "answered", "reply"},
		"Attention":    {"public_percent", "waits_since"},
		"LiveFigures":  {"ended"},
		"Checkout":     {"gift"},
		"Sanction":     {"until"},
		"Subscription": {"access_until", "next", "trial_end"},
		"Tier":         {"month", "year"},
		"Sale":         {"share", "period_start", "period_end"},
		"Subscriber":   {"price", "revoked_at"},
		"Buyer":        {"next", "raised_at"},
		"Paper":        {"from", "to"},
		"PaperPage":    {"from", "to"},
		"Payouts":      {"payee"},
		"Payout":       {"settled_at"},
		"Earnings":     {"next_at"},
		"Statement":    {"from"},
		"Passkey":      {"used_at"},
		"Dock":         {"used_at"},
		"DockMade":     {"used_at"},
		"DockView":     {"live"},
		"SignedIn":     {"created_at", "seen_on"},
		"TeaserReply":  {"minutes"},
	} {
		s := doc.Components.Schemas.Map()[schema]
		for _, name := range properties {
			p := s.Properties[name]
			doc := p.Description
			s.Properties[name] = &huma.Schema{Description: doc, AnyOf: []*huma.Schema{p, {Type: "null"}}}
		}
	}
}
