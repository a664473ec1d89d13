package notify

import (
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// dunningWords are the letters about a payment that fails: each says when the
// door closes, and leads to where the card is changed. None threatens.
func dunningWords() map[mail.Kind]Words {
	words := openDoorWords()
	words[subscription.LetterClosed] = closedDoorWords()
	return words
}

func cardWords(english, french Text) Words {
	english.Label, french.Label = "Change my card", "Changer ma carte"
	return Words{Path: "/account", English: english, French: french}
}

// openDoorWords are those of the letters that leave before the door closes.
func openDoorWords() map[mail.Kind]Words {
	return map[mail.Kind]Words{
		subscription.LetterFailed: cardWords(Text{
			Subject: "Your payment for {what} failed",
			Body: []string{
				"The payment for {what} did not go through. It will be tried again. Without a payment the door closes on {until|day}.",
				"If the card has a problem, you can change it on your account page. You can also cancel there; then nothing more is charged.",
				linkHere,
			},
		}, Text{
			Subject: "Votre paiement pour {what} a échoué",
			Body: []string{
				"Le paiement pour {what} n’a pas abouti. Il sera retenté. Sans paiement, la porte se ferme le {until|day}.",
				"Si la carte a un problème, vous pouvez la changer sur la page de votre compte. Vous pouvez aussi y résilier ; plus rien n’est alors débité.",
				linkHere,
			},
		}),
		subscription.LetterReminder: cardWords(Text{
			Subject: "{what}: the payment is still open",
			Body: []string{
				"The payment for {what} has still not gone through. You stay inside until {until|day}; then the door closes.",
				"You can change your card, or cancel, on your account page.",
				linkHere,
			},
		}, Text{
			Subject: "{what} : le paiement est toujours en attente",
			Body: []string{
				"Le paiement pour {what} n’a toujours pas abouti. Vous restez à l’intérieur jusqu’au {until|day} ; ensuite la porte se ferme.",
				"Vous pouvez changer de carte, ou résilier, sur la page de votre compte.",
				linkHere,
			},
		}),
		subscription.LetterEve: cardWords(Text{
			Subject: "{what}: the door closes in a day",
			Body: []string{
				"The payment for {what} has not gone through, and the door closes on {until|day}.",
				"With another card you stay inside, and your months go on. You change it on your account page.",
				linkHere,
			},
		}, Text{
			Subject: "{what} : la porte se ferme dans un jour",
			Body: []string{
				"Le paiement pour {what} n’a pas abouti, et la porte se ferme le {until|day}.",
				"Avec une autre carte vous restez à l’intérieur, et vos mois continuent. Vous la changez sur la page de votre compte.",
				linkHere,
			},
		}),
	}
}

func closedDoorWords() Words {
	return cardWords(Text{
		Subject: "{what}: the door has closed",
		Body: []string{
			"The payment for {what} did not go through, so the door closed on {until|day}. This is the last letter about it.",
			"Your months are kept. To come back, change your card on your account page, or subscribe again.",
			linkHere,
		},
	}, Text{
		Subject: "{what} : la porte s’est fermée",
		Body: []string{
			"Le paiement pour {what} n’a pas abouti, et la porte s’est fermée le {until|day}. C’est la dernière lettre à ce sujet.",
			"Vos mois sont conservés. Pour revenir, changez de carte sur la page de votre compte, ou abonnez-vous de nouveau.",
			linkHere,
		},
	})
}
