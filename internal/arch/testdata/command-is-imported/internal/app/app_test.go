package app_test

import _ "github.com/subspace-live/subspace/cmd/subspace"
