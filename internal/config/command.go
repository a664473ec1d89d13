package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Command is how a command is called: its words for the help, what stands beside
// its flags, and which settings are flags of it. A file and the environment may
// hold every setting: one file serves all commands of a server.
type Command struct {
	Name     string   // behind 'subspace'
	Purpose  string   // what it does, for the help
	Operands []string // what must stand beside the flags, such as DIR
	Only     []string // the settings that are its flags; nil: all
	Without  []string // but these
}

// Serve is the command that takes every setting.
func Serve() Command {
	return Command{Name: "serve", Purpose: "Runs the server until it is asked to stop."}
}

// Load reads settings as the function Load does, and the operands.
func (cmd Command) Load(args []string, environ func(string) (string, bool), readFile func(string) ([]byte, error), help io.Writer) (Config, []string, error) {
	c := Default()
	flags, values := cmd.flagSet(help)
	operands, err := cmd.parse(flags, args)
	if err != nil {
		return c, nil, err
	}
	given := map[string]string{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = *values[f.Name] })
	return c, operands, c.load(given, environ, readFile)
}

// parse takes flags before and behind operands.
func (cmd Command) parse(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, err
		} else if err != nil { // flags has printed the usage
			return nil, fault.New(fault.Invalid, "argument_unknown", "%s.", err)
		}
		if flags.NArg() == 0 {
			break
		}
		if len(operands) == len(cmd.Operands) {
			return nil, fault.New(fault.Invalid, "argument_unknown", "Unknown argument %q. Run with --help for the settings.", flags.Arg(0))
		}
		operands, args = append(operands, flags.Arg(0)), flags.Args()[1:]
	}
	if len(operands) < len(cmd.Operands) {
		return nil, fault.New(fault.Invalid, "argument_missing", "%s is missing: subspace %s %s. Run with --help for more.",
			cmd.Operands[len(operands)], cmd.Name, strings.Join(cmd.Operands, " "))
	}
	return operands, nil
}

func (cmd Command) flagSet(help io.Writer) (*flag.FlagSet, map[string]*string) {
	flags := flag.NewFlagSet("subspace "+cmd.Name, flag.ContinueOnError)
	flags.SetOutput(help)
	flags.Usage = func() {
		fmt.Fprintln(help, strings.Join(append([]string{"Usage: subspace", cmd.Name, "[settings]"}, cmd.Operands...), " "))
		fmt.Fprintf(help, "\n%s\n\nSettings; each may also stand in the settings file or in the environment:\n", cmd.Purpose)
		flags.PrintDefaults()
	}
	values := map[string]*string{"config": flags.String("config", "", "settings file: lines of 'name = value' (also SUBSPACE_CONFIG)")}
	for _, s := range settings() {
		if cmd.takes(s.name) {
			values[s.name] = flags.String(s.name, "", s.usage+defaultOf(s)+" (also "+variable(s.name)+")")
		}
	}
	return flags, values
}

func (cmd Command) takes(name string) bool {
	return (cmd.Only == nil || slices.Contains(cmd.Only, name)) && !slices.Contains(cmd.Without, name)
}
