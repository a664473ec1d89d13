package space

import "slices"

// Prompts returns the names of the suggested topics, in the order in which they
// are offered. Pages have a title for each, in the reader's language.
func Prompts() []string {
	return []string{
		"introduce", "ask_me", "first_impressions", "next_live", "behind_the_scenes",
		"help_each_other", "show_yours", "good_news", "wishes",
	}
}

func suggested(prompt string) bool { return slices.Contains(Prompts(), prompt) }
