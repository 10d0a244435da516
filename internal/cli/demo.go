package cli

import (
	"github.com/spf13/cobra"
)

// DemoOptions says where the demonstration runs.
type DemoOptions struct {
	Data   string // folder of its data tree
	Listen string // loopback address of its server; empty: port 8000, or a free one
}

// Demo is a running demonstration.
type Demo struct {
	Writer
	Archive string // address of the sample archives
	Server  string // address of the server
	Folder  string // of the data tree
}

func (c *command) demoCommand() *cobra.Command {
	return &cobra.Command{Use: "demo"}
}
