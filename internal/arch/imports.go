package arch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// foundation lists the nouns everything else stands on; each may import those
// before it.
func foundation() []string {
	return []string{"fault", "ident", "money", "text", "batch", "event", "room", "access", "audit", "mail", "account", "channel", "ledger", "invoice", "buyer"}
}

// features lists the nouns that people use; they know the foundation and never
// each other.
func features() []string {
	return []string{"live", "chat", "space", "question", "poll", "overlay", "dock", "digest", "schedule", "subscription", "payout", "badge", "emote", "preview", "gift", "shop", "moderation", "insight", "recording"}
}

// folk lists what the domain may take from outside of the standard library.
func folk() []string {
	return []string{"golang.org/x/crypto/", "golang.org/x/text/", "golang.org/x/sync/"}
}

// worldly lists what the domain must not touch, with the reason.
func worldly() map[string]string {
	return map[string]string{
		"net":           "the domain does not speak to the network; an adapter does",
		"net/http":      "a rule must hold behind every door, not only behind HTTP; adapter/api turns a fault into a status",
		"database/sql":  "all SQL is adapter/store's; the domain declares what it needs as an interface",
		"encoding/json": "only event has a wire form; wire types of the API are adapter/api's",
		"os":            "the domain has no files and no environment; config and adapters hand values in",
		"os/exec":       "the domain starts no programs; an adapter does",
		"log":           "an error is returned and logged once, at the edge",
		"html/template": "pages are web's and webui's",
		"embed":         "files are an adapter's",
		"unsafe":        "nothing in the domain is worth it",
	}
}

// crafts gives each outside technology its one folder.
func crafts() map[string]string {
	return map[string]string{
		"database/sql":                   "store",
		"modernc.org/sqlite":             "store",
		"github.com/jackc/pgx/":          "store",
		"github.com/nats-io/":            "bus",
		"github.com/coder/websocket":     "gateway",
		"github.com/danielgtaylor/huma/": "api",
		"github.com/bluenviron/":         "media",
		"github.com/pion/":               "media",
		"github.com/stripe/":             "payment",
		"golang.org/x/crypto/acme":       "certificate",
		"github.com/wneessen/go-mail":    "notify",
		"github.com/go-webauthn/":        "passkey",
		"github.com/arran4/golang-ical":  "calendar",
		"golang.org/x/net/html":          "site",
	}
}

func imports(p *pkg) []Violation {
	var found []Violation
	for _, f := range p.files {
		for _, spec := range f.syntax.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue // the compiler says it better
			}
			if why := refusal(p.dir, f, target); why != "" {
				found = append(found, Violation{f.at(spec), fmt.Sprintf("imports %s: %s", strings.TrimPrefix(target, Module), why)})
			}
		}
	}
	return found
}

// refusal says why a file may not import a package, or "".
func refusal(dir string, f *file, target string) string {
	own, ours := strings.CutPrefix(target, Module)
	switch {
	case ours && strings.HasPrefix(own, "cmd/"):
		return "a command is imported by nobody"
	case f.external:
		return "" // sees the package from outside and may join it with real parts
	case ours && !f.test && strings.HasSuffix(own, "test") && !strings.HasSuffix(dir, "test"):
		return "a helper for tests does not belong into the product"
	}
	from := strings.Split(dir, "/")
	switch {
	case strings.HasPrefix(dir, "internal/domain/"):
		return domainRefusal(from[2], own, target, ours)
	case strings.HasPrefix(dir, "internal/adapter/"):
		return adapterRefusal(from[2], own, target, ours, f.test)
	case from[0] == "cmd":
		return cmdRefusal(own, ours)
	case dir == "internal/app" || strings.HasPrefix(dir, "internal/app/"):
		return "" // knows everyone: that is its work
	case dir == "internal/config":
		return only(own, ours, "config is read before anything else exists", "internal/domain/fault", "internal/domain/money")
	case dir == "internal/webui" || dir == "internal/arch":
		return only(own, ours, "this package needs nothing of the others")
	case strings.HasPrefix(dir, "internal/"):
		return "the rule does not know the folder " + dir + ": place it in internal/arch first"
	}
	return "" // e2e, bench and scripts drive the product from outside
}

func domainRefusal(noun, own, target string, ours bool) string {
	if !ours {
		return worldlyRefusal(noun, target)
	}
	other, inDomain := strings.CutPrefix(own, "internal/domain/")
	if !inDomain {
		return "the domain knows only itself; declare an interface and let app connect it"
	}
	other, _, _ = strings.Cut(other, "/")
	if other == noun {
		return ""
	}
	mine, theirs := slices.Index(foundation(), noun), slices.Index(foundation(), other)
	switch {
	case mine < 0 && !slices.Contains(features(), noun):
		return "the rule does not know the noun " + noun + ": place it in internal/arch first"
	case theirs < 0 && mine < 0:
		return "features meet through the log, through grants or through an interface that app connects, never by import"
	case theirs < 0:
		return "the foundation carries the features and does not know them"
	case mine >= 0 && mine < theirs:
		return noun + " stands below " + other + " in the foundation"
	}
	return ""
}

func worldlyRefusal(noun, target string) string {
	if noun == "event" && target == "encoding/json" {
		return ""
	}
	if why, ok := worldly()[target]; ok {
		return why
	}
	first, _, _ := strings.Cut(target, "/")
	if !strings.Contains(first, ".") {
		return ""
	}
	if slices.ContainsFunc(folk(), func(prefix string) bool { return strings.HasPrefix(target, prefix) }) {
		return ""
	}
	return "a technology is an adapter's; the domain uses the standard library and " + strings.Join(folk(), ", ")
}

func adapterRefusal(tech, own, target string, ours, test bool) string {
	if !ours {
		for prefix, home := range crafts() {
			inside := target == prefix || strings.HasPrefix(target, strings.TrimSuffix(prefix, "/")+"/")
			if inside && home != tech && !test {
				return "this technology is met in one folder, adapter/" + home
			}
		}
		return ""
	}
	if strings.HasPrefix(own, "internal/domain/") {
		return ""
	}
	if other, ok := strings.CutPrefix(own, "internal/adapter/"); ok {
		if name, _, _ := strings.Cut(other, "/"); name == tech {
			return ""
		}
		return "adapters do not know each other; declare an interface and let app connect it"
	}
	return "an adapter knows the domain and itself; app hands in everything else"
}

func cmdRefusal(own string, ours bool) string {
	return only(own, ours, "a command is flags, signals and app", "internal/app", "internal/app/demo", "internal/config", "internal/domain/fault")
}

func only(own string, ours bool, why string, allowed ...string) string {
	if !ours || slices.Contains(allowed, own) {
		return ""
	}
	return why
}
