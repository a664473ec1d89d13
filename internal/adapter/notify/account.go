package notify

import (
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// accountWords are the letters of accounts.
func accountWords() map[mail.Kind]Words {
	return map[mail.Kind]Words{
		account.LetterConfirm: {
			Path: "/mail/confirm#{secret}",
			English: Text{
				Subject: "Confirm your address at {server}",
				Body: []string{
					"This address is to be yours at {server}. Open the link within 24 hours, in a browser where you are signed in.",
					linkHere,
					"If you did not ask for this, do nothing: the address will not be used.",
				},
				Label: "Confirm the address",
			},
			French: Text{
				Subject: "Confirmez votre adresse sur {server}",
				Body: []string{
					"Cette adresse doit devenir la vôtre sur {server}. Ouvrez le lien dans les 24 heures, dans un navigateur où vous êtes connecté.",
					linkHere,
					"Si vous n’avez rien demandé, ne faites rien : l’adresse ne sera pas utilisée.",
				},
				Label: "Confirmer l’adresse",
			},
		},
		account.LetterReplaced:  addressGone("was changed", "a été remplacée", "Letters from {server} now go to another address.", "Les messages de {server} vont désormais à une autre adresse."),
		account.LetterRemoved:   addressGone("was removed", "a été retirée", "This address no longer belongs to your account at {server}.", "Cette adresse n’appartient plus à votre compte sur {server}."),
		account.LetterForgotten: forgottenWords(),
		account.LetterPassword:  passwordWords(),
		account.LetterPasskey:   passkeyWords(),
	}
}

// addressGone is what an address is told that is not the account's any more.
func addressGone(happened, advint, what, annonce string) Words {
	return Words{
		English: Text{
			Subject: "Your address at {server} " + happened,
			Body: []string{
				what,
				"If you did not do this, sign in now and change your password. If you cannot get in any more, write to whoever runs {server}.",
			},
		},
		French: Text{
			Subject: "Votre adresse sur {server} " + advint,
			Body: []string{
				annonce,
				"Si ce n’était pas vous, connectez-vous maintenant et changez votre mot de passe. Si vous ne pouvez plus entrer, écrivez au responsable de {server}.",
			},
		},
	}
}

func forgottenWords() Words {
	return Words{
		Path: "/mail/password#{secret}",
		English: Text{
			Subject: "A new password for {server}",
			Body: []string{
				"You asked for a new password. Open the link within an hour and choose one. Every browser that is signed in now will be signed out.",
				linkHere,
				"You sign in with the name above. If you did not ask for this, do nothing: your password stays as it is.",
			},
			Label: "Choose a new password",
		},
		French: Text{
			Subject: "Un nouveau mot de passe pour {server}",
			Body: []string{
				"Vous avez demandé un nouveau mot de passe. Ouvrez le lien dans l’heure et choisissez-en un. Tous les navigateurs connectés seront déconnectés.",
				linkHere,
				"Vous vous connectez avec le nom ci-dessus. Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même.",
			},
			Label: "Choisir un mot de passe",
		},
	}
}

func passwordWords() Words {
	return Words{
		Path: "/mail/forgotten",
		English: Text{
			Subject: "Your password at {server} was changed",
			Body: []string{
				"Your password at {server} was changed just now. If that was you, all is well.",
				"If it was not, get a new one at once:",
				linkHere,
			},
			Label: "Get a new password",
		},
		French: Text{
			Subject: "Votre mot de passe sur {server} a changé",
			Body: []string{
				"Votre mot de passe sur {server} vient d’être changé. Si c’était vous, tout va bien.",
				"Sinon, demandez-en un nouveau tout de suite :",
				linkHere,
			},
			Label: "Obtenir un nouveau mot de passe",
		},
	}
}

func passkeyWords() Words {
	return Words{
		Path: "/account/security",
		English: Text{
			Subject: "A passkey was added at {server}",
			Body: []string{
				"A new passkey can sign in to your account at {server} from now on. If you added it, all is well.",
				"If you did not, remove it at once and change your password:",
				linkHere,
			},
			Label: "Look at my passkeys",
		},
		French: Text{
			Subject: "Une clé d’accès a été ajoutée sur {server}",
			Body: []string{
				"Une nouvelle clé d’accès permet désormais de se connecter à votre compte sur {server}. Si c’était vous, tout va bien.",
				"Sinon, retirez-la tout de suite et changez votre mot de passe :",
				linkHere,
			},
			Label: "Voir mes clés d’accès",
		},
	}
}
