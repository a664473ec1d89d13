package notify

import (
	"maps"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/mail"
)

// Words are what letters of one kind say. Places in braces are filled from the
// letter's data: {channel}, {price|money} from mail.Money, {until|day} from
// mail.Day; {server} is this server's name. A greeting goes before the body.
type Words struct {
	// Path of the page that the letter's link opens; a place in it is filled as it
	// is. What proves something stands behind #, where no server reads it.
	Path    string
	English Text
	French  Text
}

// Text is the words of one language.
type Text struct {
	Subject string
	Body    []string // paragraphs; {link} is where the link stands
	Label   string   // of the link
}

// linkHere is the paragraph that the link takes.
const linkHere = "{link}"

func (w Words) in(language string) Text {
	if language == "fr" {
		return w.French
	}
	return w.English
}

// AllWords returns the words of every kind there is, a function for each noun
// that writes letters.
func AllWords() map[mail.Kind]Words {
	all := map[mail.Kind]Words{}
	for _, some := range []map[mail.Kind]Words{accountWords(), saleWords(), subscriptionWords(), dunningWords(), payoutWords(), scheduleWords()} {
		maps.Copy(all, some)
	}
	return all
}

func greeting(language, name string) string {
	hello := "Hello"
	if language == "fr" {
		hello = "Bonjour"
	}
	if name = oneLine(name); name != "" {
		hello += " " + name
	}
	return hello + ","
}

// oneLine is a value as letters may hold it.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, steers), " ")
}
