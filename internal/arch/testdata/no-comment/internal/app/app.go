// Package app owns something, and Promises it.
package app
