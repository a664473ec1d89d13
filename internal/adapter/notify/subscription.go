package notify

import (
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// saleWords are the letters about money.
func saleWords() map[mail.Kind]Words {
	words := map[mail.Kind]Words{
		subscription.LetterReceipt: {
			Path: "/account/papers/{number}",
			English: Text{
				Subject: "Receipt {number}: {what}",
				Body: []string{
					"You paid {price|money} for {what}, of which {tax|money} is tax. This is receipt {number}.",
					linkHere,
					"Your account page is where you change or cancel.",
				},
				Label: "Open or print it",
			},
			French: Text{
				Subject: "Reçu {number} : {what}",
				Body: []string{
					"Vous avez payé {price|money} pour {what}, dont {tax|money} de taxe. Ceci est le reçu {number}.",
					linkHere,
					"Sur la page de votre compte, vous pouvez changer ou résilier.",
				},
				Label: "L’ouvrir ou l’imprimer",
			},
		},
		subscription.LetterRefunded: {
			Path: "/account/papers/{number}",
			English: Text{
				Subject: "Paid back: {what}",
				Body: []string{
					"{price|money} of what you paid for {what} goes back to you, of which {tax|money} is tax. This is credit note {number}.",
					linkHere,
				},
				Label: "Open or print it",
			},
			French: Text{
				Subject: "Remboursé : {what}",
				Body: []string{
					"{price|money} de ce que vous avez payé pour {what} vous est remboursé, dont {tax|money} de taxe. Ceci est l’avoir {number}.",
					linkHere,
				},
				Label: "L’ouvrir ou l’imprimer",
			},
		},
	}
	words[subscription.LetterRehearsedReceipt] = words[subscription.LetterReceipt].rehearsed()
	words[subscription.LetterRehearsedRefund] = words[subscription.LetterRefunded].rehearsed()
	return words
}

// rehearsed is the same about money that did not move.
func (w Words) rehearsed() Words {
	w.English.Subject = "Sandbox: " + w.English.Subject
	w.English.Body = append([]string{"This is a rehearsal: no real money moved."}, w.English.Body...)
	w.French.Subject = "Bac à sable : " + w.French.Subject
	w.French.Body = append([]string{"C’est une répétition : aucun argent réel n’a circulé."}, w.French.Body...)
	return w
}

// subscriptionWords are the letters about what money opens.
func subscriptionWords() map[mail.Kind]Words {
	return map[mail.Kind]Words{
		subscription.LetterCancelled: {
			Path: "/account",
			English: Text{
				Subject: "Cancelled: {what}",
				Body: []string{
					"Your subscription to {what} is cancelled. Nothing more will be charged, and you stay inside until {until|day}.",
					"You can take this back until then.",
					linkHere,
				},
				Label: "Look at my subscription",
			},
			French: Text{
				Subject: "Résilié : {what}",
				Body: []string{
					"Votre abonnement à {what} est résilié. Plus rien ne sera débité, et vous restez à l’intérieur jusqu’au {until|day}.",
					"Vous pouvez revenir sur cette décision d’ici là.",
					linkHere,
				},
				Label: "Voir mon abonnement",
			},
		},
		subscription.LetterGift: {
			Path: "/account",
			English: Text{
				Subject: "Somebody gave you {what}",
				Body:    []string{"You were given a subscription to {what}. It opens the room to you until {until|day}, and nothing will be charged.", linkHere},
				Label:   "Open Subspace",
			},
			French: Text{
				Subject: "On vous a offert {what}",
				Body:    []string{"On vous a offert un abonnement à {what}. La salle vous est ouverte jusqu’au {until|day}, et rien ne sera débité.", linkHere},
				Label:   "Ouvrir Subspace",
			},
		},
	}
}
