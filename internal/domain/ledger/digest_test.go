package ledger

import (
	"testing"
	"time"
)

// Digests are stored: a release that computed others would call every retry
// across it a reuse.
func TestDigestsStayWhatTheyAre(t *testing.T) {
	tx := Transaction{Key: "gift:1", Kind: "gift", At: time.Now(), Legs: []Transfer{
		{Of("ana", Wallet, Coin), Of(Operator, Redeemed, Coin), 100},
		{Of(Operator, CoinLiability, "EUR"), Of("kiln", CreatorPayable, "EUR"), 80},
	}}
	if got, want := tx.digest(), "ff82195cd58ca62f863174a23db71be5"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Words cannot run into each other, and the order of transfers counts.
func TestDigestsTellTransactionsApart(t *testing.T) {
	leg := func(from, to string, amount int64) Transfer {
		return Transfer{Of(from, Wallet, Coin), Of(to, Wallet, Coin), amount}
	}
	seen := map[string]int{}
	for i, tx := range []Transaction{
		{Kind: "gift", Legs: []Transfer{leg("ab", "c", 1)}},
		{Kind: "gift", Legs: []Transfer{leg("a", "bc", 1)}},
		{Kind: "gift", Legs: []Transfer{leg("c", "ab", 1)}},
		{Kind: "gift", Legs: []Transfer{leg("ab", "c", 11)}},
		{Kind: "gift", Legs: []Transfer{leg("ab", "c", 1), leg("ab", "c", 1)}},
		{Kind: "gift", Legs: []Transfer{leg("ab", "c", 1), leg("a", "c", 1)}},
		{Kind: "gift", Legs: []Transfer{leg("a", "c", 1), leg("ab", "c", 1)}},
		{Kind: "give", Legs: []Transfer{leg("ab", "c", 1)}},
	} {
		d := tx.digest()
		if j, ok := seen[d]; ok {
			t.Errorf("%d and %d have the same", i, j)
		}
		seen[d] = i
	}
}
