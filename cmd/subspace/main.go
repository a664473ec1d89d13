// Command subspace is the whole product: a live-streaming server in one binary.
//
// Owns: commands, flags, signals. Promises: it exits with 0 when it was asked to
// stop, with 2 when a setting is wrong, and with 1 and a sentence otherwise.
// Does not do: anything else; package app does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

const usage = `Subspace: live streaming with a room for your subscribers.

  subspace serve             run the server
  subspace demo              show the product on a temporary folder
  subspace backup DIR        copy everything a server keeps into a new folder, while it runs
  subspace restore DIR       fill an empty data folder and database with a backup
  subspace doctor            look whether the database is sound, also while it is used
  subspace repair-payments   bring rights and books to what the payment providers say
  subspace stripe setup      let Stripe take the payments; docs/payments.md explains it
  subspace openapi           print the OpenAPI document of the REST API
  subspace version           print the version

Behind a command, --help tells more and lists the settings.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return 2
	}
	var err error
	switch args[0] {
	case "serve":
		err = serve(ctx, args[1:])
	case "demo":
		err = runDemo(ctx, args[1:])
	case "doctor":
		err = doctor(ctx, args[1:])
	case "stripe":
		err = stripe(ctx, args[1:])
	case "backup":
		err = backup(ctx, args[1:])
	case "restore":
		err = restore(ctx, args[1:])
	case "repair-payments":
		err = repairPayments(ctx, args[1:])
	case "openapi":
		if err = alone("openapi", "Prints the OpenAPI document of the REST API.", args[1:]); err == nil {
			err = openapi()
		}
	case "version":
		if err = alone("version", "Prints the version.", args[1:]); err == nil {
			fmt.Println(version())
		}
	case "help", "-h", "--help":
		fmt.Print(usage)
	default:
		fmt.Fprintf(os.Stderr, "There is no command %q.\n\n%s", args[0], usage)
		return 2
	}
	return exitCode(err)
}

// alone reads the arguments of a command that takes none but --help.
func alone(name, purpose string, args []string) error {
	flags := flag.NewFlagSet("subspace "+name, flag.ContinueOnError)
	flags.Usage = func() { fmt.Fprintf(os.Stderr, "Usage: subspace %s\n\n%s\n", name, purpose) }
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return fault.New(fault.Invalid, "argument_unknown", "%s.", err)
	}
	if flags.NArg() > 0 {
		return fault.New(fault.Invalid, "argument_unknown", "Unknown argument %q: this command takes none.", flags.Arg(0))
	}
	return nil
}

func exitCode(err error) int {
	f := fault.Of(err)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case f != nil:
		fmt.Fprintf(os.Stderr, "subspace: %s (%s)\n", f.Detail, f.Reason)
		if cause := f.Unwrap(); cause != nil {
			fmt.Fprintf(os.Stderr, "  because: %v\n", cause)
		}
		if f.Kind == fault.Invalid {
			return 2
		}
		return 1
	}
	fmt.Fprintln(os.Stderr, "subspace:", err)
	return 1
}
