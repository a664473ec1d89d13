package notify

import (
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/schedule"
)

// scheduleWords are the letters to whoever asked to hear of dates.
func scheduleWords() map[mail.Kind]Words {
	const stopEnglish = "You asked for letters about these dates; you can stop them on the channel’s page."
	const stopFrench = "Vous avez demandé ces lettres sur les dates ; vous pouvez les arrêter sur la page de la chaîne."
	words := func(english, french Text) Words {
		english.Label, french.Label = "Open the channel", "Ouvrir la chaîne"
		english.Body = append(english.Body, linkHere, stopEnglish)
		french.Body = append(french.Body, linkHere, stopFrench)
		return Words{Path: "/c/{channel}", English: english, French: french}
	}
	return map[mail.Kind]Words{
		schedule.LetterPlanned: words(
			Text{Subject: "{creator} plans a live: {what}", Body: []string{"{what} begins on {starts|day} at {time} UTC."}},
			Text{Subject: "{creator} prévoit un direct : {what}", Body: []string{"{what} commence le {starts|day} à {time} UTC."}}),
		schedule.LetterMoved: words(
			Text{Subject: "Another date: {what}", Body: []string{"{what} by {creator} is now on {starts|day} at {time} UTC."}},
			Text{Subject: "Nouvelle date : {what}", Body: []string{"{what} de {creator} a désormais lieu le {starts|day} à {time} UTC."}}),
		schedule.LetterCancelled: words(
			Text{Subject: "Cancelled: {what}", Body: []string{"{what} by {creator}, planned for {starts|day} at {time} UTC, does not take place."}},
			Text{Subject: "Annulé : {what}", Body: []string{"{what} de {creator}, prévu le {starts|day} à {time} UTC, n’aura pas lieu."}}),
	}
}
