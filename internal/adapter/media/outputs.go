package media

import (
	"errors"

	"github.com/subspace-live/subspace/internal/domain/live"
)

// Outputs writes every broadcast into all of them, in their order. What one
// refuses the others are still given; the encoder is told of it.
func Outputs(open ...OpenOutput) OpenOutput {
	return func(b live.Broadcast) Output {
		all := make(outputs, len(open))
		for i, o := range open {
			all[i] = o(b)
		}
		return all
	}
}

type outputs []Output

func (all outputs) each(write func(Output) error) error {
	var errs []error
	for _, o := range all {
		errs = append(errs, write(o))
	}
	return errors.Join(errs...)
}

// Begin implements Output.
func (all outputs) Begin(f Format, take int64) error {
	return all.each(func(o Output) error { return o.Begin(f, take) })
}

// Video implements Output.
func (all outputs) Video(f Frame) error {
	return all.each(func(o Output) error { return o.Video(f) })
}

// Audio implements Output.
func (all outputs) Audio(f Frame) error {
	return all.each(func(o Output) error { return o.Audio(f) })
}

// Close implements Output.
func (all outputs) Close() {
	for _, o := range all {
		o.Close()
	}
}
