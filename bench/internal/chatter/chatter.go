// Package chatter is what people write: seeded lines of a live chat.
//
// Owns: the corpus, and the mark at the head of each line that says when it was
// meant to be sent. Promises: the same seed gives the same lines, of the lengths
// that live chats have (most short, some long), with emoji and other scripts,
// and none repeats another by rule, so that compression and caches are not
// flattered. Does not do: frames of a server.
package chatter

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Lines is an endless, repeatable conversation. It is not safe for concurrent use.
type Lines struct {
	random       *rand.Rand
	words, emoji []string
}

// New begins the conversation of a seed.
func New(seed uint64) *Lines {
	return &Lines{rand.New(rand.NewPCG(seed, 0x5eed)), vocabulary(), emoji()}
}

// Next returns the next line, 2 to about 200 characters.
func (l *Lines) Next() string {
	words := 1 + l.random.IntN(7)
	if l.random.IntN(4) == 0 {
		words += l.random.IntN(24)
	}
	line := make([]string, 0, words+2)
	for range words {
		// Squared: a few words are most of what is said.
		x := l.random.Float64()
		line = append(line, l.words[int(x*x*float64(len(l.words)))])
	}
	text := strings.Join(line, " ")
	switch l.random.IntN(8) {
	case 0:
		text += strings.Repeat("!", 1+l.random.IntN(4))
	case 1:
		text += "?"
	case 2:
		text += " " + l.emoji[l.random.IntN(len(l.emoji))]
	case 3:
		text += " " + strconv.Itoa(l.random.IntN(100_000))
	}
	return text
}

// Mark begins the time in a line, and stands nowhere else in what servers send.
const Mark = '@'

// markLength is the mark with its 19 digits.
const markLength = 20

// Marked puts the time a line is scheduled for before it.
func Marked(at time.Time, line string) string {
	return string(Mark) + strconv.FormatInt(at.UnixNano(), 10) + " " + line
}

// Time reads the mark at the head of b, which begins with Mark.
func Time(b []byte) (int64, bool) {
	if len(b) < markLength {
		return 0, false
	}
	at := int64(0)
	for _, c := range b[1:markLength] {
		if c < '0' || c > '9' {
			return 0, false
		}
		at = at*10 + int64(c-'0')
	}
	return at, true
}

// vocabulary is ordered by how often a word is said.
func vocabulary() []string {
	return strings.Fields(`lol the hi so that is hello yes this no I nice what wow love it you ok good game gg same how me too
		haha for to and a in of first again go let's song stream today when from please just really more one can we
		new best never why where welcome everyone thanks back great music play next favourite who watching sound lag
		picture colour clay bowl handle glaze kiln wheel hands slow careful beautiful perfect almost steady patience
		evening morning Berlin Lisboa Tōkyō weekend coffee rain tea cat dog dinner work school tired happy finally
		привет спасибо красиво круто merci salut génial hola gracias qué bonito danke schön prima 你好 好看 加油 すごい
		ありがとう かわいい subscriber months question answer creator moderator recipe technique tutorial camera
		microphone volume louder quieter resolution buffering refresh latency chapter episode season community
		unbelievable congratulations astonishing wonderful extraordinary underglaze centrifugal stoneware porcelain`)
}

func emoji() []string {
	return []string{"😂", "❤️", "🔥", "👏", "🎉", "😭", "👀", "🙏", "💜", "🏺", "☕", "🐈"}
}
