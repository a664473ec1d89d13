package notify

import (
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// payoutWords are the letters to creators about their money.
func payoutWords() map[mail.Kind]Words {
	words := map[mail.Kind]Words{
		payout.LetterPaid: creatorWords(
			Text{Subject: "Paid out: {sum|money} of {what}", Body: []string{
				"{sum|money} of what {what} earned is on its way to your account. There is nothing to do; the statement stands under Payouts.",
			}},
			Text{Subject: "Versé : {sum|money} de {what}", Body: []string{
				"{sum|money} de ce que {what} a rapporté sont en route vers votre compte. Il n’y a rien à faire ; le relevé se trouve sous Versements.",
			}}),
		payout.LetterRefused: creatorWords(
			Text{Subject: "{what}: {sum|money} could not be paid out", Body: []string{
				"The payment provider did not pay {sum|money} to your account. It stays yours, and is tried again every day.",
				"Please open your account there from Payouts, and complete what it asks for.",
			}},
			Text{Subject: "{what} : {sum|money} n’ont pas pu être versés", Body: []string{
				"Le prestataire de paiement n’a pas versé {sum|money} sur votre compte. Cette somme reste à vous, et le versement est retenté chaque jour.",
				"Ouvrez votre compte chez lui depuis Versements, et complétez ce qu’il demande.",
			}}),
		payout.LetterShort: creatorWords(
			Text{Subject: "{what}: {sum|money} will be paid later", Body: []string{
				"{sum|money} could not be paid out yet, because buyers’ money has not reached the operator’s account. It stays yours, and is tried again every day. There is nothing to do.",
			}},
			Text{Subject: "{what} : {sum|money} seront versés plus tard", Body: []string{
				"{sum|money} n’ont pas encore pu être versés, car l’argent des acheteurs n’est pas arrivé sur le compte de l’exploitant. Cette somme reste à vous, et le versement est retenté chaque jour. Il n’y a rien à faire.",
			}}),
		payout.LetterReversed: creatorWords(
			Text{Subject: "{what}: {sum|money} of a payout was taken back", Body: []string{
				"The operator took {sum|money} of a payout back at the payment provider. It counts as yours again, and goes out with the next payout.",
				"If you do not know why, ask the operator of this server.",
			}},
			Text{Subject: "{what} : {sum|money} d’un versement ont été repris", Body: []string{
				"L’exploitant a repris {sum|money} d’un versement chez le prestataire de paiement. Cette somme est de nouveau à vous, et part avec le prochain versement.",
				"Si vous ne savez pas pourquoi, demandez à l’exploitant de ce serveur.",
			}}),
		payout.LetterAccount: creatorWords(
			Text{Subject: "{what}: your account needs something", Body: []string{
				"The payment provider asks for something more before it goes on paying you. Please open your account there from Payouts, and complete it.",
			}},
			Text{Subject: "{what} : il manque quelque chose à votre compte", Body: []string{
				"Le prestataire de paiement demande un complément pour continuer à vous payer. Ouvrez votre compte chez lui depuis Versements, et complétez-le.",
			}}),
	}
	for _, kind := range []mail.Kind{payout.LetterPaid, payout.LetterRefused, payout.LetterShort, payout.LetterReversed, payout.LetterAccount} {
		words[kind+payout.Rehearsed] = words[kind].rehearsed()
	}
	return words
}

func creatorWords(english, french Text) Words {
	english.Label, french.Label = "Open my payouts", "Ouvrir mes versements"
	english.Body, french.Body = append(english.Body, linkHere), append(french.Body, linkHere)
	return Words{Path: "/cockpit/{channel}/subscriptions?show=payouts", English: english, French: french}
}
