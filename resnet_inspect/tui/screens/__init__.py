"""What lies over the panes: dialogs, reports, help, the palette."""
