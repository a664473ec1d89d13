package event

// MessagePreviewed says what the page behind the first address in a message says of
// itself: the words of strangers, as text. When the message is removed they go from
// here too.
type MessagePreviewed struct {
	Seq         int64  `json:"seq"`
	URL         string `json:"url"`  // as it stands in the message
	Site        string `json:"site"` // what the site calls itself; empty: it does not say
	Title       string `json:"title"`
	Description string `json:"description"`
}

// EventKind implements Payload.
func (MessagePreviewed) EventKind() (Kind, int) { return "message.previewed", 1 }
