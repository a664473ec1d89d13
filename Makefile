# What a person types. `make run` first; CONTRIBUTING.md explains the rest.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

# The binary needs no C; only the race detector does. Deciding it here keeps one
# build cache for binary, vet and tests.
export CGO_ENABLED ?= 0

# Folders are named too, so that a deleted file is noticed.
web_sources := $(shell find web -name node_modules -prune -o -path web/src -print -o -path 'web/src/*' -print -o -path 'web/public*' -print) \
	$(wildcard web/*.html web/*.ts web/*.json web/.npmrc)
go_sources := go.mod $(wildcard go.sum) \
	$(shell find cmd internal -name testdata -prune -o -path internal/webui/dist -prune -o ! -name '*_test.go' -print)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: bin/subspace ## build what changed, serve on 127.0.0.1:8080 with ./data
	@exec bin/subspace serve --data data --listen 127.0.0.1:8080 $(ARGS)

.PHONY: demo
demo: bin/subspace ## a live creator with viewers who talk, on a temporary folder
	@exec bin/subspace demo $(ARGS)

.PHONY: build
build: bin/subspace ## bin/subspace, with the web inside

.PHONY: dev
dev: web/node_modules/.stamp ## hot reload of web and server
	@exec scripts/dev $(ARGS)

.PHONY: check
check: web/node_modules/.stamp internal/webui/dist/index.html ## format, vet, lint, types, fast tests
	@scripts/check

.PHONY: test
test: ## everything, on both databases and in a real browser
	@scripts/test

.PHONY: pictures
pictures: bin/subspace e2e/node_modules/.stamp ## screens with 10,000 messages and 200 questions at four widths, to look at (3 minutes)
	@cd e2e && SUBSPACE_MESSAGES=10000 ../scripts/with-postgres npx --no-install playwright test widths
	@echo "look at e2e/artefacts/pictures/widths-*.png"

.PHONY: fuzz
fuzz: ## every parser on 20,000 inputs nobody thought of (a minute)
	@scripts/fuzz

.PHONY: bench-fanout
bench-fanout: bin/subspace bin/bench-fanout ## one message to 5,000 people, beside others (10 minutes)
	@exec bin/bench-fanout $(ARGS)

.PHONY: bench-fanout-full
bench-fanout-full: bin/subspace bin/bench-fanout ## the same with 1,000 and 19,000 people and TLS (an hour)
	@exec bin/bench-fanout -full $(ARGS)

.PHONY: bench-join
bench-join: bin/subspace bin/bench-join ## 19,000 people come in when a live starts (10 minutes)
	@exec bin/bench-join $(ARGS)

.PHONY: bench-post
bench-post: bin/subspace bin/bench-post ## 5,000 durable messages a second while 5,000 people listen, on both databases
	@scripts/with-postgres bin/bench-post $(ARGS)

.PHONY: bench-money
bench-money: bin/ledger.test bin/subscription.test bin/bench-money ## gifts through the books, and providers' events until they are applied, on both databases (5 minutes)
	@scripts/with-postgres bin/bench-money $(ARGS)

.PHONY: bench-space
bench-space: bin/subspace bin/poll.test bin/bench-space ## 5,000 votes a second by 5,000 people, and what 5,000 listeners are told, on both databases (7 minutes)
	@bin/poll.test -test.run '^$$' -test.bench Votes -test.benchtime 50000x
	@scripts/with-postgres bin/poll.test -test.run '^$$' -test.bench Votes -test.benchtime 50000x
	@scripts/with-postgres bin/bench-space $(ARGS)

.PHONY: bench-video
bench-video: bin/subspace bin/bench-video bin/bench-gohlslib ## viewers of low-latency HLS and streams that nobody watches, beside gohlslib (6 minutes)
	@exec bin/bench-video $(ARGS)

.PHONY: bench-revoke
bench-revoke: bin/subspace bin/natsd bin/bench-revoke ## 2,000 people on two nodes lose their right, by ban, refund and clock: how soon the doors close (12 minutes)
	@scripts/with-postgres bin/bench-revoke $(ARGS)

.PHONY: bench-scale
bench-scale: bin/subspace bin/natsd bin/bench-scale ## the memory of a full node, and 95,000 people on five nodes (4 minutes)
	@scripts/with-postgres bin/bench-scale $(ARGS)

.PHONY: format
format: web/node_modules/.stamp ## write Go and web in their one format
	@go tool -modfile=tools/go.mod gofumpt -w $$(scripts/go-files)
	@cd web && npm run --silent format && npx --no-install prettier --config .prettierrc --write ../e2e/lib ../e2e/journeys

.PHONY: clean
clean: ## forget what was built and installed; ./data stays
	@rm -rf bin web/node_modules e2e/node_modules e2e/artefacts
	@find internal/webui/dist -mindepth 1 ! -name .gitkeep -delete

bin/subspace: $(go_sources) internal/webui/dist/index.html
	@echo "building bin/subspace"
	@mkdir -p bin
	@go build -buildvcs=auto -o bin/subspace.new ./cmd/subspace && mv bin/subspace.new bin/subspace

# The benchmark is a module of its own: the product does not depend on its opponents.
bin/bench-%: $(shell find bench -name '*.go' -o -name go.mod -o -name go.sum)
	@mkdir -p bin
	@go -C bench build -o ../$@ ./cmd/$*

# What is measured inside the product is a test of it, compiled before the rounds.
bin/%.test: $(go_sources) $(wildcard internal/domain/*/*_test.go)
	@mkdir -p bin
	@go test -c -o $@ ./internal/domain/$*

bin/natsd: go.mod e2e/cmd/natsd/main.go
	@mkdir -p bin
	@go build -o $@ ./e2e/cmd/natsd

# Node is only asked for when a source is newer than what was built.
internal/webui/dist/index.html: $(web_sources)
	@$(MAKE) --no-print-directory web/node_modules/.stamp
	@echo "building the web"
	@cd web && npm run --silent build -- --logLevel error
	@touch internal/webui/dist/.gitkeep $@

%/node_modules/.stamp: %/package.json %/package-lock.json %/.npmrc
	@scripts/need-node
	@echo "installing $*/node_modules"
	@cd $* && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error
	@touch $@
