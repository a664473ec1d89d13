package event

// MessagePinned says that a message stands above the chat now, in place of the one
// that did. When the message is removed its words go from here too.
type MessagePinned struct {
	Seq    int64  `json:"seq"`
	Author Author `json:"author"`
	Text   string `json:"text"`
	By     string `json:"by"` // owner, moderator
	// Emotes are the message's; absent it leaves the bytes as they were.
	Emotes []Emote `json:"emotes,omitempty"`
}

// EventKind implements Payload.
func (MessagePinned) EventKind() (Kind, int) { return "message.pinned", 1 }

// MessageUnpinned says that nothing stands above the chat any more.
type MessageUnpinned struct {
	Seq int64  `json:"seq"`
	By  string `json:"by"` // owner, moderator; of a message that is removed who did that, as in MessageRemoved
}

// EventKind implements Payload.
func (MessageUnpinned) EventKind() (Kind, int) { return "message.unpinned", 1 }

// PinIn returns what stands above the chat after an event, nil for nothing; false
// when the event does not say.
func PinIn(encoded []byte) (pin *MessagePinned, says bool) {
	if is[MessageUnpinned](encoded) {
		return nil, true
	}
	if !is[MessagePinned](encoded) {
		return nil, false
	}
	env, err := Decode(encoded)
	if err != nil {
		return nil, false
	}
	p, ok := As[MessagePinned](env)
	return &p, ok
}
