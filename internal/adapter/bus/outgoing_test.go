package bus

import (
	"log/slog"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// A bus that takes nothing holds nobody up: what fits waits in its order, the
// rest is dropped and counted.
func TestWhatABusDoesNotTakeWaitsOrIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := make(chan struct{})
		var sent []string
		o := newOutgoing(func(subject string, _ []byte) error {
			<-opened
			sent = append(sent, subject)
			return nil
		}, slog.New(slog.DiscardHandler))
		const parcels, size = 300, 64 << 10
		for i := range parcels {
			o.put(parcel{strconv.Itoa(i), make([]byte, size)})
		}
		synctest.Wait()
		lost := int(o.lost.Load())
		if kept := parcels - lost; kept*size > outgoingMax || (kept+1)*(size+100) < outgoingMax {
			t.Errorf("%d of %d parcels are lost", lost, parcels)
		}
		close(opened)
		synctest.Wait()
		o.put(parcel{"late", nil}) // there is room again
		if !o.close(time.Second) {
			t.Error("it did not end")
		}
		for i, subject := range sent {
			want := strconv.Itoa(i)
			if i == parcels-lost {
				want = "late"
			}
			if subject != want {
				t.Fatalf("%s was sent at place %d", subject, i)
			}
		}
		if len(sent) != parcels-lost+1 || int(o.lost.Load()) != lost {
			t.Errorf("%d sent and %d lost of %d", len(sent), o.lost.Load(), parcels+1)
		}
	})
}

// What is published while or after the bus ends is lost, and it ends also while
// it carries nothing.
func TestABusThatCarriesNothingIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := make(chan struct{})
		o := newOutgoing(func(string, []byte) error { <-broken; return nil }, slog.New(slog.DiscardHandler))
		o.put(parcel{"a", nil})
		if o.close(time.Second) {
			t.Error("it says that all is sent")
		}
		o.put(parcel{"b", nil})
		if o.lost.Load() != 1 {
			t.Errorf("%d lost", o.lost.Load())
		}
		close(broken)
		<-o.done
	})
}
